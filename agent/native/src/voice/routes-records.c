/* Which of the records of name servers count, and in what order. Pure. */
#include "routes.h"

#include <string.h>

bool routes_literal(const char *host, struct sa *address)
{
	struct pl text;

	pl_set_str(&text, host);
	if (text.l > 2 && *host == '[' && host[text.l - 1] == ']') {
		text.p++;
		text.l -= 2;
	}
	return sa_set(address, &text, 0) == 0;
}

bool routes_has_names(const struct account *account)
{
	struct sa unused;

	for (unsigned i = 0; i < account->routes; i++)
		if (!routes_literal(account->hosts[i], &unused))
			return true;
	return false;
}

void routes_order(struct routes_srv *records, unsigned count, uint32_t (*random)(void))
{
	for (unsigned at = 0; at < count; at++) {
		unsigned lowest = at, chosen = at;
		uint32_t sum = 0, mark;

		for (unsigned i = at; i < count; i++)
			if (records[i].priority < records[lowest].priority)
				lowest = i;
		for (unsigned i = at; i < count; i++)
			if (records[i].priority == records[lowest].priority)
				sum += records[i].weight;
		mark = random() % (sum + 1);
		chosen = lowest;
		for (unsigned i = at, running = 0; i < count; i++) {
			if (records[i].priority != records[lowest].priority)
				continue;
			running += records[i].weight;
			if (running >= mark && (records[i].weight || !sum)) {
				chosen = i;
				break;
			}
		}
		struct routes_srv first = records[chosen];

		memmove(records + at + 1, records + at, (chosen - at) * sizeof(*records));
		records[at] = first;
	}
}

/* RFC 3263 §4.1: what the account's transport is called. */
static const char *service_of(uint32_t transport)
{
	return transport == TN_TRANSPORT_TLS ? "SIPS+D2T" : transport == TN_TRANSPORT_TCP ? "SIP+D2T" : "SIP+D2U";
}

const char *routes_prefix(uint32_t transport)
{
	return transport == TN_TRANSPORT_TLS ? "_sips._tcp." : transport == TN_TRANSPORT_TCP ? "_sip._tcp." : "_sip._udp.";
}

struct pick {
	const char *service;
	const struct dnsrr *best;
};

static bool on_pointer(struct dnsrr *record, void *argument)
{
	struct pick *pick = argument;
	bool earlier = !pick->best || record->rdata.naptr.order < pick->best->rdata.naptr.order ||
		       (record->rdata.naptr.order == pick->best->rdata.naptr.order &&
			record->rdata.naptr.pref < pick->best->rdata.naptr.pref);

	if (earlier && !str_casecmp(record->rdata.naptr.services, pick->service) && !str_casecmp(record->rdata.naptr.flags, "s"))
		pick->best = record;
	return false;
}

const char *routes_pick(struct list *answers, uint32_t transport)
{
	struct pick pick = { .service = service_of(transport) };

	(void)dns_rrlist_apply(answers, NULL, DNS_TYPE_NAPTR, DNS_CLASS_IN, false, on_pointer, &pick);
	return pick.best ? pick.best->rdata.naptr.replace : NULL;
}

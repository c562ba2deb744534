#include "proxies.h"

#include "routes.h"

#include <string.h>

#define NAME_MAX_BYTES 160        /* _sip._udp. and a host of the account */

static unsigned place_of(const struct proxies *proxies, const struct sa *address)
{
	unsigned at = 0;

	while (at < proxies->count && !sa_cmp(&proxies->addresses[at], address, SA_ADDR))
		at++;
	return at;
}

static void put_first(struct proxies *proxies, const struct sa *address, unsigned at, unsigned route)
{
	if (at == proxies->count && at < PROXIES_ADDRESSES)
		proxies->count++;
	else if (at == PROXIES_ADDRESSES)
		at--;
	memmove(proxies->addresses + 1, proxies->addresses, at * sizeof(*proxies->addresses));
	memmove(proxies->routes + 1, proxies->routes, at * sizeof(*proxies->routes));
	proxies->addresses[0] = *address;
	proxies->routes[0] = (unsigned char)route;
}

void proxies_note(struct proxies *proxies, const struct sa *address)
{
	unsigned at = place_of(proxies, address);

	put_first(proxies, address, at, at < proxies->count ? proxies->routes[at] : 0);
}

void proxies_note_route(struct proxies *proxies, const struct sa *address, unsigned route)
{
	put_first(proxies, address, place_of(proxies, address), route);
}

int proxies_route(const struct proxies *proxies, const struct sa *address)
{
	unsigned at = place_of(proxies, address);

	return at < proxies->count ? proxies->routes[at] : -1;
}

bool proxies_know(const struct proxies *proxies, const struct sa *source)
{
	return place_of(proxies, source) < proxies->count;
}

/* ---- names ---- */

static void ask(struct proxies *proxies, const char *name, uint16_t type);

static bool on_address(struct dnsrr *record, void *argument)
{
	struct sa address;

	if (record->type == DNS_TYPE_A)
		sa_set_in(&address, record->rdata.a.addr, 0);
	else
		sa_set_in6(&address, record->rdata.aaaa.addr, 0);
	proxies_note(argument, &address);
	return false;
}

static bool on_target(struct dnsrr *record, void *argument)
{
	struct proxies *proxies = argument;

	ask(proxies, record->rdata.srv.target, proxies->type);
	return false;
}

/* An alias comes in front of its addresses: the names of the records do not matter. */
static void on_records(int err, const struct dnshdr *header, struct list *answers, struct list *authorities,
		       struct list *additions, void *argument)
{
	struct proxies *proxies = argument;

	(void)header;
	(void)authorities;
	(void)additions;
	if (err)
		return;
	(void)dns_rrlist_apply(answers, NULL, proxies->type, DNS_CLASS_IN, false, on_address, proxies);
	(void)dns_rrlist_apply(answers, NULL, DNS_TYPE_SRV, DNS_CLASS_IN, false, on_target, proxies);
}

/* Without a name server, memory or a free place the addresses that requests go to are all we know. */
static void ask(struct proxies *proxies, const char *name, uint16_t type)
{
	for (unsigned i = 0; i < PROXIES_QUERIES; i++) {
		if (proxies->queries[i])
			continue;
		(void)dnsc_query(&proxies->queries[i], proxies->dns, name, type, DNS_CLASS_IN, true, on_records, proxies);
		return;
	}
}

static void end_queries(struct proxies *proxies)
{
	for (unsigned i = 0; i < PROXIES_QUERIES; i++)
		proxies->queries[i] = mem_deref(proxies->queries[i]);
}

static void look_up_host(struct proxies *proxies, const char *host, uint32_t transport)
{
	char service[NAME_MAX_BYTES];
	struct sa address;

	if (routes_literal(host, &address)) {
		proxies_note(proxies, &address);
		return;
	}
	/* RFC 3263 §4.1: TLS has a service name of its own. */
	re_snprintf(service, sizeof(service), "%s.%s",
		    transport == TN_TRANSPORT_TLS   ? "_sips._tcp"
		    : transport == TN_TRANSPORT_TCP ? "_sip._tcp"
						    : "_sip._udp",
		    host);
	ask(proxies, service, DNS_TYPE_SRV);
	ask(proxies, host, proxies->type);
}

void proxies_look_up(struct proxies *proxies, struct dnsc *dns, const struct account *account, int family)
{
	end_queries(proxies);
	proxies->dns = dns;
	proxies->type = family == AF_INET6 ? DNS_TYPE_AAAA : DNS_TYPE_A;
	for (unsigned i = 0; i < ACCOUNT_ROUTES && (i == 0 || *account->hosts[i]); i++)
		look_up_host(proxies, account->hosts[i], account->transport);
	if (strcmp(account->hosts[0], account->domain))
		look_up_host(proxies, account->domain, account->transport);
}

void proxies_forget(struct proxies *proxies)
{
	end_queries(proxies);
	proxies->count = 0;
}

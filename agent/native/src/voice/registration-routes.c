/* Where a registration's requests go: the names of the account, asked for again when their answers have grown old. Calls go the
 * same ways without asking: a name server that is away costs nobody a call. */
#include "registration-state.h"

#include <errno.h>
#include <string.h>

static bool has_route(const struct account *account, const char *uri, unsigned *at)
{
	for (unsigned i = 0; i < account->routes; i++)
		if (!strcmp(account->route_uris[i], uri)) {
			*at = i;
			return true;
		}
	return false;
}

/* The same ways in another order are no news: the weights of SRV would move the line to and fro. */
static bool are_same(const struct account *one, const struct account *other)
{
	unsigned unused;

	if (one->routes != other->routes)
		return false;
	for (unsigned i = 0; i < one->routes; i++)
		if (!has_route(other, one->route_uris[i], &unused))
			return false;
	return true;
}

static void note_addresses(const struct registration *registration)
{
	struct sa address;

	for (unsigned i = registration->account.routes; i > 0; i--) {
		const char *uri = registration->account.route_uris[i - 1] + strlen("sip:");
		struct pl text = { .p = uri, .l = strcspn(uri, ";") };

		if (!sa_decode(&address, text.p, text.l))
			proxies_note_route(registration->place.proxies, &address, i - 1);
	}
}

static int adopt(struct registration *registration, const struct account *resolved)
{
	char now[ACCOUNT_URI];
	unsigned route = 0;

	strcpy(now, registration->account.route_uris[registration->route]);
	registration->account = *resolved;
	/* What it was bound to may still be there. */
	(void)has_route(resolved, now, &route);
	note_addresses(registration);
	registration->place.resolved(registration->place.line, resolved);
	return registration_take_route(registration, route);
}

static void on_resolved(int err, const struct account *resolved, uint32_t ttl_s, void *argument)
{
	struct registration *registration = argument;

	if (!err && !are_same(&registration->account, resolved))
		err = adopt(registration, resolved);
	registration->resolving = mem_deref(registration->resolving);
	if (!err) {
		registration->has_routes = true;
		registration->routes_until = tmr_jiffies() + (uint64_t)ttl_s * 1000;
	}
	/* Old answers are better than none. */
	if (registration->has_routes)
		registration_attempt_anew(registration);
	else
		registration_fail(registration, 0, err == EDESTADDRREQ ? "no address for the proxy" : strerror(err), NULL);
}

bool registration_resolves(struct registration *registration)
{
	registration->resolving = mem_deref(registration->resolving);
	if (registration->phase != WANTED || !routes_has_names(&registration->asked) ||
	    (registration->has_routes && tmr_jiffies() < registration->routes_until) ||
	    registration->place.prepare(&registration->asked))
		return false;
	return !routes_resolve(&registration->resolving, registration->place.dns, &registration->asked,
			       sa_af(registration->place.address), on_resolved, registration);
}

#include "routes.h"

#include <errno.h>
#include <string.h>

#define NAME_BYTES 160            /* _sips._tcp. and a host */
#define QUESTION_MS 3000
#define WHOLE_MS 10000
#define TTL_MIN_S 30              /* shorter ones would ask before each request */
#define TTL_MAX_S 86400

struct routes {
	struct dnsc *dns;
	struct account asked, resolved;
	int family;
	unsigned host;                 /* of `asked`, being resolved */
	struct routes_srv srv[ROUTES_SRV];
	unsigned srv_count, srv_next;
	struct dns_query *query;
	dns_query_h *on_answer;        /* of the question under way */
	struct tmr patience, whole;
	uint32_t ttl_s;
	routes_h *done;
	void *argument;
};

static void next_target(struct routes *routes);
static void next_host(struct routes *routes);

static void routes_free(void *argument)
{
	struct routes *routes = argument;

	tmr_cancel(&routes->patience);
	tmr_cancel(&routes->whole);
	mem_deref(routes->query);
	explicit_bzero(&routes->asked, sizeof(routes->asked));
	explicit_bzero(&routes->resolved, sizeof(routes->resolved));
}

/* ---- one question ---- */

static void on_silence(void *argument)
{
	struct routes *routes = argument;

	routes->query = mem_deref(routes->query);
	routes->on_answer(ETIMEDOUT, NULL, NULL, NULL, NULL, routes);
}

/* No name server, or no memory, is as no answer. */
static void ask(struct routes *routes, const char *name, uint16_t type, dns_query_h *on_answer)
{
	routes->on_answer = on_answer;
	tmr_start(&routes->patience, QUESTION_MS, on_silence, routes);
	if (dnsc_query(&routes->query, routes->dns, name, type, DNS_CLASS_IN, true, on_answer, routes))
		tmr_start(&routes->patience, 0, on_silence, routes);
}

static bool note_ttl(struct dnsrr *record, void *argument)
{
	struct routes *routes = argument;

	if (record->ttl >= 0 && record->ttl < routes->ttl_s)
		routes->ttl_s = (uint32_t)record->ttl;
	return false;
}

static void take(struct routes *routes, struct list *answers)
{
	tmr_cancel(&routes->patience);
	(void)dns_rrlist_apply(answers, NULL, DNS_QTYPE_ANY, DNS_CLASS_IN, false, note_ttl, routes);
}

/* ---- addresses ---- */

static void add(struct routes *routes, const struct sa *address)
{
	struct account *resolved = &routes->resolved;
	char uri[ACCOUNT_URI];

	if (resolved->routes == ACCOUNT_ROUTES ||
	    re_snprintf(uri, sizeof(uri), "sip:%J;transport=%s", address, account_transport_name(resolved->transport)) < 0)
		return;
	for (unsigned i = 0; i < resolved->routes; i++)
		if (!strcmp(resolved->route_uris[i], uri))
			return;
	strcpy(resolved->hosts[resolved->routes], routes->asked.hosts[routes->host]);
	strcpy(resolved->route_uris[resolved->routes], uri);
	resolved->ports[resolved->routes++] = sa_port(address);
}

static bool on_address(struct dnsrr *record, void *argument)
{
	struct routes *routes = argument;
	uint16_t port = routes->srv[routes->srv_next - 1].port;
	struct sa address;

	if (record->type == DNS_TYPE_A)
		sa_set_in(&address, record->rdata.a.addr, port);
	else
		sa_set_in6(&address, record->rdata.aaaa.addr, port);
	add(routes, &address);
	return false;
}

/* An alias comes in front of its addresses: the names of the records do not matter. */
static void on_addresses(int err, const struct dnshdr *header, struct list *answers, struct list *authorities,
			 struct list *additions, void *argument)
{
	struct routes *routes = argument;

	(void)err;
	(void)header;
	(void)authorities;
	(void)additions;
	take(routes, answers);
	(void)dns_rrlist_apply(answers, NULL, routes->family == AF_INET6 ? DNS_TYPE_AAAA : DNS_TYPE_A, DNS_CLASS_IN, false, on_address,
			       routes);
	next_target(routes);
}

static void next_target(struct routes *routes)
{
	if (routes->srv_next == routes->srv_count || routes->resolved.routes == ACCOUNT_ROUTES) {
		routes->host++;
		next_host(routes);
		return;
	}
	ask(routes, routes->srv[routes->srv_next++].target, routes->family == AF_INET6 ? DNS_TYPE_AAAA : DNS_TYPE_A, on_addresses);
}

/* ---- services ---- */

static uint16_t usual_port(const struct routes *routes)
{
	return routes->asked.transport == TN_TRANSPORT_TLS ? SIP_PORT_TLS : SIP_PORT;
}

/* The name itself is the only target. */
static void use_name(struct routes *routes, const char *name, uint16_t port)
{
	routes->srv_count = 1;
	routes->srv_next = 0;
	routes->srv[0].port = port;
	str_ncpy(routes->srv[0].target, name, sizeof(routes->srv[0].target));
	next_target(routes);
}

static bool on_service(struct dnsrr *record, void *argument)
{
	struct routes *routes = argument;
	struct routes_srv *srv = &routes->srv[routes->srv_count];

	if (routes->srv_count == ROUTES_SRV || strlen(record->rdata.srv.target) >= sizeof(srv->target))
		return false;
	*srv = (struct routes_srv){ record->rdata.srv.pri, record->rdata.srv.weight, record->rdata.srv.port, "" };
	strcpy(srv->target, record->rdata.srv.target);
	routes->srv_count++;
	return false;
}

static void on_services(int err, const struct dnshdr *header, struct list *answers, struct list *authorities, struct list *additions,
			void *argument)
{
	struct routes *routes = argument;

	(void)err;
	(void)header;
	(void)authorities;
	(void)additions;
	take(routes, answers);
	routes->srv_count = routes->srv_next = 0;
	(void)dns_rrlist_apply(answers, NULL, DNS_TYPE_SRV, DNS_CLASS_IN, false, on_service, routes);
	routes_order(routes->srv, routes->srv_count, rand_u32);
	/* RFC 3263 §4.2: without such records the name's own address serves. */
	if (routes->srv_count)
		next_target(routes);
	else
		use_name(routes, routes->asked.hosts[routes->host], usual_port(routes));
}

static void on_pointers(int err, const struct dnshdr *header, struct list *answers, struct list *authorities, struct list *additions,
			void *argument)
{
	struct routes *routes = argument;
	const char *picked = routes_pick(answers, routes->asked.transport);
	char name[NAME_BYTES];

	(void)err;
	(void)header;
	(void)authorities;
	(void)additions;
	take(routes, answers);
	if (picked && strlen(picked) < sizeof(name))
		strcpy(name, picked);
	else
		(void)re_snprintf(name, sizeof(name), "%s%s", routes_prefix(routes->asked.transport), routes->asked.hosts[routes->host]);
	ask(routes, name, DNS_TYPE_SRV, on_services);
}

/* ---- all of an account ---- */

static void finish(struct routes *routes)
{
	uint32_t ttl_s = routes->ttl_s < TTL_MIN_S ? TTL_MIN_S : routes->ttl_s;

	tmr_cancel(&routes->patience);
	tmr_cancel(&routes->whole);
	routes->query = mem_deref(routes->query);
	if (routes->resolved.routes)
		routes->done(0, &routes->resolved, ttl_s, routes->argument);
	else
		routes->done(EDESTADDRREQ, NULL, 0, routes->argument);
}

static void on_whole(void *argument)
{
	finish(argument);
}

static void next_host(struct routes *routes)
{
	const struct account *asked = &routes->asked;
	unsigned host = routes->host;
	struct sa literal;

	if (host == asked->routes || routes->resolved.routes == ACCOUNT_ROUTES) {
		/* Never from within the call that asked. */
		tmr_start(&routes->whole, 0, on_whole, routes);
		return;
	}
	if (routes_literal(asked->hosts[host], &literal)) {
		sa_set_port(&literal, asked->ports[host] ? asked->ports[host] : usual_port(routes));
		add(routes, &literal);
		routes->host++;
		next_host(routes);
	} else if (asked->ports[host]) {
		use_name(routes, asked->hosts[host], asked->ports[host]);
	} else {
		ask(routes, asked->hosts[host], DNS_TYPE_NAPTR, on_pointers);
	}
}

int routes_resolve(struct routes **out, struct dnsc *dns, const struct account *account, int family, routes_h *done, void *argument)
{
	struct routes *routes = mem_zalloc(sizeof(*routes), routes_free);

	if (!routes)
		return ENOMEM;
	tmr_init(&routes->patience);
	tmr_init(&routes->whole);
	routes->dns = dns;
	routes->asked = routes->resolved = *account;
	routes->resolved.routes = 0;
	routes->family = family;
	routes->ttl_s = TTL_MAX_S;
	routes->done = done;
	routes->argument = argument;
	*out = routes;
	tmr_start(&routes->whole, WHOLE_MS, on_whole, routes);
	next_host(routes);
	return 0;
}

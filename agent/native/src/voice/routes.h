/* From the names of an account to the addresses its requests go to, in order (RFC 3263): NAPTR, SRV by priority and weight
 * (RFC 2782), addresses. Each question and all of them together have their time; an answer is kept for its TTL by who asked.
 * SIP thread only. */
#ifndef TN_VOICE_ROUTES_H
#define TN_VOICE_ROUTES_H

#include "account.h"

#include <re.h>

#define ROUTES_SRV 8              /* records of one name that are used */

struct routes;

/* `resolved`: the account with addresses as its routes, each with the name it came from as its host; `ttl_s`: how long that holds.
 * Without any address errno, NULL and 0. The question is over then and freed by whoever asked. */
typedef void routes_h(int err, const struct account *resolved, uint32_t ttl_s, void *argument);

/* An IPv4 address or an IPv6 reference in brackets (RFC 3261 §25.1); false for a name. */
bool routes_literal(const char *host, struct sa *address);
/* Whether an account has names at all. */
bool routes_has_names(const struct account *account);
/* Asks; freed with mem_deref, which ends a question under way. errno. */
int routes_resolve(struct routes **routes, struct dnsc *dns, const struct account *account, int family, routes_h *done,
		   void *argument);

/* ---- records, in routes-records.c ---- */

/* The name of the service that NAPTR records give for a transport (RFC 3263 §4.1), NULL without one; and the usual beginning of it. */
const char *routes_pick(struct list *answers, uint32_t transport);
const char *routes_prefix(uint32_t transport);

struct routes_srv {
	uint16_t priority, weight, port;
	char target[128];
};

/* RFC 2782: by priority, and within one by chance in the proportion of the weights. */
void routes_order(struct routes_srv *records, unsigned count, uint32_t (*random)(void));

#endif

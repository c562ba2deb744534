/* The addresses of one line's registrar and proxies: only from there an INVITE is believed. SIP thread only.
 *
 * Why: scanners send INVITEs to every address of the internet, for every likely user name. Each one that is believed rings
 * a telephone, mostly at night, with nobody at the other end: ghost calls. A real call comes through the provider, who
 * knows from our REGISTER where we are. Ports are ignored: a proxy may send from another one, over UDP or over a
 * connection that either side opened. */
#ifndef TN_VOICE_PROXIES_H
#define TN_VOICE_PROXIES_H

#include "account.h"

#include <re.h>

#define PROXIES_ADDRESSES 32
#define PROXIES_QUERIES 16

struct proxies {
	struct sa addresses[PROXIES_ADDRESSES]; /* the one noted last comes first; the oldest gives way */
	unsigned char routes[PROXIES_ADDRESSES]; /* index of the account's host that led there, as far as it is known */
	unsigned count;
	struct dns_query *queries[PROXIES_QUERIES]; /* NULL: free */
	struct dnsc *dns;              /* of the last look-up, and the type of address record it asks for */
	uint16_t type;
};

/* An address requests went to, or were answered from. */
void proxies_note(struct proxies *proxies, const struct sa *address);
/* The same, by the account's host `route`. */
void proxies_note_route(struct proxies *proxies, const struct sa *address, unsigned route);
/* The account's host an address belongs to, -1 for an address nobody asked for. */
int proxies_route(const struct proxies *proxies, const struct sa *address);
bool proxies_know(const struct proxies *proxies, const struct sa *source);
/* Asks name servers for every address of the account's proxy and domain, of the family `family`: requests go to one of a
 * provider's proxies (RFC 3263 §4.2), calls may come from any of them. What is known stays known whatever they answer. */
void proxies_look_up(struct proxies *proxies, struct dnsc *dns, const struct account *account, int family);
/* Ends queries under way, and trusts nobody any more. */
void proxies_forget(struct proxies *proxies);

#endif

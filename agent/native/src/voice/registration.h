/* Keeps one account registered (RFC 3261 §10): refresh, retries with back-off, removal. SIP thread only. */
#ifndef TN_VOICE_REGISTRATION_H
#define TN_VOICE_REGISTRATION_H

#include "proxies.h"

#include <re.h>

struct registration;

/* Called before each attempt: makes sure that there is a transport; errno keeps the attempt from being made. */
typedef int registration_prepare(const struct account *account);

/* Called when the account's names have come to other addresses: the account with those as its routes. */
typedef void registration_resolved(int line, const struct account *account);

struct registration_place {
	struct sip *sip;
	int line;
	uint32_t dscp;
	registration_prepare *prepare;
	struct dnsc *dns;
	const struct sa *address;      /* ours; known once prepared */
	struct proxies *proxies;       /* the line's: filled while the account is wanted */
	registration_resolved *resolved;
};

/* Index of the proxy that requests of the account go to now. */
unsigned registration_route(const struct registration *registration);
/* What asks the provider for waiting messages, or NULL. */
struct subscription *registration_messages(const struct registration *registration);
/* The account as it was given, or NULL. */
const struct account *registration_asked(const struct registration *registration);
bool registration_is_bound(const struct registration *registration);
int registration_start(struct registration **registration, const struct registration_place *place,
		       const struct account *account);
/* The account is not wanted any more: removes the binding when there is one (best effort) and tells "unregistered". */
void registration_end(struct registration *registration);
/* Another account of the same address of record takes over: forgets this one without touching the binding. */
void registration_replace(struct registration *registration);

#endif

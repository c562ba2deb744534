/* What the files of a registration share: the struct, and what happens while it stands. SIP thread only. */
#ifndef TN_VOICE_REGISTRATION_STATE_H
#define TN_VOICE_REGISTRATION_STATE_H

#include "registration.h"
#include "routes.h"
#include "subscription.h"

/* WANTED: kept registered. LEAVING: not wanted, but a request is under way. REMOVING: the removal is under way. */
enum phase { WANTED, LEAVING, REMOVING };

struct registration {
	enum phase phase;
	struct account asked, account; /* as given; with the addresses its names came to */
	struct routes *resolving;
	bool has_routes;               /* its names came to something */
	uint64_t routes_until;         /* tmr_jiffies */
	struct registration_place place;
	struct tmr timer;
	struct sip_dialog *dialog;
	struct sip_auth *auth;
	struct sip_request *request;
	struct sa local;               /* address of the contact last sent */
	uint32_t expires_s, granted_s;
	unsigned failures, challenges;
	unsigned route, tried;         /* proxy in use; proxies that failed one after the other */
	struct tmr patience, fail_back, keep_alive;
	struct sip_request *probe;     /* OPTIONS to the first proxy */
	struct sip_keepalive *flow;
	struct subscription *messages; /* NULL: not asked for, or not registered */
	struct sa flow_peer;
	bool bound;                    /* the registrar has our contact, as far as we know */
	char told[16];                 /* state of the last event */
	int told_code;
	unsigned told_route;
};

/* A new attempt, with a new answer to whatever is asked of us; or one after a while. */
void registration_begin(struct registration *registration);
void registration_retry(struct registration *registration, uint64_t wait_ms);
/* Requests go to another proxy of the account from now on; errno. */
int registration_take_route(struct registration *registration, unsigned route);

/* Tells a state that was not told yet. */
void registration_tell(struct registration *registration, const char *state, int code, const char *reason);
/* The attempt failed: the next proxy, or all of it again after a while. Frees a registration that is not wanted any more. */
void registration_fail(struct registration *registration, int code, const char *reason, const struct sip_msg *message);
/* Takes our contact away from the registrar. */
void registration_remove(struct registration *registration);

/* The attempt itself, once it is known where to. */
void registration_attempt_anew(struct registration *registration);

/* ---- registration-routes.c ---- */
/* Whether names have to be asked for first; the attempt follows by itself then. */
bool registration_resolves(struct registration *registration);

/* ---- registration-attempt.c ---- */
/* Sends REGISTER; errno. */
int registration_attempt(struct registration *registration);

/* ---- registration-watch.c ---- */
/* It is registered, as the answer says: keeps the way open, and asks for the first proxy while another one serves. */
void registration_watch(struct registration *registration, const struct sip_msg *message);
/* No more questions to other proxies, no keep-alive. */
void registration_stop_watching(struct registration *registration);

#endif

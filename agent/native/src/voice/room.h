/* State of the SIP thread; touched by that thread only. */
#ifndef TN_VOICE_ROOM_H
#define TN_VOICE_ROOM_H

#include "proxies.h"

#include <re.h>

struct call;
struct registration;

struct room {
	struct tn_config config;
	struct sip *sip;
	struct sipsess_sock *sessions;
	struct dnsc *dns;
	struct sa address;             /* SIP and RTP are bound to it; unset before the first account */
	bool has_clear, has_tls;       /* transports there are: only those that an account wants, so that nothing falls back */
	struct tls *tls;
	struct call *calls[TN_MAX_LINES];
	struct registration *registrations[TN_MAX_LINES];
	struct account *accounts[TN_MAX_LINES]; /* libre memory: calls hold a reference to the one they began with */
	struct proxies proxies[TN_MAX_LINES];
	uint64_t stranger_us[TN_MAX_LINES]; /* when the last fault about a stranger was told; 0: never */
};

extern struct room room;

/* Makes sure that requests of an account can be sent: address, transports, name servers; errno. */
int room_prepare(const struct account *account);

#endif

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
	struct call *calls[TN_MAX_LINES][TN_LINE_PLACES]; /* NULL: free */
	struct registration *registrations[TN_MAX_LINES];
	struct account *accounts[TN_MAX_LINES]; /* libre memory: calls hold a reference to the one they began with */
	struct proxies proxies[TN_MAX_LINES];
	uint64_t stranger_us[TN_MAX_LINES]; /* when the last fault about a stranger was told; 0: never */
};

extern struct room room;

/* A call of a line by its handle, NULL when it is over; taking and giving back its place. */
struct call *room_call(int line, int32_t handle);
void room_place(struct call *call, int line);
void room_remove(const struct call *call, int line);
/* The call a message of an established dialog belongs to, or NULL. */
struct call *room_call_of(const struct sip_msg *message);
/* Makes sure that requests of an account can be sent: address, transports, name servers; errno. */
int room_prepare(const struct account *account);

#endif

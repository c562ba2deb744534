/* Between a fax machine on the line and T.38 packets (ITU-T T.38): spandsp's gateway, with UDPTL around its messages. Knows no
 * sockets and no clock: one step is 20 ms. Some 200 KB, so it exists during a fax only. */
#ifndef TN_VOICE_FAX_RELAY_H
#define TN_VOICE_FAX_RELAY_H

#include "../engine.h"
#include "t38-sdp.h"

struct fax_relay;

struct fax_relay_setup {
	uint32_t max_rate;             /* bit/s the machines may agree on; 0 = 14400 */
	bool no_ecm;
	unsigned low_depth, high_depth; /* earlier messages repeated with each one: of control and of image data */
	struct t38_terms terms;
	void (*send)(void *argument, const uint8_t *datagram, size_t length);
	/* A T.30 frame passed, from its address on. */
	void (*frame)(void *argument, const uint8_t *frame, size_t length);
	void *argument;
};

/* NULL without memory. Freed with mem_deref. */
struct fax_relay *fax_relay_alloc(const struct fax_relay_setup *setup);
/* A datagram of the far end, whatever it holds. */
void fax_relay_receive(struct fax_relay *relay, const uint8_t *datagram, size_t length);
/* 20 ms towards the machine, then 20 ms of it. */
void fax_relay_speak(struct fax_relay *relay, int16_t to_phone[TN_FRAME]);
void fax_relay_hear(struct fax_relay *relay, const int16_t from_phone[TN_FRAME]);

/* Packets sent, received in time, mended and lost for good; how long no data went either way. */
struct fax_relay_figures {
	uint32_t sent, received, repaired, lost, quiet_ms;
};
struct fax_relay_figures fax_relay_figures(const struct fax_relay *relay);

#endif

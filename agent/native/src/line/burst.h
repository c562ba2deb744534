/* A data burst to a telephone on its hook: what announces it, the wait, the data, and the wait after it. Steps in time only;
 * the line applies what it says. ETSI EN 300 659-1 §6.1 (with ringing), §6.2 (without). */
#ifndef TN_LINE_BURST_H
#define TN_LINE_BURST_H

#include "dsp/caller-id.h"
#include "dsp/tone.h"

struct burst {
	enum { BURST_IDLE, BURST_REVERSED, BURST_RING_PULSE, BURST_ALERT, BURST_DELAY, BURST_SENDING, BURST_GUARD } phase;
	int32_t left_ms;         /* of the phase */
	uint32_t delay_ms;       /* from the end of the alert to the first bit */
	bool reversed;           /* the wires changed polarity for this burst */
	struct tone_player alert;
	struct caller_id sender; /* loaded before the burst starts */
};

/* What one step asks for. */
struct burst_step {
	bool reverse, restore;   /* polarity of the wires */
	bool bell_on, bell_off;  /* the ring pulse */
	bool sent;               /* the data is complete */
};

/* Starts with what announces it (enum tn_cid_alert). */
void burst_start(struct burst *burst, uint32_t alert, uint32_t delay_ms);
/* Gives it up: a lifted handset, or a ring that was called off. True when the polarity must be restored. */
bool burst_stop(struct burst *burst);
bool burst_busy(const struct burst *burst);
/* One frame of `ms`; fills `audio` (TN_FRAME samples, silence where nothing is sent). */
struct burst_step burst_step(struct burst *burst, uint32_t ms, int16_t *audio);

#endif

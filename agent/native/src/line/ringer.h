/* Ringing: the cadence, and caller identification in its silence. Steps in time only; the line applies what it says. */
#ifndef TN_LINE_RINGER_H
#define TN_LINE_RINGER_H

#include "dsp/caller-id.h"

struct ringer {
	bool active;
	struct tn_ring plan;
	uint32_t phase;          /* index into plan.phase_ms; even: bell */
	int32_t left_ms;         /* of the phase */
	uint32_t count;          /* rings begun */
	enum { CID_IDLE, CID_AWAITED, CID_DELAYED, CID_SENDING, CID_GUARD } cid;
	uint32_t cid_phase;      /* the silent phase that carries the burst */
	int32_t cid_left_ms;     /* of the delay, or of the guard after the burst */
	struct caller_id sender;
};

/* What one step asks for. */
struct ringer_step {
	bool began;              /* a ring began: put the voltage on */
	bool paused;             /* a ring ended: take it off */
	bool sent;               /* the burst is complete */
};

/* Checks a plan: 15 … 70 Hz, an even count of phases of at least 20 ms, texts ended, known standard and absence. */
bool ringer_valid(const struct tn_ring *ring);
void ringer_start(struct ringer *ringer, const struct tn_ring *ring);
void ringer_stop(struct ringer *ringer);
/* One frame of `ms`; fills `audio` (TN_FRAME samples of silence or caller ID) for the on-hook telephone. */
struct ringer_step ringer_step(struct ringer *ringer, uint32_t ms, int16_t *audio);

#endif

/* Ringing: the cadence, and the data bursts that go with it or come between calls. Steps in time only; the line applies
 * what it says. */
#ifndef TN_LINE_RINGER_H
#define TN_LINE_RINGER_H

#include "line/burst.h"

struct ringer {
	bool active;
	struct tn_ring plan;
	uint32_t phase;          /* index into plan.phase_ms; even: bell */
	int32_t left_ms;         /* of the phase */
	uint32_t count;          /* rings begun */
	bool announcing;         /* caller identification goes before the first ring */
	bool awaited;            /* it comes in a silence of the cadence */
	uint32_t cid_phase;      /* which one */
	struct burst burst;
};

/* What one step asks for. */
struct ringer_step {
	bool began;              /* a ring began: put the voltage on */
	bool paused;             /* a ring ended: take it off */
	struct burst_step burst;
};

/* Checks a plan: 15 … 70 Hz, an even count of phases of at least 20 ms, and its caller. */
bool ringer_valid(const struct tn_ring *ring);
/* Checks the caller alone: texts ended, known standard, alert and absence. */
bool ringer_caller_valid(const struct tn_ring *ring);
void ringer_start(struct ringer *ringer, const struct tn_ring *ring);
/* True when the polarity must be restored. */
bool ringer_stop(struct ringer *ringer);
/* One frame of `ms`; fills `audio` (TN_FRAME samples of silence or data) for the on-hook telephone. */
struct ringer_step ringer_step(struct ringer *ringer, uint32_t ms, int16_t *audio);

#endif

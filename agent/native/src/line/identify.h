/* Caller identification in a call (ETSI EN 300 659-1 §6.3, Telcordia GR-575-CORE: "type 2"): the line mutes the far end and
 * asks the telephone to listen; if it acknowledges with a key, the data follows. A telephone that cannot stays silent and
 * has lost a third of a second. Steps in time only. */
#ifndef TN_LINE_IDENTIFY_H
#define TN_LINE_IDENTIFY_H

#include "dsp/caller-id.h"
#include "dsp/tone.h"

struct identify {
	enum { IDENTIFY_IDLE, IDENTIFY_DELAY, IDENTIFY_ALERT, IDENTIFY_AWAIT, IDENTIFY_PAUSE, IDENTIFY_SENDING } phase;
	int32_t left_ms;         /* of the phase */
	struct tone_player alert;
};

/* Starts after `delay_ms` (the call waiting tone comes first); the burst is loaded into the line's sender already. */
void identify_start(struct identify *identify, uint32_t delay_ms);
void identify_stop(struct identify *identify);
bool identify_busy(const struct identify *identify);
/* Whether the telephone and the far end are muted towards each other, and keys are the telephone's own. */
bool identify_mutes(const struct identify *identify);
/* The telephone pressed a key: D (or A, of sets that can more) is its acknowledgement. */
void identify_key(struct identify *identify, char key);
/* One frame of `ms`; where it mutes, it fills `audio`. True when the data is complete. */
bool identify_step(struct identify *identify, struct caller_id *sender, uint32_t ms, int16_t *audio);

#endif

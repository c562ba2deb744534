/* Playout buffer of one call: packets in, at any time and in any order; 20 ms of sound out, on the media clock. */
#ifndef TN_VOICE_JITTER_H
#define TN_VOICE_JITTER_H

#include "../engine.h"
#include "comfort.h"
#include "concealment.h"

#include <stdbool.h>

#define JITTER_SPAN 16384         /* samples held at most; a power of two, more than the longest delay plus one packet */
#define JITTER_PACKET_MAX 1600    /* samples of one packet: 200 ms */

struct jitter {
	int16_t sample[JITTER_SPAN];   /* by RTP timestamp, modulo the span */
	uint8_t filled[JITTER_SPAN];
	struct concealment concealment;
	struct comfort comfort;        /* stands in for a far end that is silent */
	bool started, excused;         /* excused: silence is expected, the buffer may run dry */
	bool still;                    /* the delay does not change of itself: modems would lose each other */
	uint32_t minimum, maximum;     /* delay, in samples */
	uint32_t next, end;            /* timestamps: next to be played, one past the newest received */
	int32_t hold;                  /* samples of concealment to play before `next`: the delay grows */
	int32_t margin;                /* shortest time a packet waited in this window, in samples */
	unsigned window, dry;          /* steps: left of the window, played without anything in the buffer */
	uint32_t late, underruns;
	uint64_t waited;               /* samples in the buffer, summed over all `steps` */
	uint32_t steps;
};

void jitter_open(struct jitter *jitter, uint32_t minimum_ms, uint32_t maximum_ms);
/* `count` samples at most JITTER_PACKET_MAX; more is cut. */
void jitter_put(struct jitter *jitter, uint32_t timestamp, const int16_t *samples, unsigned count);
/* The far end sends something else than sound now: until the next packet an empty buffer is no underrun. */
void jitter_excuse(struct jitter *jitter);
/* The far end is silent, and says how that sounds: until the next packet an empty buffer plays noise. */
void jitter_comfort(struct jitter *jitter, uint32_t timestamp, const uint8_t *payload, size_t length);
/* Modems speak (1): the delay grows once to what a network may need, and then stays. Or speech again (0). */
void jitter_hold_still(struct jitter *jitter, bool on);
/* How long sound waited here on average. */
uint32_t jitter_delay_ms(const struct jitter *jitter);
/* Fills `out` with the next frame, concealing what is missing; false (and silence) before the first packet. */
bool jitter_get(struct jitter *jitter, int16_t out[TN_FRAME]);

#endif

/* Loss concealment for G.711: a missing stretch repeats the last pitch period and fades out, after the idea of ITU-T G.711
 * Appendix I. (spandsp's plc copies overlapping memory with memcpy, which is undefined.) */
#ifndef TN_VOICE_CONCEALMENT_H
#define TN_VOICE_CONCEALMENT_H

#include <stdint.h>

#define CONCEALMENT_PITCH_MAX 120                   /* samples: 66 Hz */
#define CONCEALMENT_HISTORY (160 + CONCEALMENT_PITCH_MAX)

struct concealment {
	int16_t history[CONCEALMENT_HISTORY]; /* the last good sound, oldest first */
	unsigned pitch, offset;        /* samples: of the period repeated, within it */
	unsigned missing;              /* samples concealed so far in this stretch */
};

void concealment_open(struct concealment *concealment);
/* Good sound: remembered, and its beginning blended with what a missing stretch ended in. */
void concealment_good(struct concealment *concealment, int16_t *samples, unsigned count);
/* Missing sound: filled in; silence after 60 ms. */
void concealment_fill(struct concealment *concealment, int16_t *samples, unsigned count);

#endif

/* The answering tone of a fax machine that knows V.34 says so by its amplitude and phase (ITU-T V.8 ANSam), and the machine that
 * calls then begins a modem session that neither T.38 version 0 nor a jittery network carries. Made plain (ITU-T T.30 CED), it
 * gets an ordinary fax. Only for machines: a data modem needs its tone. Pure. */
#ifndef TN_DSP_ANSWER_TONE_H
#define TN_DSP_ANSWER_TONE_H

#include "engine.h"

#include <stdbool.h>

struct answer_tone {
	float level;             /* mean square of the tone where it was loudest, 0: none now */
	unsigned phase;          /* of our own, samples; 2100 Hz has a whole number of periods in 80 */
	unsigned missed;         /* frames without it since */
};

/* Puts a plain tone in the place of one that sounds in this frame. */
void answer_tone_flatten(struct answer_tone *tone, int16_t *audio);

#endif

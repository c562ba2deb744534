/* The rhythm of a tone: lengths of sound and silence, and the pattern in which they return. */
#ifndef TN_DSP_CADENCE_H
#define TN_DSP_CADENCE_H

#include <stdbool.h>
#include <stdint.h>

#define CADENCE_RUNS 16
#define CADENCE_PATTERN 8 /* longest pattern looked for */

struct cadence {
	unsigned count;
	uint32_t run_ms[CADENCE_RUNS]; /* sound, silence, sound, … : complete runs only */
};

void cadence_clear(struct cadence *cadence);
/* Adds a complete run. Silence before any sound is ignored; sound of 3 s or more is no cadence and starts anew. */
void cadence_push(struct cadence *cadence, bool sound, uint32_t ms);
/* The pattern so far, [sound, silence, …] in ms, each the mean of what was measured; returns its length, 0 while there
 * is none. Until two turns prove a pattern it is the last sound with its silence. */
unsigned cadence_pattern(const struct cadence *cadence, uint32_t pattern[CADENCE_PATTERN]);

#endif

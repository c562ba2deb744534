/* Which pure tones a stretch of audio holds, by measurement. */
#ifndef TN_DSP_SPECTRUM_H
#define TN_DSP_SPECTRUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPECTRUM_MAX 1024 /* samples looked at: 128 ms, tones 25 Hz apart are told apart */
#define SPECTRUM_TONES 4

struct spectrum {
	unsigned count;          /* of tones found, 0 … SPECTRUM_TONES; more than two only where hardly anything else sounds */
	float frequency[SPECTRUM_TONES]; /* hertz, rising */
	float purity;            /* share of the energy that lies in them, 0 … 1 */
	bool steady;             /* each sounds in both halves: not the seam between one tone and the next */
};

/* Measures `count` samples (SPECTRUM_MAX at most). Pure and without allocation; about 0.1 ms. */
void spectrum_measure(const int16_t *samples, size_t count, struct spectrum *result);

#endif

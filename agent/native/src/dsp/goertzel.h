/* How much of a frame lies at one frequency. */
#ifndef TN_DSP_GOERTZEL_H
#define TN_DSP_GOERTZEL_H

#include "engine.h"

#include <math.h>

/* Mean square of the part of a frame (TN_FRAME samples) at `hertz`. */
static inline double goertzel_energy(const int16_t *audio, double hertz)
{
	double coefficient = 2.0 * cos(2.0 * M_PI * hertz / TN_RATE), s1 = 0, s2 = 0;

	for (int i = 0; i < TN_FRAME; i++) {
		double s = audio[i] + coefficient * s1 - s2;

		s2 = s1;
		s1 = s;
	}
	return 2.0 * (s1 * s1 + s2 * s2 - coefficient * s1 * s2) / TN_FRAME / TN_FRAME;
}

/* Mean square of a frame. */
static inline double frame_energy(const int16_t *audio)
{
	double total = 0;

	for (int i = 0; i < TN_FRAME; i++)
		total += (double)audio[i] * audio[i] / TN_FRAME;
	return total;
}

#endif

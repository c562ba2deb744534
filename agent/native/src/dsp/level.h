/* Levels: tenths of dBm0 against linear 16-bit samples. 0 dBm0 as spandsp has it: a full-scale sine is +3.14 dBm0 (A-law,
 * ITU-T G.711), so power levels meet those of its DTMF and FSK generators. */
#ifndef TN_DSP_LEVEL_H
#define TN_DSP_LEVEL_H

#include <math.h>
#include <stdint.h>

#define LEVEL_FULL_SCALE_SINE 3.14f
#define LEVEL_FLOOR (-990) /* reported for silence, tenths of dBm0 */

/* Peak amplitude of a sine of `tenths` of dBm0. */
static inline float level_amplitude(int32_t tenths)
{
	return 32767.0f * powf(10.0f, ((float)tenths / 10.0f - LEVEL_FULL_SCALE_SINE) / 20.0f);
}

/* Level, in tenths of dBm0, of a mean square of samples. */
static inline int32_t level_of(double mean_square)
{
	double level;

	if (mean_square < 1e-3)
		return LEVEL_FLOOR;
	/* A full-scale sine has the mean square 32767² / 2. */
	level = 100.0 * log10(mean_square * 2.0 / (32767.0 * 32767.0)) + 10.0 * (double)LEVEL_FULL_SCALE_SINE;
	return level < LEVEL_FLOOR ? LEVEL_FLOOR : (int32_t)lrint(level);
}

/* Mean square of a sine of `tenths` of dBm0. */
static inline float level_mean_square(int32_t tenths)
{
	float amplitude = level_amplitude(tenths);

	return amplitude * amplitude / 2.0f;
}

/* Linear factor of a gain in tenths of dB. */
static inline float level_gain(int32_t tenths)
{
	return tenths == 0 ? 1.0f : powf(10.0f, (float)tenths / 200.0f);
}

static inline int16_t level_clip(float sample)
{
	return sample > 32767.0f ? 32767 : sample < -32768.0f ? -32768 : (int16_t)lrintf(sample);
}

#endif

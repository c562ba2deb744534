/* Hann window, zero-padded FFT, peaks refined by a parabola through the logarithms of three bins (exact enough for 0.1 %,
 * as the main lobe of a Hann window is almost one). */
#include "dsp/spectrum.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define POINTS 2048
#define RATE 8000.0f
#define LOWEST_HZ 60.0f
#define PURE 0.97f /* more than two tones are believed only if they are nearly all there is: voices have harmonics */
#define PAIR 0.7f
#define HALVES_APART 4.0f /* 6 dB */
#define SECOND_PEAK 0.01f /* −20 dB: well above the window's side lobes (−31 dB) and G.711's distortion (−38 dB) */

static float cosine[POINTS / 2], sine[POINTS / 2];
static uint16_t reversed[POINTS];
static pthread_once_t tables = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
	for (int i = 0; i < POINTS / 2; i++) {
		cosine[i] = cosf(6.28318530718f * (float)i / POINTS);
		sine[i] = -sinf(6.28318530718f * (float)i / POINTS);
	}
	for (int i = 0; i < POINTS; i++)
		reversed[i] = (uint16_t)(reversed[i / 2] / 2 + (i % 2) * (POINTS / 2));
}

static void transform(float *re, float *im)
{
	for (int i = 0; i < POINTS; i++) {
		int k = reversed[i];

		if (k > i) {
			float kept = re[i]; /* the input is real: im is all 0 here */

			re[i] = re[k];
			re[k] = kept;
		}
	}
	for (int half = 1; half < POINTS; half *= 2) {
		int stride = POINTS / (2 * half);

		for (int start = 0; start < POINTS; start += 2 * half) {
			for (int i = 0; i < half; i++) {
				int a = start + i, b = a + half;
				float c = cosine[i * stride], s = sine[i * stride];
				float x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;

				re[b] = re[a] - x;
				im[b] = im[a] - y;
				re[a] += x;
				im[a] += y;
			}
		}
	}
}

static int highest(const float *power, int from, int to)
{
	int best = from;

	for (int i = from + 1; i < to; i++)
		if (power[i] > power[best])
			best = i;
	return best;
}

static float refine(const float *power, int bin)
{
	float before = logf(power[bin - 1] + 1e-9f), at = logf(power[bin] + 1e-9f), after = logf(power[bin + 1] + 1e-9f);
	float bend = before - 2.0f * at + after;
	float offset = bend < -1e-6f ? 0.5f * (before - after) / bend : 0.0f;

	return ((float)bin + offset) * RATE / POINTS;
}

/* Takes the energy of a peak's main lobe out of the spectrum and returns it. */
static float take_lobe(float *power, int bin, int width)
{
	float energy = 0.0f;

	for (int i = bin - width < 0 ? 0 : bin - width; i <= bin + width && i < POINTS / 2; i++) {
		energy += power[i];
		power[i] = 0.0f;
	}
	return energy;
}

/* Power at one frequency (Goertzel) under a Hann window. */
static float power_at(const int16_t *samples, size_t count, float frequency)
{
	float coefficient = 2.0f * cosf(6.28318530718f * frequency / RATE), s1 = 0.0f, s2 = 0.0f;

	for (size_t i = 0; i < count; i++) {
		float window = 0.5f - 0.5f * cosf(6.28318530718f * ((float)i + 0.5f) / (float)count);
		float s = (float)samples[i] * window + coefficient * s1 - s2;

		s2 = s1;
		s1 = s;
	}
	return s1 * s1 + s2 * s2 - coefficient * s1 * s2;
}

/* Two tones in succession look like two at once; but then at least one of them is in one half only. */
static bool steady(const int16_t *samples, size_t count, const struct spectrum *tones)
{
	size_t half = count / 2;

	/* Tones this near beat within a half and prove nothing. */
	if (tones->count == 2 && tones->frequency[1] - tones->frequency[0] < 2.2f * RATE / (float)half)
		return true;
	for (unsigned i = 0; i < tones->count; i++) {
		float first = power_at(samples, half, tones->frequency[i]);
		float second = power_at(samples + half, half, tones->frequency[i]);

		if (first > HALVES_APART * second || second > HALVES_APART * first)
			return false;
	}
	return true;
}

static int rising(const void *one, const void *other)
{
	float a = *(const float *)one, b = *(const float *)other;

	return (a > b) - (a < b);
}

void spectrum_measure(const int16_t *samples, size_t count, struct spectrum *result)
{
	const int lowest = (int)(LOWEST_HZ * POINTS / RATE), top = POINTS / 2 - 2;
	float re[POINTS], im[POINTS], power[POINTS / 2];
	float total = 0.0f, tonal = 0.0f, pair = 0.0f, first = 0.0f;
	int width;

	*result = (struct spectrum){ 0 };
	if (count < 64)
		return;
	if (count > SPECTRUM_MAX)
		count = SPECTRUM_MAX;
	pthread_once(&tables, make_tables);
	memset(re, 0, sizeof(re));
	memset(im, 0, sizeof(im));
	for (size_t i = 0; i < count; i++)
		re[i] = (float)samples[i] * (0.5f - 0.5f * cosf(6.28318530718f * ((float)i + 0.5f) / (float)count));
	transform(re, im);
	for (int i = 0; i < POINTS / 2; i++) {
		power[i] = re[i] * re[i] + im[i] * im[i];
		total += power[i];
	}
	/* The main lobe of a Hann window is 4 / count wide (± 2 bins of an unpadded transform). */
	width = (int)(2.2f * POINTS / (float)count) + 1;
	while (result->count < SPECTRUM_TONES) {
		int bin = highest(power, lowest, top);

		if (power[bin] <= 0.0f || power[bin] < SECOND_PEAK * first)
			break;
		if (result->count == 2) {
			if (tonal >= PAIR * total)
				break;
			pair = tonal;
		}
		if (result->count == 0)
			first = power[bin];
		result->frequency[result->count++] = refine(power, bin);
		tonal += take_lobe(power, bin, width);
	}
	if (result->count > 2 && tonal < PURE * total) {
		result->count = 2;
		tonal = pair;
	}
	result->purity = total > 0.0f ? tonal / total : 0.0f;
	qsort(result->frequency, result->count, sizeof(result->frequency[0]), rising);
	result->steady = steady(samples, count, result);
}

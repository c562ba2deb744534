/* A normalised least-mean-squares filter of our own: spandsp's writes to the standard output in Debian's build. It learns while
 * the far end speaks alone (Geigel's detector of double talk), and what is left then is turned down. */
#include "dsp/line-echo.h"
#include "dsp/goertzel.h"
#include "dsp/level.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_HZ 2100
#define ANSWER_LEVEL (-310)   /* tenths of dBm0, ITU-T G.164 §3.1.2 */
#define ANSWER_SHARE 0.8
#define ANSWER_MS 400
#define SILENCE_LEVEL (-360)  /* tenths of dBm0: what holds the disabler is louder */
#define RELEASE_MS 260
#define FRAME_MS (TN_FRAME * 1000 / TN_RATE)
#define TAPS_MAX (LINE_ECHO_TAIL_MAX_MS * TN_RATE / 1000)
#define STEP 0.5f             /* of the way towards what each sample teaches */
#define QUIET 400.0f          /* mean square below which the far end teaches nothing: −58 dBm0 */
#define HYBRID_LOSS 0.6f      /* an echo is at most so loud (−4.4 dB): what is louder is the subscriber */
#define HANGOVER (TN_RATE / 20) /* samples that the subscriber is taken to go on speaking: 50 ms */
#define LEFT_SHARE 0.02f      /* of the far end's energy: −17 dB; a residue below it is an echo, not a voice */
#define TURNED_DOWN 0.06f
#define RAMP 0.002f           /* of the residue's gain a sample: 60 ms from one end to the other */

struct canceller {
	size_t taps;
	float weight[TAPS_MAX];
	float far[TAPS_MAX + TN_FRAME]; /* the far end's samples, oldest first */
	size_t talking;          /* samples left of double talk */
	float gain;              /* of the residue */
};

int line_echo_set(struct line_echo *echo, uint32_t tail_ms)
{
	if (tail_ms == echo->tail_ms)
		return 0;
	free(echo->canceller);
	*echo = (struct line_echo){ .tail_ms = tail_ms };
	if (!tail_ms)
		return 0;
	echo->canceller = calloc(1, sizeof(*echo->canceller));
	if (!echo->canceller) {
		echo->tail_ms = 0;
		return -ENOMEM;
	}
	echo->canceller->taps = (size_t)tail_ms * TN_RATE / 1000;
	echo->canceller->gain = 1.0f;
	return 0;
}

void line_echo_reset(struct line_echo *echo)
{
	struct canceller *canceller = echo->canceller;

	echo->disabled = echo->data = false;
	echo->answer_ms = echo->silent_ms = 0;
	if (canceller)
		*canceller = (struct canceller){ .taps = canceller->taps, .gain = 1.0f };
}

static bool answers(const int16_t *audio)
{
	double tone = goertzel_energy(audio, ANSWER_HZ);

	return tone > (double)level_mean_square(ANSWER_LEVEL) && tone > ANSWER_SHARE * frame_energy(audio);
}

/* One sample; `far` are the last `taps` samples of the far end, `power` their energy. Returns what is no echo. */
static float cancel(struct canceller *canceller, const float *far, float power, float loudest, float heard)
{
	float estimate = 0.0f, residue;

	for (size_t k = 0; k < canceller->taps; k++)
		estimate += canceller->weight[k] * far[k];
	residue = heard - estimate;
	if (fabsf(heard) > HYBRID_LOSS * loudest)
		canceller->talking = HANGOVER;
	else if (canceller->talking > 0)
		canceller->talking--;
	if (canceller->talking == 0 && power > QUIET * (float)canceller->taps) {
		float step = STEP * residue / power;

		for (size_t k = 0; k < canceller->taps; k++)
			canceller->weight[k] += step * far[k];
	}
	return residue;
}

static float loudest_of(const float *far, size_t taps)
{
	float loudest = 0.0f;

	for (size_t k = 0; k < taps; k++)
		loudest = fabsf(far[k]) > loudest ? fabsf(far[k]) : loudest;
	return loudest;
}

/* Only the far end speaks: what the filter left over is turned down. */
static void turn_down(struct canceller *canceller, const float residue[TN_FRAME], float far_energy, int16_t *out)
{
	float left = 0.0f, wanted;

	for (int i = 0; i < TN_FRAME; i++)
		left += residue[i] * residue[i] / TN_FRAME;
	wanted = canceller->talking == 0 && far_energy > QUIET && left < LEFT_SHARE * far_energy ? TURNED_DOWN : 1.0f;
	for (int i = 0; i < TN_FRAME; i++) {
		canceller->gain += canceller->gain > wanted + RAMP ? -RAMP : canceller->gain < wanted ? RAMP : 0.0f;
		out[i] = level_clip(residue[i] * (canceller->gain < 1.0f ? canceller->gain : 1.0f));
	}
}

static void run(struct canceller *canceller, const int16_t *to_phone, int16_t *from_phone)
{
	float residue[TN_FRAME], power = 0.0f, *far = canceller->far;
	size_t taps = canceller->taps;

	memmove(far, far + TN_FRAME, taps * sizeof(*far));
	for (int i = 0; i < TN_FRAME; i++)
		far[taps + (size_t)i] = (float)to_phone[i];
	for (size_t k = 1; k <= taps; k++)
		power += far[k] * far[k];
	for (size_t i = 0; i < TN_FRAME; i++) {
		const float *window = far + i + 1; /* ends with the sample that goes out now */

		residue[i] = cancel(canceller, window, power, loudest_of(window, taps), (float)from_phone[i]);
		if (i + 1 < TN_FRAME)
			power += window[taps] * window[taps] - window[0] * window[0];
	}
	turn_down(canceller, residue, power / (float)taps, from_phone);
}

void line_echo_data(struct line_echo *echo, bool on)
{
	echo->data = on;
}

static bool is_silent(const int16_t *audio)
{
	return frame_energy(audio) < (double)level_mean_square(SILENCE_LEVEL);
}

static void step_disabled(struct line_echo *echo, const int16_t *to_phone, const int16_t *from_phone)
{
	echo->silent_ms = is_silent(to_phone) && is_silent(from_phone) ? echo->silent_ms + FRAME_MS : 0;
	if (echo->silent_ms < RELEASE_MS)
		return;
	echo->disabled = false;
	echo->answer_ms = echo->silent_ms = 0;
}

void line_echo_cancel(struct line_echo *echo, const int16_t *to_phone, int16_t *from_phone)
{
	if (!echo->canceller || echo->data)
		return;
	if (echo->disabled) {
		step_disabled(echo, to_phone, from_phone);
		return;
	}
	echo->answer_ms = answers(to_phone) || answers(from_phone) ? echo->answer_ms + FRAME_MS : 0;
	if (echo->answer_ms >= ANSWER_MS)
		echo->disabled = true;
	else
		run(echo->canceller, to_phone, from_phone);
}

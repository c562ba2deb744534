#include "concealment.h"

#include <string.h>

#define PITCH_MIN 40              /* samples: 200 Hz */
#define SPAN 160                  /* samples compared when looking for the pitch: 20 ms */
#define FADE 480                  /* samples until silence: 60 ms */
#define BLEND 40                  /* samples of overlap when sound comes back: 5 ms */

void concealment_open(struct concealment *concealment)
{
	memset(concealment, 0, sizeof(*concealment));
}

/* The lag at which the last 20 ms look most like what came before them (least mean difference). */
static unsigned find_pitch(const int16_t *history)
{
	const int16_t *recent = history + CONCEALMENT_HISTORY - SPAN;
	uint32_t best = UINT32_MAX;
	unsigned pitch = PITCH_MIN;

	for (unsigned lag = PITCH_MIN; lag <= CONCEALMENT_PITCH_MAX; lag++) {
		uint32_t difference = 0;

		for (unsigned i = 0; i < SPAN; i++) {
			int32_t step = recent[i] - *(recent + i - lag);

			difference += (uint32_t)(step < 0 ? -step : step);
		}
		if (difference < best) {
			best = difference;
			pitch = lag;
		}
	}
	return pitch;
}

static int16_t next_synthetic(struct concealment *concealment)
{
	int32_t sample = concealment->history[CONCEALMENT_HISTORY - concealment->pitch + concealment->offset];
	int32_t left = concealment->missing < FADE ? (int32_t)(FADE - concealment->missing) : 0;

	concealment->offset = (concealment->offset + 1) % concealment->pitch;
	concealment->missing++;
	return (int16_t)(sample * left / FADE);
}

static void remember(struct concealment *concealment, const int16_t *samples, unsigned count)
{
	if (count >= CONCEALMENT_HISTORY) {
		memcpy(concealment->history, samples + count - CONCEALMENT_HISTORY, sizeof(concealment->history));
		return;
	}
	memmove(concealment->history, concealment->history + count, (CONCEALMENT_HISTORY - count) * sizeof(*samples));
	memcpy(concealment->history + CONCEALMENT_HISTORY - count, samples, count * sizeof(*samples));
}

void concealment_good(struct concealment *concealment, int16_t *samples, unsigned count)
{
	if (concealment->missing) {
		for (unsigned i = 0; i < count && i < BLEND; i++)
			samples[i] = (int16_t)((samples[i] * (int32_t)i +
						next_synthetic(concealment) * (int32_t)(BLEND - i)) / BLEND);
		concealment->missing = 0;
	}
	remember(concealment, samples, count);
}

void concealment_fill(struct concealment *concealment, int16_t *samples, unsigned count)
{
	if (!concealment->missing) {
		concealment->pitch = find_pitch(concealment->history);
		concealment->offset = 0;
	} else if (concealment->missing >= FADE) {
		memset(samples, 0, count * sizeof(*samples));
		return;
	}
	for (unsigned i = 0; i < count; i++)
		samples[i] = next_synthetic(concealment);
}

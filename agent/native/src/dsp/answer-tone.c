#include "dsp/answer-tone.h"
#include "dsp/goertzel.h"
#include "dsp/level.h"

#define HZ 2100
#define PERIOD 80
#define SHARE 0.7             /* of a frame's energy; 20 % of modulation takes little of it away */
#define LEVEL (-430)          /* tenths of dBm0 */
#define MISSED_MAX 2          /* frames: a reversed phase spoils one */

void answer_tone_flatten(struct answer_tone *tone, int16_t *audio)
{
	double energy = frame_energy(audio), at = goertzel_energy(audio, HZ);
	bool sounds = at > SHARE * energy && at > (double)level_mean_square(LEVEL);

	if (sounds && energy > (double)tone->level)
		tone->level = (float)energy;
	tone->missed = sounds ? 0 : tone->missed + 1;
	/* What is as loud in between is the tone with its phase turned; anything fainter is its end. */
	if (tone->level == 0.0f || tone->missed > MISSED_MAX || energy < (double)tone->level / 4) {
		tone->level = 0.0f;
		return;
	}
	for (int i = 0; i < TN_FRAME; i++, tone->phase = (tone->phase + 1) % PERIOD)
		audio[i] = level_clip(sqrtf(2.0f * tone->level) *
				      (float)sin(2.0 * M_PI * HZ * tone->phase / TN_RATE));
}

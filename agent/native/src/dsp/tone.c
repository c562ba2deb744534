#include "dsp/tone.h"
#include "dsp/level.h"
#include "engine.h"

#define LOWEST_LEVEL (-700) /* tenths of dBm0: below the idle noise of G.711 */

bool tone_valid(const struct tn_tone *tone)
{
	uint64_t duration = 0;

	if (tone->segments < 1 || tone->segments > TN_TONE_SEGMENTS)
		return false;
	for (uint32_t i = 0; i < tone->segments; i++) {
		const struct tn_tone_segment *segment = &tone->segment[i];

		for (int k = 0; k < 2; k++)
			if (segment->frequency[k] >= TN_RATE / 2 ||
			    (segment->frequency[k] && (segment->level[k] > 0 || segment->level[k] < LOWEST_LEVEL)))
				return false;
		duration += segment->duration_ms;
		if (segment->duration_ms == 0)
			return tone->repeat == 0 || i + 1 == tone->segments; /* what follows a lasting segment is never heard */
	}
	return duration > 0;
}

static void enter(struct tone_player *player, uint32_t index)
{
	const struct tn_tone_segment *segment = &player->tone.segment[index];

	player->segment = index;
	player->left = (uint64_t)segment->duration_ms * (TN_RATE / 1000);
	for (int k = 0; k < 2; k++) {
		player->step[k] = (uint32_t)(((uint64_t)segment->frequency[k] << 32) / TN_RATE);
		player->amplitude[k] = segment->frequency[k] ? level_amplitude(segment->level[k]) : 0.0f;
	}
}

void tone_start(struct tone_player *player, const struct tn_tone *tone)
{
	player->tone = *tone;
	player->plays = 0;
	player->playing = true;
	enter(player, 0);
}

void tone_stop(struct tone_player *player)
{
	player->playing = false;
}

/* Goes to the next segment; false when the last repetition is over. */
static bool advance(struct tone_player *player)
{
	if (player->segment + 1 < player->tone.segments) {
		enter(player, player->segment + 1);
		return true;
	}
	player->plays++;
	if (player->tone.repeat && player->plays >= player->tone.repeat)
		return false;
	enter(player, 0);
	return true;
}

static void add_sines(struct tone_player *player, int16_t *audio, size_t count)
{
	const float turn = 6.28318530718f / 4294967296.0f;

	for (size_t i = 0; i < count; i++) {
		float sample = (float)audio[i];

		for (int k = 0; k < 2; k++) {
			sample += player->amplitude[k] * sinf((float)player->phase[k] * turn);
			player->phase[k] += player->step[k];
		}
		audio[i] = level_clip(sample);
	}
}

bool tone_mix(struct tone_player *player, int16_t *audio, size_t count)
{
	while (player->playing && count > 0) {
		bool lasting = player->tone.segment[player->segment].duration_ms == 0;
		size_t now = lasting || player->left > count ? count : (size_t)player->left;

		if (player->amplitude[0] > 0.0f || player->amplitude[1] > 0.0f)
			add_sines(player, audio, now);
		audio += now;
		count -= now;
		if (lasting)
			continue;
		player->left -= now;
		if (player->left == 0 && !advance(player)) {
			player->playing = false;
			return true;
		}
	}
	return false;
}

#include "dsp/tone.h"
#include "dsp/level.h"
#include "engine.h"

#define LOWEST_LEVEL (-700) /* tenths of dBm0: below the idle noise of G.711 */

static uint32_t frequency_of(const struct tn_tone *tone, uint32_t segment, int k)
{
	return k < 2 ? tone->segment[segment].frequency[k] : tone->more[segment].frequency[k - 2];
}

static int32_t level_in(const struct tn_tone *tone, uint32_t segment, int k)
{
	return k < 2 ? tone->segment[segment].level[k] : tone->more[segment].level[k - 2];
}

static bool segment_valid(const struct tn_tone *tone, uint32_t segment)
{
	for (int k = 0; k < TONE_FREQUENCIES; k++) {
		uint32_t frequency = frequency_of(tone, segment, k);
		int32_t level = level_in(tone, segment, k);

		if (frequency >= TN_RATE / 2 || (frequency && (level > 0 || level < LOWEST_LEVEL)))
			return false;
	}
	return true;
}

bool tone_valid(const struct tn_tone *tone)
{
	uint64_t duration = 0;

	if (tone->segments < 1 || tone->segments > TN_TONE_SEGMENTS || tone->lead >= tone->segments ||
	    (tone->lead > 0) != (tone->lead_plays > 0))
		return false;
	for (uint32_t i = 0; i < tone->segments; i++) {
		if (!segment_valid(tone, i))
			return false;
		if (i >= tone->lead)
			duration += tone->segment[i].duration_ms;
		if (tone->segment[i].duration_ms == 0)
			return tone->repeat == 0 || i + 1 == tone->segments; /* what follows a lasting segment is never heard */
	}
	return duration > 0;
}

static void enter(struct tone_player *player, uint32_t index)
{
	player->segment = index;
	player->left = (uint64_t)player->tone.segment[index].duration_ms * (TN_RATE / 1000);
	player->sines = 0;
	for (int k = 0; k < TONE_FREQUENCIES; k++) {
		uint32_t frequency = frequency_of(&player->tone, index, k);

		if (!frequency)
			continue;
		player->step[player->sines] = (uint32_t)(((uint64_t)frequency << 32) / TN_RATE);
		player->amplitude[player->sines++] = level_amplitude(level_in(&player->tone, index, k));
	}
}

void tone_start(struct tone_player *player, const struct tn_tone *tone)
{
	player->tone = *tone;
	player->plays = player->leads = 0;
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
	const struct tn_tone *tone = &player->tone;
	uint32_t next = player->segment + 1;

	if (next == tone->lead && ++player->leads < tone->lead_plays)
		next = 0;
	if (next < tone->segments) {
		enter(player, next);
		return true;
	}
	player->plays++;
	if (tone->repeat && player->plays >= tone->repeat)
		return false;
	enter(player, tone->lead);
	return true;
}

static void add_sines(struct tone_player *player, int16_t *audio, size_t count)
{
	const float turn = 6.28318530718f / 4294967296.0f;

	for (size_t i = 0; i < count; i++) {
		float sample = (float)audio[i];

		for (unsigned k = 0; k < player->sines; k++) {
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

		if (player->sines)
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

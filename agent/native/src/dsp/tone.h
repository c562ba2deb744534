/* Tone player: the segments of a tn_tone as audio. */
#ifndef TN_DSP_TONE_H
#define TN_DSP_TONE_H

#include "tonalite.h"
#include <stdbool.h>
#include <stddef.h>

#define TONE_FREQUENCIES 4

struct tone_player {
	bool playing;
	struct tn_tone tone;
	uint32_t segment;
	uint32_t plays;      /* times what follows the lead has been played */
	uint32_t leads;      /* times the lead has been */
	uint64_t left;       /* samples of the segment still to play; meaningless when it lasts for ever */
	unsigned sines;      /* sounding now */
	uint32_t phase[TONE_FREQUENCIES]; /* 2^32 = one turn; never reset, so a change of tone makes no click of its own */
	uint32_t step[TONE_FREQUENCIES];
	float amplitude[TONE_FREQUENCIES];
};

/* Whether a tone can be played: frequencies below half the sampling rate, levels −70 … 0 dBm0, an end when repeated. */
bool tone_valid(const struct tn_tone *tone);
void tone_start(struct tone_player *player, const struct tn_tone *tone);
void tone_stop(struct tone_player *player);
/* Adds the next `count` samples to `audio`; true when the tone played out for the last time within them. */
bool tone_mix(struct tone_player *player, int16_t *audio, size_t count);

#endif

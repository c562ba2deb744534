/* Comfort noise (RFC 3389): what a far end that stays silent sounds like, and how silence of ours is told. Pure. */
#ifndef TN_VOICE_COMFORT_H
#define TN_VOICE_COMFORT_H

#include "../engine.h"

#include <stdbool.h>
#include <stddef.h>

#define COMFORT_TYPE 13           /* RFC 3551 table 4, for clocks of 8 kHz */
#define COMFORT_ORDER 10          /* coefficients of the spectrum that are used */

/* Noise that is being made; all zeros: none. */
struct comfort {
	bool on;
	float gain;
	float reflection[COMFORT_ORDER], state[COMFORT_ORDER + 1];
	unsigned order;
	uint32_t seed;
};

/* The far end's level and spectrum, as they came. An empty payload changes nothing. */
void comfort_take(struct comfort *comfort, const uint8_t *payload, size_t length);
/* The next frame of noise. */
void comfort_fill(struct comfort *comfort, int16_t samples[TN_FRAME]);

/* What is to be sent of a frame. */
enum comfort_word { COMFORT_SOUND, COMFORT_LEVEL, COMFORT_NOTHING };

/* Tells speech from silence; all zeros: nothing heard yet. */
struct comfort_judge {
	bool begun;
	float floor_db, level_db;      /* dBov: of the noise between words; of what is told */
	unsigned hold, quiet;          /* frames: that still count as speech; since the level was told */
	uint8_t told;
};

/* `level`: what to tell of a COMFORT_LEVEL, 0 … 127 below 0 dBov. */
enum comfort_word comfort_judge(struct comfort_judge *judge, const int16_t samples[TN_FRAME], uint8_t *level);

#endif

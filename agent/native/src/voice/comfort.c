#include "comfort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FULL_SCALE 32767.0f       /* RFC 3389 §3: 0 dBov is a square wave of it */
#define LEVEL_MAX 127
#define SPEECH_DB 8               /* above the noise floor */
#define FLOOR_FIRST -55.0f
#define FLOOR_LOWEST -80.0f
#define FLOOR_HIGHEST -40.0f      /* what is louder is nobody's silence */
#define FLOOR_FALL 0.25f          /* of the way, a frame */
#define FLOOR_RISE_DB 0.04f       /* a frame: 2 dB a second */
#define HOLD_FRAMES 15            /* the ends of words are soft */
#define TOLD_FRAMES 50            /* a second: the level again, and the ways through NATs stay open */
#define CHANGE_FRAMES 10
#define CHANGE_DB 4

void comfort_take(struct comfort *comfort, const uint8_t *payload, size_t length)
{
	float energy = 1;

	if (!length)
		return;
	comfort->on = true;
	comfort->order = 0;
	for (size_t i = 1; i < length && comfort->order < COMFORT_ORDER && payload[i] != 0xff; i++) {
		float reflection = ((float)payload[i] - 127) / 128;

		comfort->reflection[comfort->order++] = reflection;
		energy *= 1 - reflection * reflection;
	}
	/* The level is that of the noise, not of what goes into the filter. Even noise of a width of 2 has the power 1/3. */
	comfort->gain = FULL_SCALE * powf(10, -(float)(payload[0] & LEVEL_MAX) / 20) * sqrtf(3 * energy);
}

/* A number between -1 and 1. */
static float random_of(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (float)(int32_t)*seed / 2147483648.0f;
}

/* All-pole lattice filter: the spectrum of the far end's room. */
static float shape(struct comfort *comfort, float excitation)
{
	float *state = comfort->state;

	for (unsigned i = comfort->order; i > 0; i--) {
		excitation -= comfort->reflection[i - 1] * state[i - 1];
		state[i] = state[i - 1] + comfort->reflection[i - 1] * excitation;
	}
	state[0] = excitation;
	return excitation;
}

void comfort_fill(struct comfort *comfort, int16_t samples[TN_FRAME])
{
	for (int i = 0; i < TN_FRAME; i++) {
		float value = shape(comfort, comfort->gain * random_of(&comfort->seed));

		samples[i] = (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : lrintf(value));
	}
}

static float level_db(const int16_t samples[TN_FRAME])
{
	float sum = 1;

	for (int i = 0; i < TN_FRAME; i++)
		sum += (float)samples[i] * (float)samples[i];
	return 10 * log10f(sum / TN_FRAME / (FULL_SCALE * FULL_SCALE));
}

static void follow_floor(struct comfort_judge *judge, float now)
{
	if (!judge->begun) {
		judge->begun = true;
		judge->hold = HOLD_FRAMES;
		judge->floor_db = FLOOR_FIRST;
		judge->level_db = FLOOR_FIRST;
	}
	if (now < judge->floor_db)
		judge->floor_db += (now - judge->floor_db) * FLOOR_FALL;
	else
		judge->floor_db += FLOOR_RISE_DB;
	judge->floor_db = fminf(fmaxf(judge->floor_db, FLOOR_LOWEST), FLOOR_HIGHEST);
}

enum comfort_word comfort_judge(struct comfort_judge *judge, const int16_t samples[TN_FRAME], uint8_t *level)
{
	float now = level_db(samples);
	bool changed;

	follow_floor(judge, now);
	if (now > judge->floor_db + SPEECH_DB) {
		judge->hold = HOLD_FRAMES;
		judge->quiet = 0;
		return COMFORT_SOUND;
	}
	judge->level_db += (now - judge->level_db) / 4;
	if (judge->hold) {
		judge->hold--;
		return COMFORT_SOUND;
	}
	*level = (uint8_t)fminf(fmaxf(-judge->level_db, 0), LEVEL_MAX);
	changed = abs(*level - judge->told) >= CHANGE_DB && judge->quiet >= CHANGE_FRAMES;
	if (judge->quiet++ && !changed && judge->quiet <= TOLD_FRAMES)
		return COMFORT_NOTHING;
	judge->quiet = 1;
	judge->told = *level;
	return COMFORT_LEVEL;
}

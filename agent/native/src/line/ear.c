#include "line/ear.h"
#include "dsp/level.h"
#include "engine.h"
#include "line/ear-caller.h"

#include <errno.h>
#include <spandsp.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 40                    /* 5 ms: the resolution of the envelope; 200 Hz still has a whole turn in it */
#define BLOCK_MS 5
#define ACTIVE_LEVEL (-480)         /* tenths of dBm0; the idle noise of A-law is near −660 */
#define DEBOUNCE_MS 15              /* shorter sounds and silences do not end a run of a tone */
#define WINDOW_MIN 240              /* 30 ms: too short for anything below */
#define PURITY_MIN 0.7f             /* below: speech, noise or music */
#define SAME_HZ 12.0f               /* or 2 %: taken for the same tone */
#define SILENCE_UNKNOWN_MS 1000     /* a tone without known cadence is not heard any more after this */
#define SILENCE_FORGET_MS 12000     /* its cadence may still turn out to be longer: call waiting pauses for 10 s */
#define CAPTURE_MS 6000             /* how long after a ring caller ID may come; longer than any pause of a cadence */
#define DTMF_TAIL_MS 60
#define ATTENTION_MS 1500           /* acknowledgement, pause and the longest message in a call */

static void on_digits(void *user, const char *digits, int count)
{
	struct ear *ear = user;

	for (int i = 0; i < count; i++) {
		if (!ear->listening)
			ear_caller_digit(ear, digits[i]);
		else if (ear->digit_count < EAR_DIGITS_MAX)
			ear->digits[ear->digit_count++] = digits[i];
	}
	ear->digits[ear->digit_count] = '\0';
}

int ear_open(struct ear *ear)
{
	*ear = (struct ear){ .lamp = -1 };
	ear->dtmf = dtmf_rx_init(NULL, on_digits, ear);
	if (!ear->dtmf || ear_caller_open(ear)) {
		ear_close(ear);
		return -ENOMEM;
	}
	return 0;
}

void ear_close(struct ear *ear)
{
	if (ear->dtmf)
		dtmf_rx_free(ear->dtmf);
	ear->dtmf = NULL;
	ear_caller_close(ear);
}

static void forget_tone(struct ear_tone *tone)
{
	tone->known = tone->exact = tone->measured = false;
	tone->filled = 0;
	cadence_clear(&tone->cadence);
}

void ear_forget(struct ear *ear)
{
	memset(&ear->audio, 0, sizeof(ear->audio));
	forget_tone(&ear->tone);
	ear->digit_count = ear->cid_count = 0;
	ear->digits[0] = '\0';
	ear->caller.known = false;
	ear->lamp = -1;
}

static double mean_square(const int16_t *audio, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (double)audio[i] * (double)audio[i];
	return sum / (double)count;
}

static void hear_activity(struct ear_audio *audio, bool active, double energy)
{
	audio->heard_ms += BLOCK_MS;
	if (active) {
		if (audio->active_ms > 0 && audio->gap_ms > audio->longest_gap_ms)
			audio->longest_gap_ms = audio->gap_ms;
		audio->gap_ms = 0;
		audio->active_ms += BLOCK_MS;
		audio->energy += energy;
	} else {
		audio->gap_ms += BLOCK_MS;
	}
}

static bool same_tone(const struct spectrum *a, const struct spectrum *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++) {
		float apart = fabsf(a->frequency[i] - b->frequency[i]);

		if (apart > SAME_HZ && apart > a->frequency[i] * 0.02f)
			return false;
	}
	return true;
}

static void measure(struct ear_tone *tone)
{
	struct spectrum now;

	spectrum_measure(tone->window, tone->filled, &now);
	if (now.purity < PURITY_MIN || now.count == 0) {
		forget_tone(tone);
		return;
	}
	if (!now.steady) { /* between two tones: look again from the middle on */
		tone->filled /= 2;
		memmove(tone->window, tone->window + tone->filled, tone->filled * sizeof(tone->window[0]));
		return;
	}
	tone->filled = 0;
	if (tone->known && !same_tone(&tone->spectrum, &now)) {
		/* Another tone: its cadence starts anew, and a change within a run leaves that run's beginning unknown. */
		bool exact = tone->exact && !tone->measured;

		forget_tone(tone);
		tone->exact = exact;
	}
	tone->spectrum = now;
	tone->known = tone->measured = true;
}

/* Whether the tone is heard now: it sounds, or pauses no longer than its cadence has shown so far. */
static bool heard_now(const struct ear_tone *tone)
{
	uint32_t pattern[CADENCE_PATTERN], longest = 0;
	unsigned length = cadence_pattern(&tone->cadence, pattern);

	if (!tone->known || tone->sounding)
		return tone->known;
	if (length == 0)
		return tone->run_ms <= SILENCE_UNKNOWN_MS;
	for (unsigned i = 1; i < length; i += 2)
		if (pattern[i] > longest)
			longest = pattern[i];
	return tone->run_ms <= longest + longest / 10 + 100;
}

static void end_run(struct ear_tone *tone)
{
	uint32_t ended_ms = tone->run_ms - tone->other_ms;

	if (tone->sounding && !tone->measured && tone->filled >= WINDOW_MIN)
		measure(tone);
	if (!tone->exact)
		cadence_clear(&tone->cadence);
	else if (tone->known)
		cadence_push(&tone->cadence, tone->sounding, ended_ms);
	tone->run_ms = tone->other_ms;
	tone->other_ms = 0;
	tone->sounding = !tone->sounding;
	tone->exact = true;
	if (tone->sounding) {
		tone->measured = false;
		tone->filled = 0;
		tone->energy = 0;
		tone->energy_steps = 0;
	}
}

/* A sound that outlasts the longest of its cadence is another tone, or the lasting part after a stutter. */
static void end_cadence(struct ear_tone *tone)
{
	uint32_t longest = 0;

	for (unsigned i = 0; i < tone->cadence.count; i += 2)
		if (tone->cadence.run_ms[i] > longest)
			longest = tone->cadence.run_ms[i];
	if (longest > 0 && tone->run_ms > longest + longest / 10 + 100)
		cadence_clear(&tone->cadence);
}

static void hear_tone(struct ear_tone *tone, const int16_t *block, bool active, double energy)
{
	tone->run_ms += BLOCK_MS;
	tone->other_ms = active == tone->sounding ? 0 : tone->other_ms + BLOCK_MS;
	if (tone->other_ms >= DEBOUNCE_MS)
		end_run(tone);
	if (tone->sounding && tone->other_ms == 0)
		end_cadence(tone);
	if (tone->sounding && active) {
		tone->energy += energy;
		tone->energy_steps++;
		tone->level = level_of(tone->energy / tone->energy_steps);
		memcpy(tone->window + tone->filled, block, BLOCK * sizeof(*block));
		tone->filled += BLOCK;
		if (tone->filled + BLOCK > SPECTRUM_MAX)
			measure(tone);
	} else if (!tone->sounding && tone->known && tone->run_ms > SILENCE_FORGET_MS) {
		forget_tone(tone);
	}
}

static void listen(struct ear *ear, const int16_t *audio)
{
	bool any = false;

	for (size_t i = 0; i < TN_FRAME; i += BLOCK) {
		double energy = mean_square(audio + i, BLOCK);
		bool active = energy > (double)level_mean_square(ACTIVE_LEVEL);

		any = any || active;
		hear_activity(&ear->audio, active, energy);
		hear_tone(&ear->tone, audio + i, active, energy);
	}
	/* The DTMF detector runs while there is sound, and on until it has seen the end of a digit. */
	if (any)
		ear->dtmf_tail_ms = DTMF_TAIL_MS;
	if (ear->dtmf_tail_ms > 0) {
		dtmf_rx(ear->dtmf, audio, TN_FRAME);
		ear->dtmf_tail_ms -= ear->dtmf_tail_ms < 20 ? ear->dtmf_tail_ms : 20;
	}
}

void ear_alerted(struct ear *ear)
{
	ear->pause_left_ms = CAPTURE_MS;
	ear_caller_restart(ear);
}

bool ear_attentive(const struct ear *ear)
{
	return ear->attention_ms > 0;
}

/* In a call: asked to listen, the telephone acknowledges and takes the data instead of the far end. */
static void listen_in_call(struct ear *ear, const int16_t *audio)
{
	if (alert_heard(&ear->alert, audio)) {
		ear->asked = true;
		ear->attention_ms = ATTENTION_MS;
		ear->caller.fresh = false;
		ear_caller_restart(ear);
	}
	if (ear->attention_ms == 0) {
		listen(ear, audio);
		return;
	}
	ear_caller_hear(ear, audio);
	ear->attention_ms -= ear->attention_ms < 20 ? ear->attention_ms : 20;
	if (ear->caller.fresh)
		ear->attention_ms = 0;
}

static void listen_on_hook(struct ear *ear, const int16_t *audio, bool bell)
{
	if (bell || alert_heard(&ear->alert, audio)) {
		ear_alerted(ear);
	} else if (ear->pause_left_ms > 0) {
		ear->pause_left_ms -= 20;
		ear_caller_hear(ear, audio);
		dtmf_rx(ear->dtmf, audio, TN_FRAME);
	}
}

void ear_hear(struct ear *ear, const int16_t *audio, bool lifted, bool bell)
{
	if (lifted != ear->listening) {
		ear->listening = lifted;
		ear->pause_left_ms = ear->attention_ms = 0;
		ear->asked = false;
		ear->tone.sounding = false;
		ear->tone.run_ms = ear->tone.other_ms = 0;
		forget_tone(&ear->tone);
		dtmf_rx_init(ear->dtmf, on_digits, ear);
	}
	if (lifted)
		listen_in_call(ear, audio);
	else
		listen_on_hook(ear, audio, bell);
}

static int report_tone(const struct ear_tone *tone, char *json, size_t capacity)
{
	uint32_t pattern[CADENCE_PATTERN];
	unsigned length = cadence_pattern(&tone->cadence, pattern);
	char frequencies[SPECTRUM_TONES * 12] = "", cadence[CADENCE_PATTERN * 12] = "";
	size_t at = 0;

	if (!heard_now(tone))
		return snprintf(json, capacity, "\"tone\":null");
	for (unsigned i = 0; i < tone->spectrum.count; i++)
		at += (size_t)snprintf(frequencies + at, sizeof(frequencies) - at, i ? ",%.1f" : "%.1f",
				       (double)tone->spectrum.frequency[i]);
	at = 0;
	for (unsigned i = 0; i < length && at < sizeof(cadence); i++)
		at += (size_t)snprintf(cadence + at, sizeof(cadence) - at, i ? ",%u" : "%u", pattern[i]);
	return snprintf(json, capacity, "\"tone\":{\"frequencies\":[%s],\"cadence\":[%s],\"level\":%d}", frequencies, cadence,
			tone->level);
}

int ear_report(const struct ear *ear, char *json, size_t capacity)
{
	const struct ear_audio *audio = &ear->audio;
	char tone[256], caller[512];

	report_tone(&ear->tone, tone, sizeof(tone));
	ear_caller_report(ear, caller, sizeof(caller));
	return snprintf(json, capacity,
			"%s,\"digits\":\"%s\",%s,\"lamp\":%s,\"audio\":{\"heardMs\":%llu,\"activeMs\":%llu,\"longestGapMs\":%llu,\"level\":%d}",
			tone, ear->digits, caller, ear->lamp < 0 ? "null" : ear->lamp ? "true" : "false", (unsigned long long)audio->heard_ms, (unsigned long long)audio->active_ms,
			(unsigned long long)audio->longest_gap_ms,
			audio->active_ms ? level_of(audio->energy * BLOCK_MS / (double)audio->active_ms) : LEVEL_FLOOR);
}

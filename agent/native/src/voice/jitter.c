#include "jitter.h"

#include <string.h>

#define WINDOW_STEPS 100          /* 2 s between two tries to shorten the delay */
#define DRY_STEPS_MAX 10          /* 200 ms without sound: a pause, what follows starts anew */
#define STILL_SAMPLES (100 * TN_RATE / 1000) /* delay under modems: more than what a network usually adds */
#define MASK (JITTER_SPAN - 1)

static int32_t rounded_up(int32_t samples)
{
	return (samples + TN_FRAME - 1) / TN_FRAME * TN_FRAME;
}

static void window_begin(struct jitter *jitter)
{
	jitter->window = WINDOW_STEPS;
	jitter->margin = INT32_MAX;
}

static uint32_t still_delay(const struct jitter *jitter)
{
	uint32_t delay = STILL_SAMPLES > jitter->minimum ? STILL_SAMPLES : jitter->minimum;

	return delay < jitter->maximum ? delay : jitter->maximum;
}

static void start_at(struct jitter *jitter, uint32_t timestamp)
{
	memset(jitter->filled, 0, sizeof(jitter->filled));
	jitter->started = true;
	jitter->next = timestamp - (jitter->still ? still_delay(jitter) : jitter->minimum);
	jitter->end = timestamp;
	jitter->hold = 0;
	jitter->dry = 0;
	window_begin(jitter);
}

void jitter_open(struct jitter *jitter, uint32_t minimum_ms, uint32_t maximum_ms)
{
	memset(jitter, 0, sizeof(*jitter));
	concealment_open(&jitter->concealment);
	jitter->minimum = minimum_ms * (TN_RATE / 1000);
	jitter->maximum = maximum_ms * (TN_RATE / 1000);
}

static void skip(struct jitter *jitter, int32_t samples)
{
	for (int32_t i = 0; i < samples; i++)
		jitter->filled[(jitter->next + (uint32_t)i) & MASK] = 0;
	jitter->next += (uint32_t)samples;
}

/* A packet came `missed` samples after its time: wait that much longer from now on, as far as the delay may grow. */
static void grow(struct jitter *jitter, int32_t missed)
{
	int32_t depth = (int32_t)(jitter->end - jitter->next);
	int32_t room = (int32_t)jitter->maximum - (depth > 0 ? depth : 0);
	int32_t wanted = rounded_up(missed);

	if (wanted > room)
		wanted = room > 0 ? room / TN_FRAME * TN_FRAME : 0;
	if (wanted > jitter->hold)
		jitter->hold = wanted;
}

void jitter_put(struct jitter *jitter, uint32_t timestamp, const int16_t *samples, unsigned count)
{
	int32_t margin = (int32_t)(timestamp - jitter->next);
	int32_t over;

	if (count > JITTER_PACKET_MAX)
		count = JITTER_PACKET_MAX;
	if (!jitter->started || jitter->dry > DRY_STEPS_MAX || margin > JITTER_SPAN / 2 || margin < -JITTER_SPAN / 2) {
		start_at(jitter, timestamp);
		margin = (int32_t)jitter->minimum;
	}
	jitter->excused = jitter->comfort.on = false;
	if (margin < 0) {
		jitter->late++;
		grow(jitter, -margin);
	}
	if (margin < jitter->margin)
		jitter->margin = margin;
	for (unsigned i = 0; i < count; i++) {
		uint32_t at = timestamp + i;

		if ((int32_t)(at - jitter->next) < 0)
			continue;
		jitter->sample[at & MASK] = samples[i];
		jitter->filled[at & MASK] = 1;
	}
	if ((int32_t)(timestamp + count - jitter->end) > 0)
		jitter->end = timestamp + count;
	over = (int32_t)(jitter->end - jitter->next) - (int32_t)(jitter->maximum + count);
	if (over > 0)
		skip(jitter, rounded_up(over));
}

void jitter_hold_still(struct jitter *jitter, bool on)
{
	int32_t missing = (int32_t)still_delay(jitter) - (int32_t)(jitter->end - jitter->next);

	jitter->still = on;
	if (on && jitter->started && missing > 0)
		grow(jitter, missing);
}

void jitter_excuse(struct jitter *jitter)
{
	jitter->excused = true;
}

void jitter_comfort(struct jitter *jitter, uint32_t timestamp, const uint8_t *payload, size_t length)
{
	if (!jitter->started)
		start_at(jitter, timestamp);
	jitter->excused = true;
	comfort_take(&jitter->comfort, payload, length);
}

/* Packets had more time than they needed for a whole window: give one frame of delay back. */
static void shrink_when_idle(struct jitter *jitter)
{
	if (jitter->window-- > 0)
		return;
	if (!jitter->still && jitter->margin != INT32_MAX && jitter->margin >= (int32_t)jitter->minimum + TN_FRAME)
		skip(jitter, TN_FRAME);
	window_begin(jitter);
}

/* Length of the run from `at` that is all there or all missing. */
static unsigned run_length(const struct jitter *jitter, unsigned at)
{
	uint8_t filled = jitter->filled[(jitter->next + at) & MASK];
	unsigned length = 1;

	while (at + length < TN_FRAME && jitter->filled[(jitter->next + at + length) & MASK] == filled)
		length++;
	return length;
}

static void count_dryness(struct jitter *jitter)
{
	if ((int32_t)(jitter->end - jitter->next) > 0) {
		jitter->dry = 0;
		return;
	}
	if (jitter->dry++ == 0 && !jitter->excused)
		jitter->underruns++;
}

uint32_t jitter_delay_ms(const struct jitter *jitter)
{
	return jitter->steps ? (uint32_t)(jitter->waited / jitter->steps / (TN_RATE / 1000)) : 0;
}

bool jitter_get(struct jitter *jitter, int16_t out[TN_FRAME])
{
	if (!jitter->started) {
		memset(out, 0, TN_FRAME * sizeof(*out));
		return false;
	}
	if (jitter->hold >= TN_FRAME) {
		jitter->hold -= TN_FRAME;
		concealment_fill(&jitter->concealment, out, TN_FRAME);
		return true;
	}
	shrink_when_idle(jitter);
	count_dryness(jitter);
	jitter->steps++;
	if ((int32_t)(jitter->end - jitter->next) > 0)
		jitter->waited += jitter->end - jitter->next;
	if (jitter->dry && jitter->comfort.on) {
		comfort_fill(&jitter->comfort, out);
		concealment_good(&jitter->concealment, out, TN_FRAME);
		skip(jitter, TN_FRAME);
		return true;
	}
	for (unsigned at = 0; at < TN_FRAME;) {
		unsigned length = run_length(jitter, at);

		if (jitter->filled[(jitter->next + at) & MASK]) {
			for (unsigned i = 0; i < length; i++)
				out[at + i] = jitter->sample[(jitter->next + at + i) & MASK];
			concealment_good(&jitter->concealment, out + at, length);
		} else {
			concealment_fill(&jitter->concealment, out + at, length);
		}
		at += length;
	}
	skip(jitter, TN_FRAME);
	return true;
}

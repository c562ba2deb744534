#include "line/burst.h"
#include "dsp/alert.h"
#include "engine.h"

#include <string.h>

/* EN 300 659-1 §6.1.3: the alert starts at least 100 ms after the reversal. */
#define REVERSED_MS 120
/* §5.2.1: 100 ± 10 ms on-hook. */
#define ALERT_MS 100
/* §5.2.2: a ring pulse lasts 200 … 300 ms, and the data starts 500 … 800 ms after it. */
#define RING_PULSE_MS 240
#define AFTER_RING_PULSE_MS 600
/* §6.1.2, §6.1.3: 200 ms at least between the data and a ring. */
#define GUARD_MS 200

void burst_start(struct burst *burst, uint32_t alert, uint32_t delay_ms)
{
	burst->delay_ms = alert == TN_ALERT_RP_AS ? AFTER_RING_PULSE_MS : delay_ms;
	burst->reversed = false;
	burst->left_ms = 0;
	burst->phase = alert == TN_ALERT_LR_DT_AS ? BURST_REVERSED
		       : alert == TN_ALERT_RP_AS  ? BURST_RING_PULSE
		       : alert == TN_ALERT_DT_AS  ? BURST_ALERT
						  : BURST_DELAY;
	if (burst->phase == BURST_ALERT)
		alert_start(&burst->alert, ALERT_MS);
	if (burst->phase == BURST_DELAY)
		burst->left_ms = (int32_t)delay_ms;
}

bool burst_stop(struct burst *burst)
{
	bool reversed = burst->reversed;

	burst->phase = BURST_IDLE;
	burst->reversed = false;
	return reversed;
}

bool burst_busy(const struct burst *burst)
{
	return burst->phase != BURST_IDLE;
}

static void delay(struct burst *burst)
{
	burst->phase = BURST_DELAY;
	burst->left_ms = (int32_t)burst->delay_ms;
}

static void step_reversed(struct burst *burst, uint32_t ms, struct burst_step *step)
{
	if (!burst->reversed) {
		burst->reversed = step->reverse = true;
		burst->left_ms = REVERSED_MS;
	}
	burst->left_ms -= (int32_t)ms;
	if (burst->left_ms > 0)
		return;
	burst->phase = BURST_ALERT;
	alert_start(&burst->alert, ALERT_MS);
}

static void step_ring_pulse(struct burst *burst, uint32_t ms, struct burst_step *step)
{
	if (burst->left_ms <= 0) {
		step->bell_on = true;
		burst->left_ms = RING_PULSE_MS;
		return;
	}
	burst->left_ms -= (int32_t)ms;
	if (burst->left_ms > 0)
		return;
	step->bell_off = true;
	delay(burst);
}

static void step_sending(struct burst *burst, int16_t *audio, struct burst_step *step)
{
	if (!caller_id_step(&burst->sender, audio, TN_FRAME))
		return;
	step->sent = true;
	burst->phase = BURST_GUARD;
	burst->left_ms = GUARD_MS;
}

struct burst_step burst_step(struct burst *burst, uint32_t ms, int16_t *audio)
{
	struct burst_step step = { 0 };

	memset(audio, 0, TN_FRAME * sizeof(*audio));
	if (burst->phase == BURST_DELAY && burst->left_ms <= 0)
		burst->phase = BURST_SENDING;
	switch (burst->phase) {
	case BURST_IDLE:
		break;
	case BURST_REVERSED:
		step_reversed(burst, ms, &step);
		break;
	case BURST_RING_PULSE:
		step_ring_pulse(burst, ms, &step);
		break;
	case BURST_ALERT:
		if (tone_mix(&burst->alert, audio, TN_FRAME))
			delay(burst);
		break;
	case BURST_DELAY:
		burst->left_ms -= (int32_t)ms;
		break;
	case BURST_SENDING:
		step_sending(burst, audio, &step);
		break;
	case BURST_GUARD:
		burst->left_ms -= (int32_t)ms;
		if (burst->left_ms <= 0)
			step.restore = burst_stop(burst);
		break;
	}
	return step;
}

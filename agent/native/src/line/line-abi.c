/* The line calls of the ABI: check, then change the line under its lock. */
#include "args.h"
#include "dsp/level.h"
#include "line/line.h"

#define FLASH_LIMIT_MS 5000
#define OFFHOOK_LIMIT_MS 1000
#define PULSE_GAP_LIMIT_MS 2000
#define METER_MIN_MS 50
#define METER_MAX_MS 500
#define GAIN_MIN (-300) /* tenths of dB */
#define GAIN_MAX 120
#define LAMP_DELAY_LIMIT_MS 2000
#define LAMP_RING_HZ 25 /* of the short ring that may announce it: every country's bells take it */

static bool gain_valid(int32_t gain)
{
	return gain >= GAIN_MIN && gain <= GAIN_MAX;
}

static bool pulses_valid(const struct tn_line_setup *setup)
{
	if (setup->pulse_gap_ms == 0)
		return true;
	return setup->pulse_break_min_ms <= setup->pulse_break_max_ms && setup->pulse_break_max_ms < setup->flash_min_ms &&
	       setup->pulse_make_min_ms < setup->pulse_gap_ms && setup->pulse_gap_ms <= PULSE_GAP_LIMIT_MS;
}

int32_t tn_line_setup(int32_t number, const struct tn_line_setup *setup)
{
	struct tn_line_setup own;
	struct line *line;
	int result = args_copy(&own, sizeof(own), setup);

	if (result)
		return result;
	if (own.flash_max_ms > FLASH_LIMIT_MS || own.flash_min_ms > own.flash_max_ms || own.offhook_ms > OFFHOOK_LIMIT_MS ||
	    own.echo_tail_ms > LINE_ECHO_TAIL_MAX_MS || own.impedance > TN_IMPEDANCE_370_620_310NF || !pulses_valid(&own) || !gain_valid(own.gain_to_phone) || !gain_valid(own.gain_from_phone))
		return -EINVAL;
	result = line_enter(number, &line);
	if (result)
		return result;
	line->hook.limits = (struct hook_limits){
		.flash_min_ms = own.flash_min_ms, .flash_max_ms = own.flash_max_ms, .offhook_ms = own.offhook_ms,
		.pulse_break_min_ms = own.pulse_break_min_ms, .pulse_break_max_ms = own.pulse_break_max_ms,
		.make_min_ms = own.pulse_make_min_ms, .pulse_gap_ms = own.pulse_gap_ms,
	};
	/* For speech only: the levels of tones and caller ID are the region's and already absolute. */
	line->gain_to_phone = level_gain(own.gain_to_phone);
	line->gain_from_phone = level_gain(own.gain_from_phone);
	result = line_echo_set(&line->echo, own.echo_tail_ms);
	if (!result && line_driver_in_use()->setup)
		result = line_driver_in_use()->setup(number, &own);
	line_leave(line);
	return result;
}

int32_t tn_line_polarity(int32_t number, int32_t reversed)
{
	struct line *line;
	int result = line_enter(number, &line);
	bool before;

	if (result)
		return result;
	before = line->base_reversed;
	line->base_reversed = reversed != 0;
	result = line_reverse(line, line->ringer.burst.reversed);
	if (result)
		line->base_reversed = before;
	line_leave(line);
	return result;
}

int32_t tn_line_meter(int32_t number, uint32_t frequency, uint32_t ms)
{
	struct line *line;
	int result;

	if ((frequency != 12000 && frequency != 16000) || ms < METER_MIN_MS || ms > METER_MAX_MS)
		return -EINVAL;
	result = line_enter(number, &line);
	if (result)
		return result;
	if (!line->hook.off)
		result = -EBUSY;
	else
		result = line_driver_in_use()->meter ? line_driver_in_use()->meter(number, frequency, ms) : -ENOTSUP;
	line_leave(line);
	return result;
}

int32_t tn_line_tone(int32_t number, const struct tn_tone *tone)
{
	struct tn_tone own;
	struct line *line;
	int result;

	if (tone) {
		result = args_copy(&own, sizeof(own), tone);
		if (result)
			return result;
		if (!tone_valid(&own))
			return -EINVAL;
	}
	result = line_enter(number, &line);
	if (result)
		return result;
	if (tone)
		tone_start(&line->tone, &own);
	else
		tone_stop(&line->tone);
	line_leave(line);
	return 0;
}

int32_t tn_line_ring(int32_t number, const struct tn_ring *ring)
{
	struct tn_ring own;
	struct line *line;
	int result;

	if (ring) {
		result = args_copy(&own, sizeof(own), ring);
		if (result)
			return result;
		if (!ringer_valid(&own))
			return -EINVAL;
	}
	result = line_enter(number, &line);
	if (result)
		return result;
	if (!ring) {
		result = line_silence(line);
	} else if (line->hook.off || line->loop) {
		result = -EBUSY;
	} else {
		line_silence(line);
		ringer_start(&line->ringer, &own);
	}
	line_leave(line);
	return result;
}

int32_t tn_line_identify(int32_t number, const struct tn_ring *caller)
{
	struct tn_ring own;
	struct line *line;
	int result = args_copy(&own, sizeof(own), caller);

	if (result)
		return result;
	if (!ringer_caller_valid(&own))
		return -EINVAL;
	result = line_enter(number, &line);
	if (result)
		return result;
	if (!line->hook.off || identify_busy(&line->identify))
		result = -EBUSY;
	else if (!caller_id_load_in_call(&line->ringer.burst.sender, &own))
		result = -EINVAL;
	else
		identify_start(&line->identify, own.cid_delay_ms);
	line_leave(line);
	return result;
}

int32_t tn_line_lamp(int32_t number, const struct tn_lamp *lamp)
{
	struct tn_lamp own;
	struct line *line;
	int result = args_copy(&own, sizeof(own), lamp);

	if (result)
		return result;
	if (own.cid_alert > TN_ALERT_LR_DT_AS || own.cid_delay_ms > LAMP_DELAY_LIMIT_MS)
		return -EINVAL;
	result = line_enter(number, &line);
	if (result)
		return result;
	if (line->hook.off || line->loop || line->ringer.active || burst_busy(&line->ringer.burst)) {
		result = -EBUSY;
	} else if (!caller_id_load_lamp(&line->ringer.burst.sender, own.cid_standard, own.lit != 0)) {
		result = -EINVAL;
	} else {
		line->ringer.plan.frequency = LAMP_RING_HZ;
		burst_start(&line->ringer.burst, own.cid_alert, own.cid_delay_ms);
	}
	line_leave(line);
	return result;
}

int32_t tn_line_off_hook(int32_t number)
{
	struct line *line;
	int result = line_enter(number, &line);

	if (result)
		return result;
	result = line->hook.off;
	line_leave(line);
	return result;
}

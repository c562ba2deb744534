/* The virtual telephone in its user's hands: lift, flash, press keys, speak, and tell what was heard. */
#include "dsp/level.h"
#include "engine.h"
#include "line/sim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FLASH_LIMIT_MS 10000
#define PULSE_LIMIT_MS 1000
#define HYBRID_MIN (-600) /* tenths of dB */
#define HYBRID_MAX (-30)

int32_t tn_sim_hook(int32_t line, int32_t off_hook)
{
	struct sim_phone *phone;
	int result = sim_enter(line, &phone);

	if (result)
		return result;
	contact_lift(&phone->contact, off_hook != 0);
	if (!off_hook) {
		sim_release_keys(phone);
		tone_stop(&phone->mouth);
	}
	sim_leave(phone);
	return 0;
}

/* -ENOTCONN with the handset on its cradle. */
int32_t tn_sim_flash(int32_t line, uint32_t ms)
{
	struct sim_phone *phone;
	int result;

	if (ms == 0 || ms > FLASH_LIMIT_MS)
		return -EINVAL;
	result = sim_enter(line, &phone);
	if (result)
		return result;
	if (phone->contact.lifted)
		phone->contact.flash_left_ms = ms;
	else
		result = -ENOTCONN;
	sim_leave(phone);
	return result;
}

static bool keys_valid(const char *keys, size_t count)
{
	return count <= SIM_KEYS_MAX && strspn(keys, "0123456789*#ABCDabcd,") == count;
}

/* -ENOTCONN with the handset on its cradle, -ENOBUFS when too many keys wait already. */
int32_t tn_sim_dial(int32_t line, const char *keys)
{
	struct sim_phone *phone;
	size_t count = keys ? strnlen(keys, SIM_KEYS_MAX + 1) : 0;
	int result;

	if (!keys || !keys_valid(keys, count))
		return -EINVAL;
	result = sim_enter(line, &phone);
	if (result)
		return result;
	if (!phone->contact.lifted) {
		result = -ENOTCONN;
	} else if (count > SIM_KEYS_MAX - phone->key_count) {
		result = -ENOBUFS;
	} else {
		for (size_t i = 0; i < count; i++) {
			char key = keys[i] >= 'a' ? (char)(keys[i] - 'a' + 'A') : keys[i];

			phone->keys[(phone->first_key + phone->key_count++) % SIM_KEYS_MAX] = key;
		}
	}
	sim_leave(phone);
	return result;
}

int32_t tn_sim_pulse(int32_t line, const char *digits, uint32_t break_ms, uint32_t make_ms)
{
	struct sim_phone *phone;
	size_t count = digits ? strnlen(digits, CONTACT_DIGITS_MAX + 1) : 0;
	int result;

	if (!digits || count > CONTACT_DIGITS_MAX || strspn(digits, "0123456789") != count || break_ms == 0 || make_ms == 0 ||
	    break_ms > PULSE_LIMIT_MS || make_ms > PULSE_LIMIT_MS)
		return -EINVAL;
	result = sim_enter(line, &phone);
	if (result)
		return result;
	if (!phone->contact.lifted) {
		result = -ENOTCONN;
	} else if (count > CONTACT_DIGITS_MAX - phone->contact.count) {
		result = -ENOBUFS;
	} else {
		phone->contact.break_ms = break_ms;
		phone->contact.make_ms = make_ms;
		memcpy(phone->contact.digits + phone->contact.count, digits, count);
		phone->contact.count += count;
	}
	sim_leave(phone);
	return result;
}

int32_t tn_sim_speak(int32_t line, uint32_t frequency, uint32_t duration_ms, int32_t level)
{
	struct tn_tone sine = {
		.size = sizeof(sine), .segments = 1, .repeat = duration_ms ? 1 : 0,
		.segment = { { .frequency = { frequency, 0 }, .level = { level, 0 }, .duration_ms = duration_ms } },
	};
	struct sim_phone *phone;
	int result;

	if (!tone_valid(&sine))
		return -EINVAL;
	result = sim_enter(line, &phone);
	if (result)
		return result;
	if (frequency)
		tone_start(&phone->mouth, &sine);
	else
		tone_stop(&phone->mouth);
	sim_leave(phone);
	return 0;
}

/* "ringing" is the bell sounding at this moment, false in the pauses of its cadence; "audio.level" is −990 before any sound. */
int32_t tn_sim_heard(int32_t line, char *json, int32_t capacity)
{
	struct sim_phone *phone;
	char heard[1024], fax[256];
	int length, result;

	if (!json || capacity <= 0)
		return -EINVAL;
	result = sim_enter(line, &phone);
	if (result)
		return result;
	ear_report(&phone->ear, heard, sizeof(heard));
	sim_fax_report(phone->fax, fax, sizeof(fax));
	length = snprintf(json, (size_t)capacity, "{\"offHook\":%s,\"ringing\":%s,\"rings\":%u,\"reversed\":%s,\"meterPulses\":%u,%s%s}",
			  phone->contact.lifted ? "true" : "false", phone->bell_hz ? "true" : "false", phone->rings,
			  phone->reversed ? "true" : "false", phone->meter_pulses, heard, fax);
	sim_leave(phone);
	return length < capacity ? length : -ENOSPC;
}

int32_t tn_sim_forget(int32_t line)
{
	struct sim_phone *phone;
	int result = sim_enter(line, &phone);

	if (result)
		return result;
	phone->rings = phone->meter_pulses = 0;
	ear_forget(&phone->ear);
	sim_leave(phone);
	return 0;
}

int32_t tn_sim_hybrid(int32_t line, int32_t level)
{
	struct sim_phone *phone;
	int result;

	if (level != 0 && (level < HYBRID_MIN || level > HYBRID_MAX))
		return -EINVAL;
	result = sim_enter(line, &phone);
	if (result)
		return result;
	phone->hybrid = level ? level_gain(level) : 0.0f;
	sim_leave(phone);
	return 0;
}

int32_t tn_sim_fax(int32_t line, const char *path, int32_t sends)
{
	struct sim_fax *fax = path ? sim_fax_open(path, sends != 0) : NULL, *former;
	struct sim_phone *phone;
	int result;

	if (path && !fax)
		return -ENOMEM;
	result = sim_enter(line, &phone);
	if (result) {
		sim_fax_close(fax);
		return result;
	}
	former = phone->fax;
	phone->fax = fax;
	sim_leave(phone);
	sim_fax_close(former); /* may write its file: not under the lock the line clock needs */
	return 0;
}

/* What is said while the handset is down is silence in the file, so that its time stays true. */
int32_t tn_sim_record(int32_t line, const char *path)
{
	struct recorder *recorder = NULL, *finished;
	struct sim_phone *phone;
	int result = 0;

	if (path)
		recorder = recorder_open(path, &result);
	if (result)
		return result;
	result = sim_enter(line, &phone);
	if (result) {
		if (recorder)
			recorder_close(recorder);
		return result;
	}
	finished = phone->recorder;
	phone->recorder = recorder;
	sim_leave(phone);
	return finished ? recorder_close(finished) : 0; /* writes the file: not under the lock the line clock needs */
}

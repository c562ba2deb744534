/* Backend "sim": the virtual telephone on the far side of the driver's vtable. */
#include "line/sim.h"
#include "dsp/level.h"
#include "line/driver.h"
#include "line/line.h"
#include "lock.h"

#include <errno.h>
#include <spandsp.h>
#include <string.h>

#define FRAME_MS (TN_FRAME * 1000 / TN_RATE)
#define KEY_ON_MS 80
#define KEY_OFF_MS 80

static struct sim_phone phones[TN_MAX_LINES];

LOCK_CONSTRUCTOR static void make_locks(void)
{
	for (int i = 0; i < TN_MAX_LINES; i++)
		lock_init(&phones[i].lock);
}

void sim_release_keys(struct sim_phone *phone)
{
	phone->key_count = phone->first_key = 0;
	phone->pause_left = 0;
	dtmf_tx_init(phone->keypad);
	dtmf_tx_set_timing(phone->keypad, KEY_ON_MS, KEY_OFF_MS);
}

static void close_phone(struct sim_phone *phone)
{
	phone->open = false;
	ear_close(&phone->ear);
	if (phone->keypad)
		dtmf_tx_free(phone->keypad);
	phone->keypad = NULL;
	sim_fax_close(phone->fax);
	phone->fax = NULL;
	if (phone->recorder)
		recorder_close(phone->recorder);
	phone->recorder = NULL;
}

static int open_phone(struct sim_phone *phone)
{
	contact_lift(&phone->contact, false);
	phone->bell_hz = phone->rings = 0;
	phone->reversed = false;
	phone->meter_pulses = 0;
	phone->hybrid = 0.0f;
	memset(phone->heard, 0, sizeof(phone->heard));
	phone->mouth = (struct tone_player){ 0 };
	phone->recorder = NULL;
	phone->keypad = dtmf_tx_init(NULL);
	if (ear_open(&phone->ear) || !phone->keypad) {
		close_phone(phone);
		return -ENOMEM;
	}
	sim_release_keys(phone);
	phone->open = true;
	return 0;
}

static void sim_close(void)
{
	for (int i = 0; i < TN_MAX_LINES; i++) {
		pthread_mutex_lock(&phones[i].lock);
		if (phones[i].open)
			close_phone(&phones[i]);
		pthread_mutex_unlock(&phones[i].lock);
	}
}

static int sim_open(uint32_t lines)
{
	int result = 0;

	for (uint32_t i = 0; i < lines && !result; i++) {
		pthread_mutex_lock(&phones[i].lock);
		result = open_phone(&phones[i]);
		pthread_mutex_unlock(&phones[i].lock);
	}
	if (result)
		sim_close();
	return result;
}

int sim_enter(int32_t line, struct sim_phone **phone)
{
	const struct line_driver *used = line_driver_in_use();

	if (!used)
		return -ENODEV;
	if (used != &line_driver_sim)
		return -ENOTSUP;
	if (line < 0 || line >= TN_MAX_LINES)
		return -EINVAL;
	*phone = &phones[line];
	pthread_mutex_lock(&(*phone)->lock);
	if ((*phone)->open)
		return 0;
	pthread_mutex_unlock(&(*phone)->lock);
	return -EINVAL;
}

void sim_leave(struct sim_phone *phone)
{
	pthread_mutex_unlock(&phone->lock);
}

static uint32_t sim_loop(int line)
{
	struct sim_phone *phone;
	uint32_t loop;

	if (sim_enter(line, &phone))
		return 0;
	loop = contact_step(&phone->contact, FRAME_MS);
	sim_leave(phone);
	return loop;
}

static int sim_ring(int line, uint32_t frequency)
{
	struct sim_phone *phone;
	int result = sim_enter(line, &phone);

	if (result)
		return result;
	if (frequency && !phone->bell_hz)
		phone->rings++;
	phone->bell_hz = frequency;
	sim_leave(phone);
	return 0;
}

static int sim_reverse(int line, bool reversed)
{
	struct sim_phone *phone;
	int result = sim_enter(line, &phone);

	if (result)
		return result;
	phone->reversed = reversed;
	if (!phone->contact.lifted)
		ear_alerted(&phone->ear);
	sim_leave(phone);
	return 0;
}

static int sim_meter(int line, uint32_t frequency, uint32_t ms)
{
	struct sim_phone *phone;
	int result = sim_enter(line, &phone);

	(void)frequency;
	(void)ms;
	if (result)
		return result;
	phone->meter_pulses++;
	sim_leave(phone);
	return 0;
}

/* A hybrid between two wires and four lets some of what is heard through to the mouthpiece's side. */
static void echo(struct sim_phone *phone, const int16_t *to_line, int16_t *from_line)
{
	memmove(phone->heard, phone->heard + TN_FRAME, SIM_HYBRID_DELAY * sizeof(phone->heard[0]));
	memcpy(phone->heard + SIM_HYBRID_DELAY, to_line, TN_FRAME * sizeof(*to_line));
	if (phone->hybrid > 0.0f)
		for (int i = 0; i < TN_FRAME; i++)
			from_line[i] = level_clip((float)from_line[i] + phone->hybrid * (float)phone->heard[i]);
}

/* Presses what is queued: whole digits by the keypad, pauses sample by sample. */
static void press_keys(struct sim_phone *phone, int16_t *audio)
{
	for (size_t done = 0; done < TN_FRAME;) {
		if (phone->pause_left > 0) {
			size_t now = phone->pause_left < TN_FRAME - done ? phone->pause_left : TN_FRAME - done;

			phone->pause_left -= (uint32_t)now;
			done += now;
			continue;
		}
		int filled = dtmf_tx(phone->keypad, audio + done, (int)(TN_FRAME - done));

		done += filled < 0 ? 0 : (size_t)filled;
		if (done >= TN_FRAME || phone->key_count == 0)
			return;
		char key = phone->keys[phone->first_key];

		phone->first_key = (phone->first_key + 1) % SIM_KEYS_MAX;
		phone->key_count--;
		if (key == ',')
			phone->pause_left = TN_RATE;
		else
			dtmf_tx_put(phone->keypad, &key, 1);
	}
}

static void sim_exchange(int line, const int16_t *to_line, int16_t *from_line)
{
	static const int16_t silence[TN_FRAME];
	struct sim_phone *phone;
	bool loop;

	memset(from_line, 0, TN_FRAME * sizeof(*from_line));
	if (sim_enter(line, &phone))
		return;
	loop = phone->contact.closed;
	if (loop) {
		if (phone->ear.asked) { /* EN 300 659-1 §6.3.2: the telephone's own key */
			phone->ear.asked = false;
			dtmf_tx_put(phone->keypad, "D", 1);
		}
		press_keys(phone, from_line);
		if (!ear_attentive(&phone->ear))
			tone_mix(&phone->mouth, from_line, TN_FRAME);
		if (phone->fax)
			sim_fax_exchange(phone->fax, to_line, from_line);
		echo(phone, to_line, from_line);
	}
	ear_hear(&phone->ear, to_line, loop, phone->bell_hz != 0);
	if (phone->recorder)
		recorder_write(phone->recorder, loop ? to_line : silence, TN_FRAME);
	sim_leave(phone);
}

const struct line_driver line_driver_sim = {
	.name = "sim",
	.open = sim_open,
	.close = sim_close,
	.exchange = sim_exchange,
	.ring = sim_ring,
	.reverse = sim_reverse,
	.meter = sim_meter,
	.loop = sim_loop,
};

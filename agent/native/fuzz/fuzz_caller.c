/* Who calls, in both directions. The first byte says how: 'c' a caller as SIP names one (standard, number, name, date, absence,
 * a line each) made into what goes to the telephone; 'm' a message and 'd' digits as a telephone receives them; anything else
 * is sound (A-law) at the subscriber's keys and at the telephone's ear. */
#include "dsp/caller-id.h"
#include "dsp/keys.h"
#include "dsp/latin.h"
#include "engine.h"
#include "line/ear-caller.h"
#include "line/ringer.h"

#include <spandsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz_caller: %s\n", what);
	abort();
}

/* The next line of the input as a text. */
static void take_line(const uint8_t **at, const uint8_t *end, char *text, size_t capacity)
{
	size_t length = 0;

	for (; *at < end && **at != '\n'; (*at)++)
		if (**at && length + 1 < capacity)
			text[length++] = (char)**at;
	text[length] = '\0';
	*at += *at < end;
}

static bool printable(const unsigned char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

/* Parameters that fill the message to its end, each in its own alphabet: what a telephone is entitled to. */
static void check_message(const unsigned char *message, size_t length)
{
	size_t at = 2;

	must(length >= 2 && length <= CALLER_ID_MESSAGE_MAX && message[1] == length - 2, "a message's length");
	while (at < length) {
		must(at + 2 <= length && at + 2 + message[at + 1] <= length && message[at + 1] > 0, "a parameter's length");
		must(printable(message + at + 2, message[at + 1]), "a character");
		at += 2u + message[at + 1];
	}
}

static void send_caller(const uint8_t *at, const uint8_t *end)
{
	unsigned char message[CALLER_ID_MESSAGE_MAX];
	struct tn_ring ring = { .size = sizeof(ring) };
	char standard[8], digits[CALLER_ID_MESSAGE_MAX];
	int16_t audio[TN_FRAME];
	struct caller_id sender;

	take_line(&at, end, standard, sizeof(standard));
	take_line(&at, end, ring.number, sizeof(ring.number));
	take_line(&at, end, ring.name, sizeof(ring.name));
	take_line(&at, end, ring.date_time, sizeof(ring.date_time));
	take_line(&at, end, ring.cid_absence, sizeof(ring.cid_absence));
	ring.cid_standard = (uint32_t)standard[0] % 4;
	if (!ringer_caller_valid(&ring))
		return;
	check_message(message, caller_id_message(&ring, message));
	caller_id_digits(&ring, digits);
	must(strspn(digits, "0123456789ABCD") == strlen(digits), "a digit");
	must(!caller_id_open(&sender), "no memory");
	if (caller_id_load(&sender, &ring))
		for (int i = 0; i < 300 && !caller_id_step(&sender, audio, TN_FRAME); i++)
			;
	caller_id_close(&sender);
}

static void on_key(void *user, int code, int level, int delay)
{
	(void)user;
	(void)level;
	(void)delay;
	must(code == 0 || strchr("0123456789*#ABCD", code), "a key");
}

static void listen(struct ear *ear, const uint8_t *data, size_t size)
{
	static struct keys keys;
	int16_t audio[TN_FRAME];

	if (!keys.receiver)
		must(!keys_open(&keys), "no memory");
	keys_reset(&keys, on_key, NULL);
	ear_alerted(ear);
	for (size_t at = 0; at < size; at += TN_FRAME) {
		for (size_t i = 0; i < TN_FRAME; i++)
			audio[i] = at + i < size ? alaw_to_linear(data[at + i]) : 0;
		keys_hear(&keys, audio, TN_FRAME, (at / TN_FRAME) % 2);
		ear_hear(ear, audio, (at / TN_FRAME) % 8 > 3, false);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ear ear;
	char json[1024];

	if (!size)
		return 0;
	if (!ear.dtmf)
		must(!ear_open(&ear), "no memory");
	ear_forget(&ear);
	if (data[0] == 'c')
		send_caller(data + 1, data + size);
	else if (data[0] == 'm')
		ear_caller_message(&ear, data + 1, (int)(size - 1));
	else if (data[0] == 'd')
		for (size_t i = 1; i < size; i++)
			ear_caller_digit(&ear, "0123456789*#ABCD"[data[i] % 16]);
	else
		listen(&ear, data + 1, size - 1);
	must(ear_report(&ear, json, sizeof(json)) < (int)sizeof(json), "a report");
	return 0;
}

#include "line/ear-caller.h"
#include "engine.h"

#include <errno.h>
#include <spandsp.h>
#include <stdio.h>
#include <string.h>

static void clear(struct ear_caller *caller)
{
	*caller = (struct ear_caller){ .known = true, .fresh = true };
}

void ear_caller_message(struct ear *ear, const uint8_t *message, int length)
{
	struct ear_caller *caller = &ear->caller;

	if (length < 2)
		return;
	if (message[0] == CLIP_MDMF_MSG_WAITING) {
		if (length >= 5 && message[2] == CLIP_VISUAL_INDICATOR && message[3] == 1)
			ear->lamp = message[4] != 0;
		return;
	}
	if (message[0] != CLIP_MDMF_CALLERID)
		return;
	clear(caller);
	for (int at = 2; at + 2 <= length;) {
		const char *body = (const char *)message + at + 2;
		size_t size = message[at + 1];

		if (at + 2 + (int)size > length)
			return; /* a parameter that lies about its length ends the message */
		switch (message[at]) {
		case CLIP_DATETIME:
			tn_json_escape(caller->date_time, sizeof(caller->date_time), body, size);
			break;
		case CLIP_CALLER_NUMBER:
			tn_json_escape(caller->number, sizeof(caller->number), body, size);
			break;
		case CLIP_ABSENCE1:
			tn_json_escape(caller->absence, sizeof(caller->absence), body, size);
			break;
		case CLIP_CALLER_NAME:
			tn_json_escape(caller->name, sizeof(caller->name), body, size);
			break;
		}
		at += 2 + (int)size;
	}
}

static void on_message(void *user, const uint8_t *message, int length)
{
	ear_caller_message(user, message, length);
}

int ear_caller_open(struct ear *ear)
{
	ear->v23 = adsi_rx_init(NULL, ADSI_STANDARD_CLIP, on_message, ear);
	ear->bell202 = adsi_rx_init(NULL, ADSI_STANDARD_CLASS, on_message, ear);
	return ear->v23 && ear->bell202 ? 0 : -ENOMEM;
}

void ear_caller_close(struct ear *ear)
{
	if (ear->v23)
		adsi_rx_free(ear->v23);
	if (ear->bell202)
		adsi_rx_free(ear->bell202);
	ear->v23 = ear->bell202 = NULL;
}

void ear_caller_restart(struct ear *ear)
{
	ear->cid_count = 0;
	adsi_rx_init(ear->v23, ADSI_STANDARD_CLIP, on_message, ear);
	adsi_rx_init(ear->bell202, ADSI_STANDARD_CLASS, on_message, ear);
}

void ear_caller_hear(struct ear *ear, const int16_t *audio)
{
	adsi_rx(ear->v23, audio, TN_FRAME);
	adsi_rx(ear->bell202, audio, TN_FRAME);
}

/* EN 300 659-1 annex B: fields A (number), B (information) and D (diverting number), ended by C. */
void ear_caller_digit(struct ear *ear, char digit)
{
	struct ear_caller *caller = &ear->caller;
	char field = '\0';
	size_t length = 0;

	if (ear->cid_count < EAR_DIGITS_MAX)
		ear->cid_digits[ear->cid_count++] = digit;
	if (digit != 'C')
		return;
	clear(caller);
	for (size_t i = 0; i < ear->cid_count; i++) {
		char at = ear->cid_digits[i];

		if (at >= 'A' && at <= 'D') {
			field = at;
		} else if (field == 'A' && length + 1 < sizeof(caller->number)) {
			caller->number[length++] = at;
			caller->number[length] = '\0';
		} else if (field == 'B' && caller->absence[0] == '\0') {
			caller->absence[0] = at == '1' ? 'P' : 'O'; /* 10 restricted, 00 not available */
		}
	}
	ear->cid_count = 0;
}

int ear_caller_report(const struct ear *ear, char *json, size_t capacity)
{
	const struct ear_caller *caller = &ear->caller;

	if (!caller->known)
		return snprintf(json, capacity, "\"callerId\":null");
	return snprintf(json, capacity,
			"\"callerId\":{\"number\":\"%s\",\"name\":\"%s\",\"dateTime\":\"%s\",\"absence\":\"%s\"}",
			caller->number, caller->name, caller->date_time, caller->absence);
}

#include "telephone-event.h"

#include <string.h>

#define END_BIT 0x80
#define VOLUME_DBM0 10            /* RFC 4733 §2.3.4: level without its sign */
#define DURATION_MAX 0xffff

static const char digits[] = "0123456789*#ABCD";

int telephone_event_code(char digit)
{
	const char *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int)(found - digits) : -1;
}

void telephone_event_begin(struct telephone_event_sender *sender, int code, uint32_t timestamp)
{
	sender->active = true;
	sender->ended = false;
	sender->first = true;
	sender->code = (uint8_t)code;
	sender->start = timestamp;
}

void telephone_event_finish(struct telephone_event_sender *sender)
{
	sender->ended = sender->active;
}

int telephone_event_payload(struct telephone_event_sender *sender, uint32_t timestamp,
			    uint8_t payload[TELEPHONE_EVENT_BYTES], bool *marker)
{
	uint32_t duration = timestamp - sender->start;

	if (!sender->active)
		return 0;
	if (duration > DURATION_MAX) {
		/* RFC 4733 §2.5.1.3: a long event goes on as a new segment, without marker. */
		sender->start += DURATION_MAX;
		duration -= DURATION_MAX;
	}
	payload[0] = sender->code;
	payload[1] = VOLUME_DBM0 | (sender->ended ? END_BIT : 0);
	payload[2] = (uint8_t)(duration >> 8);
	payload[3] = (uint8_t)duration;
	*marker = sender->first;
	sender->first = false;
	if (!sender->ended)
		return 1;
	sender->active = false;
	return TELEPHONE_EVENT_END_COPIES;
}

char telephone_event_receive(struct telephone_event_receiver *receiver, uint32_t timestamp, const uint8_t *payload,
			     size_t length)
{
	if (length < TELEPHONE_EVENT_BYTES || payload[0] >= sizeof(digits) - 1)
		return 0;
	if (receiver->seen && receiver->start == timestamp)
		return 0;
	receiver->seen = true;
	receiver->start = timestamp;
	return digits[payload[0]];
}

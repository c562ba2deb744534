/* Telephone digits as RTP events (RFC 4733): pure, one sender and one receiver of each call. */
#ifndef TN_VOICE_TELEPHONE_EVENT_H
#define TN_VOICE_TELEPHONE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TELEPHONE_EVENT_BYTES 4
#define TELEPHONE_EVENT_END_COPIES 3   /* RFC 4733 §2.5.1.4: the end is sent three times */

struct telephone_event_sender {
	bool active, ended, first;
	uint8_t code;
	uint32_t start;                /* RTP timestamp of all packets of the event */
};

struct telephone_event_receiver {
	bool seen;
	uint32_t start;
};

/* Digit "0-9*#A-D" to its event code 0 … 15; -1 for anything else. */
int telephone_event_code(char digit);

void telephone_event_begin(struct telephone_event_sender *sender, int code, uint32_t timestamp);
void telephone_event_finish(struct telephone_event_sender *sender);
/* Payload for the frame that ends at `timestamp`; how many copies to send (0: no event, send audio). A copy's RTP timestamp
 * is `sender->start` as it is after the call; `marker` is set on the first packet of an event only. */
int telephone_event_payload(struct telephone_event_sender *sender, uint32_t timestamp,
			    uint8_t payload[TELEPHONE_EVENT_BYTES], bool *marker);

/* The digit a received packet begins, or 0: a repetition, the end of one that is known, not a digit, or malformed. */
char telephone_event_receive(struct telephone_event_receiver *receiver, uint32_t timestamp, const uint8_t *payload,
			     size_t length);

#endif

/* UDPTL packets (ITU-T T.38 §9.1): a facsimile message each, with what repairs the loss of earlier ones. Pure. */
#ifndef TN_VOICE_UDPTL_H
#define TN_VOICE_UDPTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UDPTL_DATAGRAM_MAX 1400
#define UDPTL_RING 16             /* packets that a repair can reach back; a power of two */
#define UDPTL_RECOVERY_MAX 8      /* entries of one packet that count; there are seldom more than 3 */

struct udptl_message {
	const uint8_t *data;
	size_t length;
};

/* A packet as read: everything points into its bytes. */
struct udptl_packet {
	uint16_t sequence;
	struct udptl_message primary;
	bool parity;                   /* recovery: parity of earlier messages, else the messages themselves, newest first */
	unsigned span;                 /* messages under one parity */
	unsigned count;
	struct udptl_message recovery[UDPTL_RECOVERY_MAX];
};

/* False for anything that is no UDPTL packet. */
bool udptl_decode(const uint8_t *data, size_t length, struct udptl_packet *packet);

struct udptl_slot {
	bool present;
	uint16_t sequence;
	size_t length;
	uint8_t data[UDPTL_DATAGRAM_MAX];
};

typedef void udptl_deliver(void *argument, uint16_t sequence, const uint8_t *data, size_t length);

struct udptl_receiver {
	bool started;
	uint16_t expected;
	uint16_t strange;              /* last sequence number far from the expected one … */
	unsigned strangers;            /* … and how many came in a row */
	uint32_t received, repaired, lost;
	struct udptl_slot ring[UDPTL_RING];
};

/* Takes a datagram; hands on, in their order, every message that is new. Late and repeated ones are dropped. */
void udptl_receive(struct udptl_receiver *receiver, const uint8_t *data, size_t length, udptl_deliver *deliver, void *argument);

struct udptl_sender {
	uint16_t sequence;             /* of the next packet */
	size_t limit;                  /* bytes that the far end takes in a datagram */
	bool parity;                   /* it wants parity instead of repetition */
	struct udptl_slot ring[UDPTL_RING];
};

/* Makes the next packet, with `depth` earlier messages (or parities) as far as there is room. Its length, 0 when the message
 * is too long. */
size_t udptl_send(struct udptl_sender *sender, const uint8_t *data, size_t length, unsigned depth,
		  uint8_t datagram[UDPTL_DATAGRAM_MAX]);

#endif

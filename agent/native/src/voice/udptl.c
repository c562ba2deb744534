#include "udptl.h"

#include <string.h>

#define REACH 256                 /* a jump further than this is another sender, or no UDPTL at all */
#define STRANGERS 3               /* packets in a row that make a new count of sequence numbers believed */
#define PARITY 0x80
#define PARITY_SPAN 3

/* ---- reading ---- */

struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static uint8_t take_octet(struct reader *reader)
{
	if (reader->at < reader->end)
		return *reader->at++;
	reader->bad = true;
	return 0;
}

/* Length determinant of aligned PER (ITU-T X.691 §10.9); fragments, for 16 KiB and more, fit no datagram. */
static size_t take_length(struct reader *reader)
{
	size_t length = take_octet(reader);

	if (length < 0x80)
		return length;
	if (length >= 0xc0)
		reader->bad = true;
	return (length & 0x3f) << 8 | take_octet(reader);
}

static struct udptl_message take_message(struct reader *reader)
{
	struct udptl_message message = { .length = take_length(reader) };

	message.data = reader->at;
	if (reader->bad || message.length > (size_t)(reader->end - reader->at))
		reader->bad = true;
	else
		reader->at += message.length;
	return message;
}

static void take_recovery(struct reader *reader, struct udptl_packet *packet)
{
	size_t count;

	packet->parity = take_octet(reader) & PARITY;
	if (packet->parity) {
		/* An INTEGER without bounds: one octet of it, as a span has. */
		if (take_octet(reader) != 1)
			reader->bad = true;
		packet->span = take_octet(reader);
	}
	count = take_length(reader);
	for (size_t i = 0; i < count && !reader->bad; i++) {
		struct udptl_message message = take_message(reader);

		if (i < UDPTL_RECOVERY_MAX && !reader->bad)
			packet->recovery[packet->count++] = message;
	}
}

bool udptl_decode(const uint8_t *data, size_t length, struct udptl_packet *packet)
{
	struct reader reader = { data, data + length, length > UDPTL_DATAGRAM_MAX };

	*packet = (struct udptl_packet){ 0 };
	packet->sequence = (uint16_t)(take_octet(&reader) << 8);
	packet->sequence |= take_octet(&reader);
	packet->primary = take_message(&reader);
	/* Some senders leave the recovery out when they have none. */
	if (!reader.bad && reader.at < reader.end)
		take_recovery(&reader, packet);
	return !reader.bad && packet->primary.length > 0;
}

/* ---- receiving ---- */

static struct udptl_slot *slot_of(struct udptl_slot *ring, uint16_t sequence)
{
	return &ring[sequence % UDPTL_RING];
}

static bool has(struct udptl_slot *ring, uint16_t sequence)
{
	return slot_of(ring, sequence)->present && slot_of(ring, sequence)->sequence == sequence;
}

static void keep(struct udptl_slot *ring, uint16_t sequence, const uint8_t *data, size_t length)
{
	struct udptl_slot *slot = slot_of(ring, sequence);

	slot->present = true;
	slot->sequence = sequence;
	slot->length = length;
	memcpy(slot->data, data, length);
}

static void mix(struct udptl_slot *sum, const uint8_t *data, size_t length)
{
	if (length > sum->length) {
		memset(sum->data + sum->length, 0, length - sum->length);
		sum->length = length;
	}
	for (size_t i = 0; i < length; i++)
		sum->data[i] ^= data[i];
}

/* T.38 §9.1.4.2: entry m of n covers the messages m − n, m − 2n … before this one. One that is missing is the sum of the rest. */
static void repair_by_parity(struct udptl_receiver *receiver, const struct udptl_packet *packet)
{
	for (unsigned m = 0; m < packet->count; m++) {
		struct udptl_slot sum = { .length = 0 };
		unsigned missing = 0;
		uint16_t which = 0;

		if (packet->span * packet->count > UDPTL_RING || !packet->recovery[m].length)
			continue;
		mix(&sum, packet->recovery[m].data, packet->recovery[m].length);
		for (unsigned k = 1; k <= packet->span; k++) {
			uint16_t sequence = (uint16_t)(packet->sequence + m - k * packet->count);
			struct udptl_slot *slot = slot_of(receiver->ring, sequence);

			if (has(receiver->ring, sequence)) {
				mix(&sum, slot->data, slot->length);
			} else {
				missing++;
				which = sequence;
			}
		}
		if (missing == 1 && (int16_t)(which - receiver->expected) >= 0)
			keep(receiver->ring, which, sum.data, sum.length);
	}
}

static void repair_by_repetition(struct udptl_receiver *receiver, const struct udptl_packet *packet)
{
	for (unsigned i = 0; i < packet->count; i++) {
		uint16_t sequence = (uint16_t)(packet->sequence - 1 - i);

		if ((int16_t)(sequence - receiver->expected) >= 0 && packet->recovery[i].length &&
		    !has(receiver->ring, sequence))
			keep(receiver->ring, sequence, packet->recovery[i].data, packet->recovery[i].length);
	}
}

/* Whether a packet belongs to what we receive. The first one begins it; what the network still brings of the call's sound
 * looks like a far-off sequence number that stays the same. */
static bool belongs(struct udptl_receiver *receiver, const struct udptl_packet *packet)
{
	int16_t ahead = (int16_t)(packet->sequence - receiver->expected);

	if (receiver->started && ahead > -REACH && ahead < REACH) {
		receiver->strangers = 0;
		return true;
	}
	if (receiver->started || packet->sequence >= REACH) {
		receiver->strangers = packet->sequence == (uint16_t)(receiver->strange + 1) ? receiver->strangers + 1 : 1;
		receiver->strange = packet->sequence;
		if (receiver->strangers < STRANGERS)
			return false;
	}
	receiver->started = true;
	receiver->strangers = 0;
	memset(receiver->ring, 0, sizeof(receiver->ring));
	receiver->expected = packet->sequence;
	if (!packet->parity && packet->count)
		receiver->expected = (uint16_t)(packet->sequence -
						(packet->count < packet->sequence ? packet->count : packet->sequence));
	return true;
}

void udptl_receive(struct udptl_receiver *receiver, const uint8_t *data, size_t length, udptl_deliver *deliver, void *argument)
{
	struct udptl_packet packet;

	if (!udptl_decode(data, length, &packet) || !belongs(receiver, &packet) ||
	    (int16_t)(packet.sequence - receiver->expected) < 0)
		return;
	receiver->received++;
	if (packet.parity)
		repair_by_parity(receiver, &packet);
	else
		repair_by_repetition(receiver, &packet);
	keep(receiver->ring, packet.sequence, packet.primary.data, packet.primary.length);
	for (; receiver->expected != (uint16_t)(packet.sequence + 1); receiver->expected++) {
		struct udptl_slot *slot = slot_of(receiver->ring, receiver->expected);

		if (!has(receiver->ring, receiver->expected)) {
			receiver->lost++;
			continue;
		}
		if (receiver->expected != packet.sequence)
			receiver->repaired++;
		deliver(argument, receiver->expected, slot->data, slot->length);
	}
}

/* ---- sending ---- */

static size_t put_message(uint8_t *out, const uint8_t *data, size_t length)
{
	size_t head = 0;

	if (length >= 0x80)
		out[head++] = (uint8_t)(0x80 | length >> 8);
	out[head++] = (uint8_t)length;
	memcpy(out + head, data, length);
	return head + length;
}

static size_t room_for(size_t length)
{
	return length + (length >= 0x80 ? 2 : 1);
}

static size_t put_repetitions(struct udptl_sender *sender, unsigned depth, uint8_t *datagram, size_t at)
{
	size_t count_at = at + 1;

	datagram[at] = 0;
	datagram[count_at] = 0;
	at += 2;
	for (unsigned i = 1; i <= depth && i <= UDPTL_RECOVERY_MAX; i++) {
		uint16_t sequence = (uint16_t)(sender->sequence - i);
		const struct udptl_slot *slot = slot_of(sender->ring, sequence);

		if (!has(sender->ring, sequence) || at + room_for(slot->length) > sender->limit)
			break;
		at += put_message(datagram + at, slot->data, slot->length);
		datagram[count_at]++;
	}
	return at;
}

static size_t put_parities(struct udptl_sender *sender, unsigned depth, uint8_t *datagram, size_t at)
{
	size_t count_at = at + 3, begin = at;
	unsigned count = depth * PARITY_SPAN < UDPTL_RING ? depth : UDPTL_RING / PARITY_SPAN;

	datagram[at++] = PARITY;
	datagram[at++] = 1;
	datagram[at++] = PARITY_SPAN;
	datagram[at++] = 0;
	for (unsigned m = 0; m < count; m++) {
		struct udptl_slot sum = { .length = 0 };

		for (unsigned k = 1; k <= PARITY_SPAN; k++) {
			uint16_t sequence = (uint16_t)(sender->sequence + m - k * count);
			const struct udptl_slot *slot = slot_of(sender->ring, sequence);

			if (has(sender->ring, sequence))
				mix(&sum, slot->data, slot->length);
		}
		/* The number of entries says what each of them covers: all, or none of them. */
		if (!sum.length || at + room_for(sum.length) > sender->limit) {
			datagram[begin] = datagram[begin + 1] = 0;
			return begin + 2;
		}
		at += put_message(datagram + at, sum.data, sum.length);
		datagram[count_at]++;
	}
	return at;
}

size_t udptl_send(struct udptl_sender *sender, const uint8_t *data, size_t length, unsigned depth,
		  uint8_t datagram[UDPTL_DATAGRAM_MAX])
{
	size_t at = 2;

	if (sender->limit > UDPTL_DATAGRAM_MAX)
		sender->limit = UDPTL_DATAGRAM_MAX;
	if (!length || at + room_for(length) + 4 > UDPTL_DATAGRAM_MAX)
		return 0;
	datagram[0] = (uint8_t)(sender->sequence >> 8);
	datagram[1] = (uint8_t)sender->sequence;
	at += put_message(datagram + at, data, length);
	at = sender->parity ? put_parities(sender, depth, datagram, at) : put_repetitions(sender, depth, datagram, at);
	keep(sender->ring, sender->sequence, data, length);
	sender->sequence++;
	return at;
}

#include "frame.h"
#include <string.h>

static uint32_t crc_table[256];

static void make_table(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t value = byte;
		for (int bit = 0; bit < 8; bit++)
			value = value & 1 ? value >> 1 ^ 0xedb88320 : value >> 1;
		crc_table[byte] = value;
	}
}

uint32_t frame_crc(uint32_t sum, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	if (!crc_table[1])
		make_table();
	sum = ~sum;
	while (length--)
		sum = crc_table[(sum ^ *at++) & 0xff] ^ sum >> 8;
	return ~sum;
}

size_t frame_encode(const uint8_t *content, size_t length, uint8_t wire[static FRAME_WIRE_MAX])
{
	uint8_t plain[FRAME_CONTENT_MAX + 4];
	if (length > FRAME_CONTENT_MAX)
		return 0;
	memcpy(plain, content, length);
	put32(plain + length, frame_crc(0, content, length));
	length += 4;
	/* mark: the byte that says how far the next zero is. */
	size_t mark = 1, end = 2;
	wire[0] = 0;
	for (size_t at = 0; at < length; at++) {
		if (plain[at])
			wire[end++] = plain[at];
		if (!plain[at] || (end - mark == 255 && at + 1 < length)) {
			wire[mark] = (uint8_t)(end - mark);
			mark = end++;
		}
	}
	wire[mark] = (uint8_t)(end - mark);
	wire[end++] = 0;
	return end;
}

/* Returns the content's length, 0 for what is no frame. */
static size_t decode(const uint8_t *coded, size_t length, uint8_t content[static FRAME_CONTENT_MAX])
{
	uint8_t plain[FRAME_WIRE_MAX];
	size_t end = 0, at = 0;
	while (at < length) {
		size_t run = coded[at++];
		if (run == 0 || run - 1 > length - at)
			return 0;
		memcpy(plain + end, coded + at, run - 1);
		end += run - 1;
		at += run - 1;
		if (run < 255 && at < length)
			plain[end++] = 0;
	}
	if (end < 5 || end - 4 > FRAME_CONTENT_MAX || get32(plain + end - 4) != frame_crc(0, plain, end - 4))
		return 0;
	memcpy(content, plain, end - 4);
	return end - 4;
}

size_t frame_take(struct frame_reader *reader, uint8_t byte, uint8_t content[static FRAME_CONTENT_MAX])
{
	if (byte) {
		if (reader->length < sizeof reader->coded)
			reader->coded[reader->length] = byte;
		/* One more than fits is remembered: what is too long stays so until the next zero. */
		if (reader->length <= sizeof reader->coded)
			reader->length++;
		return 0;
	}
	size_t length = reader->length;
	reader->length = 0;
	return length <= sizeof reader->coded ? decode(reader->coded, length, content) : 0;
}

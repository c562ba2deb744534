/*
 * Frames on the serial line: a zero byte, the content and its CRC-32 without zeros (COBS: S. Cheshire, M. Baker,
 * "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7 (2), 1999), a zero byte. After noise the
 * next zero begins anew. Numbers are little endian.
 */
#ifndef RECOVERY_FRAME_H
#define RECOVERY_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Most bytes of a frame's content; what is longer on the line is none. */
#define FRAME_CONTENT_MAX 2112
/* As it goes over the line: the CRC, a byte for each 254 and for the start, two zeros. */
#define FRAME_WIRE_MAX (FRAME_CONTENT_MAX + 4 + (FRAME_CONTENT_MAX + 4) / 254 + 1 + 2)

/* What came since the last zero, as it came. */
struct frame_reader {
	size_t length;
	uint8_t coded[FRAME_WIRE_MAX];
};

/* CRC-32 of ISO 3309, as gzip counts it; sum is that of the bytes before, 0 at first. */
uint32_t frame_crc(uint32_t sum, const void *bytes, size_t length);

/* Returns the bytes on the line; 0 when the content is too long. */
size_t frame_encode(const uint8_t *content, size_t length, uint8_t wire[static FRAME_WIRE_MAX]);

/*
 * Takes a byte off the line. Returns the length of the content that it completes; 0 while there is none, or what came was
 * damaged.
 */
size_t frame_take(struct frame_reader *reader, uint8_t byte, uint8_t content[static FRAME_CONTENT_MAX]);

static inline uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t get32(const uint8_t *at)
{
	return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static inline uint64_t get64(const uint8_t *at)
{
	return get32(at) | (uint64_t)get32(at + 4) << 32;
}

/* Write a number and return where the next one goes. */
static inline uint8_t *put8(uint8_t *at, unsigned value)
{
	*at = (uint8_t)value;
	return at + 1;
}

static inline uint8_t *put16(uint8_t *at, unsigned value)
{
	return put8(put8(at, value), value >> 8);
}

static inline uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value & 0xffff), value >> 16);
}

static inline uint8_t *put64(uint8_t *at, uint64_t value)
{
	return put32(put32(at, (uint32_t)value), (uint32_t)(value >> 32));
}

#endif

#include "voip-metrics.h"

#include <string.h>

#define XR_TYPE 207
#define BLOCK_TYPE 7
#define BLOCK_WORDS 8             /* after its header */
#define HEADER 4
#define GMIN 16
#define R_MAX 100
#define MOS_MIN 10
#define MOS_MAX 50
#define RECEIVER 0xb0             /* concealment better than repetition, an adaptive buffer (RFC 3611 §4.7.6) */

static uint8_t *put16(uint8_t *at, uint32_t value)
{
	*at++ = (uint8_t)(value >> 8);
	*at++ = (uint8_t)value;
	return at;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value);
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

void voip_metrics_write(const struct voip_metrics *metrics, uint32_t sender, uint8_t packet[VOIP_METRICS_BYTES])
{
	uint8_t *at = packet;

	*at++ = 0x80;
	*at++ = XR_TYPE;
	at = put32(put16(at, VOIP_METRICS_BYTES / 4 - 1), sender);
	*at++ = BLOCK_TYPE;
	*at++ = 0;
	at = put32(put16(at, BLOCK_WORDS), metrics->source);
	*at++ = metrics->loss;
	*at++ = metrics->discard;
	*at++ = metrics->burst_density;
	*at++ = metrics->gap_density;
	at = put16(put16(at, metrics->burst_ms), metrics->gap_ms);
	at = put16(put16(at, metrics->round_trip_ms), metrics->end_system_ms);
	/* Levels and echo of the telephone are nobody's to know here. */
	memset(at, VOIP_METRICS_UNKNOWN, 3);
	at += 3;
	*at++ = GMIN;
	*at++ = metrics->r_factor;
	*at++ = VOIP_METRICS_UNKNOWN;
	*at++ = metrics->mos_listening;
	*at++ = metrics->mos_conversational;
	*at++ = RECEIVER;
	*at++ = 0;
	put16(put16(put16(at, metrics->buffer_nominal_ms), metrics->buffer_maximum_ms), metrics->buffer_limit_ms);
}

static uint8_t within(uint8_t value, uint8_t lowest, uint8_t highest)
{
	return value >= lowest && value <= highest ? value : VOIP_METRICS_UNKNOWN;
}

static void read_block(struct voip_metrics *metrics, const uint8_t *at)
{
	metrics->source = get32(at);
	metrics->loss = at[4];
	metrics->discard = at[5];
	metrics->burst_density = at[6];
	metrics->gap_density = at[7];
	metrics->burst_ms = get16(at + 8);
	metrics->gap_ms = get16(at + 10);
	metrics->round_trip_ms = get16(at + 12);
	metrics->end_system_ms = get16(at + 14);
	metrics->r_factor = within(at[20], 0, R_MAX);
	metrics->mos_listening = within(at[22], MOS_MIN, MOS_MAX);
	metrics->mos_conversational = within(at[23], MOS_MIN, MOS_MAX);
	metrics->buffer_nominal_ms = get16(at + 26);
	metrics->buffer_maximum_ms = get16(at + 28);
	metrics->buffer_limit_ms = get16(at + 30);
}

/* `length` bytes of report blocks. */
static bool read_blocks(struct voip_metrics *metrics, uint32_t source, const uint8_t *at, size_t length)
{
	bool found = false;

	while (length >= HEADER) {
		size_t size = HEADER + (size_t)get16(at + 2) * 4;

		if (size > length)
			break;
		if (at[0] == BLOCK_TYPE && size >= HEADER + BLOCK_WORDS * 4 && get32(at + HEADER) == source) {
			read_block(metrics, at + HEADER);
			found = true;
		}
		at += size;
		length -= size;
	}
	return found;
}

bool voip_metrics_read(struct voip_metrics *metrics, uint32_t source, const uint8_t *packet, size_t length)
{
	bool found = false;

	while (length >= 2 * HEADER && packet[0] >> 6 == 2) {
		size_t size = HEADER + (size_t)get16(packet + 2) * 4;

		if (size > length)
			break;
		if (packet[1] == XR_TYPE && size >= 2 * HEADER)
			found = read_blocks(metrics, source, packet + 2 * HEADER, size - 2 * HEADER) || found;
		packet += size;
		length -= size;
	}
	return found;
}

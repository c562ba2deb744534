/* What comes from the far end: sound, telephone events, silence. */
#include "stream-state.h"

#include <string.h>

static void count_jitter(struct stream *stream, uint32_t timestamp)
{
	uint64_t transit = tn_monotonic_us() - (uint64_t)timestamp * (1000000 / TN_RATE);
	int64_t change = (int64_t)(transit - stream->rx_transit_us);

	/* A jump of more than a second is another source or a wrapped timestamp, not jitter. */
	if (stream->rx_transit_us && change > -1000000 && change < 1000000) {
		uint64_t size = (uint64_t)(change < 0 ? -change : change);

		stream->rx_jitter16_us += size - ((stream->rx_jitter16_us + 8) >> 4);
	}
	stream->rx_transit_us = transit;
}

static void receive_audio(struct stream *stream, const struct rtp_header *header, uint32_t codec, const uint8_t *payload,
			  size_t length)
{
	int16_t samples[JITTER_PACKET_MAX];
	unsigned count, late;

	count_jitter(stream, header->ts);
	late = stream->jitter.late;
	/* A late packet would set a codec with a memory back: it is as good as lost. */
	if (codec_facts(codec)->stateful && stream->rx_packets > 1 && (int16_t)(header->seq - stream->rx_sequence) <= 0)
		return;
	stream->rx_sequence = header->seq;
	count = codec_decode(stream->codec, codec, payload, length, samples, JITTER_PACKET_MAX);
	if (stream->terms.receive)
		jitter_put(&stream->jitter, header->ts, samples, count);
	burst_take(&stream->burst, header->seq, stream->jitter.late == late);
}

/* Taken also from who was not told that he may: gateways send it unasked. */
static void receive_silence(struct stream *stream, const struct rtp_header *header, const uint8_t *payload, size_t length)
{
	burst_take(&stream->burst, header->seq, true);
	if (stream->terms.receive)
		jitter_comfort(&stream->jitter, header->ts, payload, length);
}

static void receive_event(struct stream *stream, const struct rtp_header *header, const uint8_t *payload, size_t length)
{
	char digit = telephone_event_receive(&stream->receiver, header->ts, payload, length);

	jitter_excuse(&stream->jitter);
	burst_take(&stream->burst, header->seq, true);
	if (!digit)
		return;
	tn_line_play_digit(stream->line, digit);
	tn_emit("\"event\":\"remoteDigit\",\"line\":%d,\"call\":%d,\"digit\":\"%c\"", stream->line, stream->call, digit);
}

void stream_on_rtp(const struct sa *source, const struct rtp_header *header, struct mbuf *body, void *argument)
{
	struct stream *stream = argument;
	size_t length = mbuf_get_left(body);
	uint32_t codec = CODEC_COUNT - 1;

	while (codec > TN_CODEC_NONE && stream->terms.receive_type[codec] != header->pt)
		codec--;
	if (!stream->running || !length ||
	    (codec == TN_CODEC_NONE && header->pt != stream->terms.event_receive && header->pt != COMFORT_TYPE))
		return;
	/* RFC 3550 §5.1: the last byte of a padded packet tells how much is padding. */
	if (header->pad && mbuf_buf(body)[length - 1] <= length)
		length -= mbuf_buf(body)[length - 1];
	latch_confirm(&stream->latch, source);
	stream->rx_ssrc = header->ssrc;
	stream->rx_packets++;
	if (codec != TN_CODEC_NONE)
		receive_audio(stream, header, codec, mbuf_buf(body), length);
	else if (header->pt == COMFORT_TYPE)
		receive_silence(stream, header, mbuf_buf(body), length);
	else
		receive_event(stream, header, mbuf_buf(body), length);
}

/* Before libre counts a packet: whatever does not come from the far end is not there. */
bool stream_is_strange(struct sa *source, struct mbuf *packet, void *argument)
{
	struct stream *stream = argument;

	if (!stream->running || !latch_admits(&stream->latch, source))
		return true;
	if (!stream_fax_relays(stream))
		return false;
	latch_confirm(&stream->latch, source);
	stream_fax_receive(stream, packet);
	return true;
}

bool stream_is_strange_report(struct sa *source, struct mbuf *packet, void *argument)
{
	struct stream *stream = argument;

	(void)packet;
	return !stream->running || !sa_cmp(source, latch_peer(&stream->latch), SA_ADDR);
}

/* What a stream says and hears of how it sounds: VoIP metrics (RFC 3611) beside libre's own RTCP reports. */
#include "stream-state.h"

#include "quality.h"

#include <string.h>

#define REPORT_LAYER 20           /* above SRTCP: what is added gets sealed, what comes in was opened */
#define RTCP_SENDER_REPORT 200
#define RTCP_RECEIVER_REPORT 201

void stream_measure(const struct stream *stream, struct stream_statistics *statistics)
{
	struct burst burst = stream->burst;
	struct rtcp_stats reports = { 0 };

	burst_settle(&burst);
	/* Fails, leaving zeros, when nothing was ever received. */
	(void)rtcp_stats(stream->rtp, stream->rx_ssrc, &reports);
	*statistics = (struct stream_statistics){
		.tx_packets = stream->tx_packets,
		.rx_packets = stream->rx_packets,
		.rx_lost = reports.rx.lost > 0 ? reports.rx.lost : 0,
		.rx_jitter_us = (uint32_t)(stream->rx_jitter16_us >> 4),
		.tx_lost = reports.tx.lost > 0 ? reports.tx.lost : 0,
		.tx_jitter_us = reports.tx.jit,
		.rtt_us = reports.rtt,
		.reports = stream->reports,
		.buffer_ms = jitter_delay_ms(&stream->jitter),
		.delay_ms = STREAM_DEVICE_MS + jitter_delay_ms(&stream->jitter) + reports.rtt / 2000,
		.late = stream->jitter.late,
		.underruns = stream->jitter.underruns,
		.bursts = burst.bursts,
		.burst_packets = burst.burst_packets,
		.burst_lost = burst.burst_lost,
		.packets_judged = burst.packets,
		.packets_lost = burst.lost,
		.has_far = stream->has_far,
		.far = stream->far,
	};
}

/* A part of a whole in 256ths. */
static uint8_t share(uint32_t part, uint32_t whole)
{
	uint64_t value = whole ? (uint64_t)part * 256 / whole : 0;

	return value > UINT8_MAX ? UINT8_MAX : (uint8_t)value;
}

static uint16_t short_of(uint64_t value)
{
	return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

static void fill(const struct stream *stream, struct voip_metrics *metrics)
{
	struct stream_statistics now;
	struct quality heard, talked;
	uint32_t gap_packets, expected;

	stream_measure(stream, &now);
	gap_packets = now.packets_judged - now.burst_packets;
	expected = now.rx_packets + (uint32_t)now.rx_lost;
	talked = quality_of(stream->terms.codec, now.delay_ms, stream_lost(&now), expected);
	heard = quality_of(stream->terms.codec, 0, stream_lost(&now), expected);
	*metrics = (struct voip_metrics){
		.source = stream->rx_ssrc,
		.loss = share((uint32_t)now.rx_lost, expected),
		.discard = share(now.late, expected),
		.burst_density = share(now.burst_lost, now.burst_packets),
		.gap_density = share(now.packets_lost - now.burst_lost, gap_packets),
		.burst_ms = short_of(now.bursts ? (uint64_t)now.burst_packets * STREAM_PACKET_MS / now.bursts : 0),
		.gap_ms = short_of((uint64_t)gap_packets * STREAM_PACKET_MS / (now.bursts + 1)),
		.round_trip_ms = short_of(now.rtt_us / 1000),
		.end_system_ms = short_of(STREAM_DEVICE_MS + now.buffer_ms),
		.r_factor = (uint8_t)talked.r_factor,
		.mos_listening = (uint8_t)((heard.mos + 5) / 10),
		.mos_conversational = (uint8_t)((talked.mos + 5) / 10),
		.buffer_nominal_ms = short_of(stream->jitter.minimum * 1000 / TN_RATE),
		.buffer_maximum_ms = short_of(stream->jitter.maximum * 1000 / TN_RATE),
		.buffer_limit_ms = short_of(stream->jitter.maximum * 1000 / TN_RATE),
	};
}

/* Puts the block behind a report that goes out. A packet without room for it goes as it is. */
static bool add_metrics(int *err, struct sa *peer, struct mbuf *packet, void *argument)
{
	struct stream *stream = argument;
	size_t position = packet->pos;
	struct voip_metrics metrics;
	uint8_t text[VOIP_METRICS_BYTES];
	uint8_t type = mbuf_get_left(packet) > 1 ? mbuf_buf(packet)[1] : 0;

	(void)peer;
	*err = 0;
	if (!stream->terms.metrics || !stream->rx_packets || (type != RTCP_SENDER_REPORT && type != RTCP_RECEIVER_REPORT))
		return false;
	fill(stream, &metrics);
	voip_metrics_write(&metrics, rtp_sess_ssrc(stream->rtp), text);
	packet->pos = packet->end;
	(void)mbuf_write_mem(packet, text, sizeof(text));
	packet->pos = position;
	return false;
}

static bool hear_metrics(struct sa *source, struct mbuf *packet, void *argument)
{
	struct stream *stream = argument;

	(void)source;
	if (voip_metrics_read(&stream->far, rtp_sess_ssrc(stream->rtp), mbuf_buf(packet), mbuf_get_left(packet)))
		stream->has_far = true;
	return false;
}

void stream_report_to(struct stream *stream, const struct sa *peer)
{
	stream->reports_to = *peer;
	rtcp_start(stream->rtp, "tonalite", sa_isset(peer, SA_ALL) ? peer : NULL);
}

static bool tells_of_us(const struct stream *stream, const struct rtcp_msg *message)
{
	const struct rtcp_rr *blocks = message->hdr.pt == RTCP_SR ? message->r.sr.rrv : message->r.rr.rrv;

	if (message->hdr.pt != RTCP_SR && message->hdr.pt != RTCP_RR)
		return false;
	for (unsigned i = 0; i < message->hdr.count; i++)
		if (blocks[i].ssrc == rtp_sess_ssrc(stream->rtp))
			return true;
	return false;
}

/* Symmetric RTCP: reports go where the far end's come from. */
void stream_on_rtcp(const struct sa *source, struct rtcp_msg *message, void *argument)
{
	struct stream *stream = argument;

	if (tells_of_us(stream, message))
		stream->reports++;
	if (stream->running && !sa_cmp(source, &stream->reports_to, SA_ALL))
		stream_report_to(stream, source);
}

int stream_report(struct stream *stream)
{
	return udp_register_helper(NULL, rtcp_sock(stream->rtp), REPORT_LAYER, add_metrics, hear_metrics, stream);
}

#include "stream.h"

#include "jitter.h"
#include "latch.h"
#include "media.h"
#include "network.h"
#include "telephone-event.h"

#include <errno.h>
#include <spandsp.h>
#include <string.h>

#define PAYLOAD_PCMU 0            /* RFC 3551 §6 */
#define PAYLOAD_PCMA 8
#define RTP_PORT_MIN 16384
#define RTP_PORT_MAX 32766
#define JITTER_MIN_MS 20
#define JITTER_MAX_MS 120
#define LATCH_LAYER 0

struct stream {
	int line;
	int32_t call;
	struct rtp_sock *rtp;
	struct mbuf *packet;
	bool running, marker;
	struct stream_terms terms;
	struct latch latch;
	struct sa reports_to;
	struct jitter jitter;
	struct telephone_event_sender sender;
	struct telephone_event_receiver receiver;
	uint32_t timestamp;            /* of the frame being sent */
	uint32_t tx_packets, rx_packets, rx_ssrc;
	uint64_t rx_transit_us, rx_jitter16_us; /* RFC 3550 §6.4.1, the latter times 16 */
};

static struct stream *streams[TN_MAX_LINES];   /* media thread only */

/* ---- received ---- */

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

static void receive_audio(struct stream *stream, const struct rtp_header *header, const uint8_t *payload, size_t length)
{
	int16_t samples[JITTER_PACKET_MAX];
	unsigned count = length > JITTER_PACKET_MAX ? JITTER_PACKET_MAX : (unsigned)length;

	for (unsigned i = 0; i < count; i++)
		samples[i] = header->pt == PAYLOAD_PCMU ? ulaw_to_linear(payload[i]) : alaw_to_linear(payload[i]);
	count_jitter(stream, header->ts);
	if (stream->terms.receive)
		jitter_put(&stream->jitter, header->ts, samples, count);
}

static void receive_event(struct stream *stream, const struct rtp_header *header, const uint8_t *payload, size_t length)
{
	char digit = telephone_event_receive(&stream->receiver, header->ts, payload, length);

	jitter_excuse(&stream->jitter);
	if (!digit)
		return;
	tn_line_play_digit(stream->line, digit);
	tn_emit("\"event\":\"remoteDigit\",\"line\":%d,\"call\":%d,\"digit\":\"%c\"", stream->line, stream->call, digit);
}

static void on_rtp(const struct sa *source, const struct rtp_header *header, struct mbuf *body, void *argument)
{
	struct stream *stream = argument;
	bool audio = (header->pt == PAYLOAD_PCMA && stream->terms.accepts[TN_CODEC_PCMA]) ||
		     (header->pt == PAYLOAD_PCMU && stream->terms.accepts[TN_CODEC_PCMU]);
	size_t length = mbuf_get_left(body);

	if (!stream->running || !length || (!audio && header->pt != stream->terms.event_receive))
		return;
	/* RFC 3550 §5.1: the last byte of a padded packet tells how much is padding. */
	if (header->pad && mbuf_buf(body)[length - 1] <= length)
		length -= mbuf_buf(body)[length - 1];
	latch_confirm(&stream->latch, source);
	stream->rx_ssrc = header->ssrc;
	stream->rx_packets++;
	if (audio)
		receive_audio(stream, header, mbuf_buf(body), length);
	else
		receive_event(stream, header, mbuf_buf(body), length);
}

/* Before libre counts a packet: whatever does not come from the far end is not there. */
static bool is_strange(struct sa *source, struct mbuf *packet, void *argument)
{
	struct stream *stream = argument;

	(void)packet;
	return !stream->running || !latch_admits(&stream->latch, source);
}

static bool is_strange_report(struct sa *source, struct mbuf *packet, void *argument)
{
	struct stream *stream = argument;

	(void)packet;
	return !stream->running || !sa_cmp(source, latch_peer(&stream->latch), SA_ADDR);
}

static void report_to(struct stream *stream, const struct sa *peer)
{
	stream->reports_to = *peer;
	rtcp_start(stream->rtp, "tonalite", sa_isset(peer, SA_ALL) ? peer : NULL);
}

/* Symmetric RTCP: reports go where the far end's come from. */
static void on_rtcp(const struct sa *source, struct rtcp_msg *message, void *argument)
{
	struct stream *stream = argument;

	(void)message;
	if (stream->running && !sa_cmp(source, &stream->reports_to, SA_ALL))
		report_to(stream, source);
}

/* ---- sent ---- */

static void send_packet(struct stream *stream, uint8_t payload_type, bool marker, uint32_t timestamp)
{
	stream->packet->pos = RTP_HEADER_SIZE;
	if (!rtp_send(stream->rtp, latch_peer(&stream->latch), false, marker, payload_type, timestamp, stream->packet))
		stream->tx_packets++;
}

static void send_audio(struct stream *stream, const int16_t *samples)
{
	bool ulaw = stream->terms.codec == TN_CODEC_PCMU;
	uint8_t *payload;

	stream->packet->end = RTP_HEADER_SIZE + TN_FRAME;
	payload = stream->packet->buf + RTP_HEADER_SIZE;
	for (int i = 0; i < TN_FRAME; i++)
		payload[i] = ulaw ? linear_to_ulaw(samples[i]) : linear_to_alaw(samples[i]);
	send_packet(stream, ulaw ? PAYLOAD_PCMU : PAYLOAD_PCMA, stream->marker, stream->timestamp);
	stream->marker = false;
}

/* True while a digit is sent as an event: the same digit in the sound is left out. */
static bool send_event(struct stream *stream)
{
	uint8_t payload[TELEPHONE_EVENT_BYTES];
	bool marker;
	int copies = telephone_event_payload(&stream->sender, stream->timestamp + TN_FRAME, payload, &marker);

	for (int i = 0; i < copies; i++) {
		memcpy(stream->packet->buf + RTP_HEADER_SIZE, payload, sizeof(payload));
		stream->packet->end = RTP_HEADER_SIZE + sizeof(payload);
		send_packet(stream, (uint8_t)stream->terms.event_send, marker, stream->sender.start);
		stream->marker = true; /* sound begins a new talkspurt after it */
	}
	return copies > 0;
}

void stream_step(int line)
{
	int16_t to_phone[TN_FRAME], from_phone[TN_FRAME];
	struct stream *stream = streams[line];
	bool heard = stream && stream->running && jitter_get(&stream->jitter, to_phone);

	tn_line_exchange(line, heard ? to_phone : NULL, from_phone);
	if (!stream || !stream->running)
		return;
	if (stream->terms.send) {
		if (!send_event(stream))
			send_audio(stream, from_phone);
	} else {
		stream->marker = true;
	}
	stream->timestamp += TN_FRAME;
}

void streams_skip(uint64_t steps)
{
	for (int line = 0; line < TN_MAX_LINES; line++)
		if (streams[line])
			streams[line]->timestamp += (uint32_t)steps * TN_FRAME;
}

void tn_voice_digit(int line, char digit, int on)
{
	struct stream *stream = line >= 0 && line < TN_MAX_LINES ? streams[line] : NULL;
	int code = telephone_event_code(digit);

	if (!stream || !stream->running || code < 0 || stream->terms.event_send < 0)
		return;
	if (on)
		telephone_event_begin(&stream->sender, code, stream->timestamp);
	else
		telephone_event_finish(&stream->sender);
}

/* ---- by the SIP thread, run on the media thread ---- */

static void stream_free(void *argument)
{
	struct stream *stream = argument;

	mem_deref(stream->rtp);
	mem_deref(stream->packet);
}

struct opening {
	struct stream *stream;
	const struct tn_config *config;
	const struct sa *address;
	int error;
};

static int bind_ports(struct stream *stream, const struct opening *opening)
{
	uint16_t lowest = (uint16_t)(opening->config->rtp_port_min ? opening->config->rtp_port_min : RTP_PORT_MIN);
	uint16_t highest = (uint16_t)(opening->config->rtp_port_max ? opening->config->rtp_port_max : RTP_PORT_MAX);
	int err = rtp_listen(&stream->rtp, IPPROTO_UDP, opening->address, lowest, highest, true, on_rtp, on_rtcp,
			     stream);

	if (err)
		return err;
	rtcp_set_srate(stream->rtp, TN_RATE, TN_RATE);
	network_mark_udp(rtp_sock(stream->rtp), opening->config->dscp_media);
	network_mark_udp(rtcp_sock(stream->rtp), opening->config->dscp_media);
	err = udp_register_helper(NULL, rtp_sock(stream->rtp), LATCH_LAYER, NULL, is_strange, stream);
	return err ? err
		   : udp_register_helper(NULL, rtcp_sock(stream->rtp), LATCH_LAYER, NULL, is_strange_report, stream);
}

static void run_open(void *argument)
{
	struct opening *opening = argument;
	struct stream *stream = opening->stream;

	stream->packet = mbuf_alloc(RTP_HEADER_SIZE + TN_FRAME);
	opening->error = stream->packet ? bind_ports(stream, opening) : ENOMEM;
	if (opening->error)
		mem_deref(stream);
	else
		streams[stream->line] = stream;
}

int stream_open(struct stream **out, const struct tn_config *config, const struct sa *address, int line, int32_t call)
{
	struct opening opening = { .config = config, .address = address };
	struct stream *stream = mem_zalloc(sizeof(*stream), stream_free);

	if (!stream)
		return ENOMEM;
	stream->line = line;
	stream->call = call;
	stream->marker = true;
	stream->timestamp = rand_u32();
	stream->terms.event_send = stream->terms.event_receive = -1;
	jitter_open(&stream->jitter, config->jitter_min_ms ? config->jitter_min_ms : JITTER_MIN_MS,
		    config->jitter_max_ms ? config->jitter_max_ms : JITTER_MAX_MS);
	opening.stream = stream;
	media_run(run_open, &opening);
	if (!opening.error)
		*out = stream;
	return opening.error;
}

uint16_t stream_port(const struct stream *stream)
{
	return sa_port(rtp_local(stream->rtp));
}

struct applying {
	struct stream *stream;
	const struct stream_terms *terms;
};

static void run_apply(void *argument)
{
	struct applying *applying = argument;
	struct stream *stream = applying->stream;
	bool moved = !stream->running || !sa_cmp(&stream->terms.rtp, &applying->terms->rtp, SA_ALL);

	stream->terms = *applying->terms;
	stream->running = true;
	if (!moved)
		return;
	latch_open(&stream->latch, &stream->terms.rtp);
	report_to(stream, &stream->terms.rtcp);
}

void stream_apply(struct stream *stream, const struct stream_terms *terms)
{
	struct applying applying = { stream, terms };

	media_run(run_apply, &applying);
}

struct closing {
	struct stream *stream;
	struct stream_statistics *statistics;
};

static void run_close(void *argument)
{
	struct closing *closing = argument;
	struct stream *stream = closing->stream;
	struct rtcp_stats reports = { 0 };

	streams[stream->line] = NULL;
	/* Fails, leaving zeros, when nothing was ever received. */
	(void)rtcp_stats(stream->rtp, stream->rx_ssrc, &reports);
	*closing->statistics = (struct stream_statistics){
		.tx_packets = stream->tx_packets,
		.rx_packets = stream->rx_packets,
		.rx_lost = reports.rx.lost > 0 ? reports.rx.lost : 0,
		.rx_jitter_us = (uint32_t)(stream->rx_jitter16_us >> 4),
		.tx_lost = reports.tx.lost > 0 ? reports.tx.lost : 0,
		.tx_jitter_us = reports.tx.jit,
		.rtt_us = reports.rtt,
		.late = stream->jitter.late,
		.underruns = stream->jitter.underruns,
	};
	mem_deref(stream);
}

void stream_close(struct stream *stream, struct stream_statistics *statistics)
{
	struct closing closing = { stream, statistics };

	memset(statistics, 0, sizeof(*statistics));
	if (stream)
		media_run(run_close, &closing);
}

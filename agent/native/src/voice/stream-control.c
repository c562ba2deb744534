/* Opening, changing and closing a stream: called by the SIP thread, run on the media thread. */
#include "stream-state.h"

#include "media.h"
#include "network.h"

#include <errno.h>
#include <string.h>

#define RTP_PORT_MIN 16384
#define RTP_PORT_MAX 32766
#define JITTER_MIN_MS 20
#define JITTER_MAX_MS 120
#define LATCH_LAYER 0

static void stream_free(void *argument)
{
	struct stream *stream = argument;

	stream_fax_close(stream->fax);
	mem_deref(stream->rtp);
	mem_deref(stream->packet);
	mem_deref(stream->codec);
	mem_deref(stream->cipher_out);
	mem_deref(stream->cipher_in);
	explicit_bzero(&stream->terms, sizeof(stream->terms));
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
	int err = rtp_listen(&stream->rtp, IPPROTO_UDP, opening->address, lowest, highest, true, stream_on_rtp, stream_on_rtcp,
			     stream);

	if (err)
		return err;
	rtcp_set_srate(stream->rtp, TN_RATE, TN_RATE);
	network_mark_udp(rtp_sock(stream->rtp), opening->config->dscp_media);
	network_mark_udp(rtcp_sock(stream->rtp), opening->config->dscp_media);
	err = udp_register_helper(NULL, rtp_sock(stream->rtp), LATCH_LAYER, NULL, stream_is_strange, stream);
	if (!err)
		err = udp_register_helper(NULL, rtcp_sock(stream->rtp), LATCH_LAYER, NULL, stream_is_strange_report, stream);
	if (!err)
		err = stream_guard(stream);
	return err ? err : stream_report(stream);
}

static void run_open(void *argument)
{
	struct opening *opening = argument;
	struct stream *stream = opening->stream;

	stream->packet = mbuf_alloc(RTP_HEADER_SIZE + TN_FRAME);
	stream->codec = codec_alloc();
	stream->fax = stream_fax_open(stream);
	opening->error = stream->packet && stream->codec ? bind_ports(stream, opening) : ENOMEM;
	for (int i = 0; !opening->error && i <= TN_LINE_PLACES; i++) {
		if (i == TN_LINE_PLACES) {
			opening->error = EBUSY;
		} else if (!streams[stream->line][i]) {
			streams[stream->line][i] = stream;
			break;
		}
	}
	if (opening->error)
		mem_deref(stream);
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
	int error;
};

static void run_apply(void *argument)
{
	struct applying *applying = argument;
	struct stream *stream = applying->stream;
	bool moved;

	applying->error = stream_take_keys(stream, applying->terms);
	if (!applying->error)
		applying->error = stream_fax_apply(stream, applying->terms);
	if (applying->error)
		return;
	moved = !stream->running || !sa_cmp(&stream->terms.rtp, &applying->terms->rtp, SA_ALL);

	stream->terms = *applying->terms;
	stream->running = true;
	if (!moved)
		return;
	latch_open(&stream->latch, &stream->terms.rtp);
	stream_report_to(stream, &stream->terms.rtcp);
}

int stream_apply(struct stream *stream, const struct stream_terms *terms)
{
	struct applying applying = { .stream = stream, .terms = terms };

	media_run(run_apply, &applying);
	return applying.error;
}

struct holding {
	struct stream *stream;
	bool on;
};

static void run_hold(void *argument)
{
	struct holding *holding = argument;

	holding->stream->holding = holding->on;
	/* What was said meanwhile is past; silence while it was not listened to is no loss either. */
	jitter_excuse(&holding->stream->jitter);
}

void stream_hold(struct stream *stream, bool on)
{
	struct holding holding = { stream, on };

	media_run(run_hold, &holding);
}

static void run_probe(void *argument)
{
	struct stream *stream = argument;

	echo_probe_start(&stream->probe);
}

void stream_probe(struct stream *stream)
{
	media_run(run_probe, stream);
}

struct conference {
	int line;
	bool on;
};

static void run_confer(void *argument)
{
	struct conference *conference = argument;

	conferring[conference->line] = conference->on;
}

void streams_confer(int line, bool on)
{
	struct conference conference = { line, on };

	media_run(run_confer, &conference);
}

struct closing {
	struct stream *stream;
	struct stream_statistics *statistics;
};

static void run_close(void *argument)
{
	struct closing *closing = argument;
	struct stream *stream = closing->stream;
	unsigned left = 0;

	for (int i = 0; i < TN_LINE_PLACES; i++) {
		if (streams[stream->line][i] == stream)
			streams[stream->line][i] = NULL;
		left += streams[stream->line][i] != NULL;
	}
	/* A conference of one is none. */
	conferring[stream->line] = conferring[stream->line] && left > 1;
	stream_measure(stream, closing->statistics);
	closing->statistics->probes_sent = echo_probe_sent(&stream->probe);
	closing->statistics->probes_heard = stream->probe.heard;
	closing->statistics->probe_delay_ms = echo_probe_delay_ms(&stream->probe);
	mem_deref(stream);
}

void stream_close(struct stream *stream, struct stream_statistics *statistics)
{
	struct closing closing = { stream, statistics };

	memset(statistics, 0, sizeof(*statistics));
	if (stream)
		media_run(run_close, &closing);
}

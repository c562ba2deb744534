/* The sound of one call: RTP and RTCP, jitter buffer, telephone events. Lives on the media thread; `stream_open`, `_apply`,
 * `_reply_statistics`, `_close` are called by the SIP thread and wait for it. */
#ifndef TN_VOICE_STREAM_H
#define TN_VOICE_STREAM_H

#include "../engine.h"
#include "codec.h"
#include "sdes.h"
#include "t38-sdp.h"
#include "voip-metrics.h"

#include <re.h>
#include <stdbool.h>

struct stream;

/* What an offer and its answer agreed on. */
struct stream_terms {
	uint32_t codec;                /* enum tn_codec to send */
	int send_type, receive_type[CODEC_COUNT]; /* payload types: of `codec`, of what the far end may send (-1: not) */
	int event_send, event_receive; /* payload types of telephone-event, -1: none */
	bool send, receive;            /* directions as seen from here */
	bool comfort;                  /* our silence may be told instead of sent (RFC 3389) */
	bool info;                     /* digits go by SIP INFO, not in the sound */
	bool held;                     /* by the far end, which does not want our sound */
	bool metrics;                  /* the far end wants to hear of VoIP metrics (RFC 3611) */
	struct sa rtp, rtcp;           /* the far end, as it said itself */
	bool secure;                   /* SRTP and SRTCP, both ways */
	enum srtp_suite suite;
	uint8_t key_out[SDES_KEY], key_in[SDES_KEY];
	bool image;                    /* T.38 has the place of sound; `rtp` is where its packets go */
	struct t38_terms t38;
};

/* RFC 3550 §6.4: counts of packets, times in microseconds. tx figures and the round trip come from the far end's `reports`
 * and stay 0 without them. */
struct stream_statistics {
	uint32_t tx_packets, rx_packets, rx_jitter_us, tx_jitter_us, rtt_us, late, underruns, reports, delay_ms, buffer_ms;
	uint32_t probes_sent, probes_heard, probe_delay_ms;
	int32_t rx_lost, tx_lost;
	uint32_t packets_judged, packets_lost; /* of which is known whether they were heard */
	uint32_t bursts, burst_packets, burst_lost;
	bool has_far;
	struct voip_metrics far;       /* what the far end said of our sound last */
};

/* RFC 3611 §4.7.1: what came too late to be played is lost as well. */
static inline uint32_t stream_lost(const struct stream_statistics *statistics)
{
	return (uint32_t)statistics->rx_lost + statistics->late;
}

/* Binds a pair of ports on `address` for a call of a line; errno. */
int stream_open(struct stream **stream, const struct tn_config *config, const struct sa *address, int line,
		int32_t call);
uint16_t stream_port(const struct stream *stream);
/* Starts sound, or changes it (hold, other codec, other far end, other keys); errno leaves it as it was. */
int stream_apply(struct stream *stream, const struct stream_terms *terms);
/* Keeps a stream away from the telephone: it sends silence, and is not heard. */
void stream_hold(struct stream *stream, bool on);
/* Makes the stream a test: it sends bursts of a tone and listens for their echo; the telephone has no part in it. */
void stream_probe(struct stream *stream);
/* Lets a line's streams that are not on hold hear each other. From the SIP thread. */
void streams_confer(int line, bool on);
/* Ends sound, fills the statistics and frees the stream. NULL is allowed: all figures 0. */
void stream_close(struct stream *stream, struct stream_statistics *statistics);

/* ---- by the media clock ---- */
void stream_step(int line);
/* The clock lost `steps` steps: timestamps go on as if they had been sent. */
/* Whether any call of the line has sound. */
bool streams_sound(int line);
void streams_skip(uint64_t steps);

#endif

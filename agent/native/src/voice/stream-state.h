/* What the files of a stream share. Media thread only. */
#ifndef TN_VOICE_STREAM_STATE_H
#define TN_VOICE_STREAM_STATE_H

#include "../dsp/echo-probe.h"
#include "burst.h"
#include "jitter.h"
#include "latch.h"
#include "stream.h"
#include "stream-fax.h"
#include "telephone-event.h"

struct stream {
	int line;
	int32_t call;
	struct rtp_sock *rtp;
	struct mbuf *packet;
	struct codec *codec;
	uint16_t rx_sequence;          /* of the newest packet with sound */
	bool running, marker, holding;
	bool pressed;                  /* a digit that goes by INFO is being pressed */
	struct stream_terms terms;
	struct srtp *cipher_out, *cipher_in; /* NULL: in the clear */
	struct latch latch;
	struct sa reports_to;
	struct jitter jitter;
	struct comfort_judge silence;  /* of ours */
	struct stream_fax *fax;        /* NULL: without memory for it */
	struct echo_probe probe;       /* of a call that is a test */
	struct telephone_event_sender sender;
	struct telephone_event_receiver receiver;
	uint32_t timestamp;            /* of the frame being sent */
	uint32_t tx_packets, rx_packets, rx_ssrc, reports;
	struct burst burst;
	struct voip_metrics far;       /* what the far end says of our sound, once it has */
	bool has_far;
	uint64_t rx_transit_us, rx_jitter16_us; /* RFC 3550 §6.4.1, the latter times 16 */
};

extern struct stream *streams[TN_MAX_LINES][TN_LINE_PLACES]; /* NULL: free */
extern bool conferring[TN_MAX_LINES];

/* The handlers libre calls. */
void stream_on_rtp(const struct sa *source, const struct rtp_header *header, struct mbuf *body, void *argument);
void stream_on_rtcp(const struct sa *source, struct rtcp_msg *message, void *argument);
/* Before libre counts a packet: whether it comes from somebody else than the far end. */
bool stream_is_strange(struct sa *source, struct mbuf *packet, void *argument);
bool stream_is_strange_report(struct sa *source, struct mbuf *packet, void *argument);

/* ---- stream-report.c ---- */
#define STREAM_PACKET_MS 20
#define STREAM_DEVICE_MS 40       /* one packet on its way out at the far end, one step of the clock here */
/* Adds to the reports that libre sends, and reads what it does not; errno. */
int stream_report(struct stream *stream);
void stream_measure(const struct stream *stream, struct stream_statistics *statistics);

/* Puts SRTP between the sockets and libre's RTP; errno. */
int stream_guard(struct stream *stream);
/* Takes the keys of `terms` when they are other ones than the stream has; errno. */
int stream_take_keys(struct stream *stream, const struct stream_terms *terms);

void stream_report_to(struct stream *stream, const struct sa *peer);

#endif

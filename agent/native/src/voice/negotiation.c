#include "negotiation.h"

#include <errno.h>
#include <string.h>

#define EVENT_PAYLOAD "101"
#define EVENT_DIGITS "0-15"

const char *negotiation_codec_name(uint32_t codec)
{
	switch (codec) {
	case TN_CODEC_PCMA:
		return "PCMA";
	case TN_CODEC_PCMU:
		return "PCMU";
	default:
		return "";
	}
}

/* RFC 3551 §6: both have static payload types, often without rtpmap. */
static int payload_type(uint32_t codec)
{
	return codec == TN_CODEC_PCMA ? 8 : 0;
}

static int add_formats(struct sdp_media *audio, const struct account *account)
{
	int err = 0;

	for (unsigned i = 0; i < ACCOUNT_CODECS && account->codecs[i] != TN_CODEC_NONE && !err; i++)
		err = sdp_format_add(NULL, audio, false, account->codecs[i] == TN_CODEC_PCMA ? "8" : "0",
				     negotiation_codec_name(account->codecs[i]), TN_RATE, 1, NULL, NULL, NULL, false,
				     NULL);
	if (!err)
		err = sdp_format_add(NULL, audio, false, EVENT_PAYLOAD, telev_rtpfmt, TN_RATE, 1, NULL, NULL, NULL,
				     false, EVENT_DIGITS);
	return err ? err : sdp_media_set_lattr(audio, true, sdp_attr_ptime, "20");
}

int negotiation_open(struct negotiation *negotiation, const struct account *account, const struct sa *address,
		     uint16_t rtp_port)
{
	int err = sdp_session_alloc(&negotiation->session, address);

	if (!err)
		err = sdp_media_add(&negotiation->audio, negotiation->session, sdp_media_audio, rtp_port, sdp_proto_rtpavp);
	return err ? err : add_formats(negotiation->audio, account);
}

void negotiation_close(struct negotiation *negotiation)
{
	negotiation->session = mem_deref(negotiation->session);
	negotiation->audio = NULL;
}

bool negotiation_in(const struct sip_msg *message)
{
	return message && mbuf_get_left(message->mb) && msg_ctype_cmp(&message->ctyp, "application", "sdp");
}

static struct sdp_format *common_format(struct sdp_media *audio, uint32_t codec)
{
	struct sdp_format *format =
		sdp_media_format(audio, true, NULL, payload_type(codec), negotiation_codec_name(codec), TN_RATE, 1);

	return format && format->sup ? format : NULL;
}

/* Our order decides among what an offer has; the answer names that codec alone, so that both ends send the same. */
static uint32_t choose_for_answer(struct sdp_media *audio, const struct account *account)
{
	uint32_t chosen = TN_CODEC_NONE;

	for (unsigned i = 0; i < ACCOUNT_CODECS && account->codecs[i] != TN_CODEC_NONE; i++) {
		struct sdp_format *format = common_format(audio, account->codecs[i]);

		if (format && chosen != TN_CODEC_NONE)
			format->sup = false;
		else if (format)
			chosen = account->codecs[i];
	}
	return chosen;
}

static bool is_supported_codec(struct sdp_format *format, void *argument)
{
	(void)argument;
	return format->sup && (format->pt == payload_type(TN_CODEC_PCMA) || format->pt == payload_type(TN_CODEC_PCMU));
}

/* RFC 3264 §6.1: the first format of an answer is what its sender would rather have. */
static uint32_t choose_from_answer(struct sdp_media *audio)
{
	const struct sdp_format *format =
		sdp_media_format_apply(audio, false, NULL, -1, NULL, -1, -1, is_supported_codec, NULL);

	if (!format)
		return TN_CODEC_NONE;
	return format->pt == payload_type(TN_CODEC_PCMA) ? TN_CODEC_PCMA : TN_CODEC_PCMU;
}

static void read_terms(struct sdp_media *audio, uint32_t codec, struct stream_terms *terms)
{
	const struct sdp_format *theirs = sdp_media_rformat(audio, telev_rtpfmt);
	const struct sdp_format *ours =
		sdp_media_format(audio, true, NULL, -1, telev_rtpfmt, TN_RATE, 1);
	enum sdp_dir direction = sdp_media_dir(audio);
	bool reachable = sa_isset(sdp_media_raddr(audio), SA_ALL);

	memset(terms, 0, sizeof(*terms));
	terms->codec = codec;
	for (uint32_t other = TN_CODEC_PCMA; other <= TN_CODEC_PCMU; other++)
		terms->accepts[other] = common_format(audio, other) != NULL;
	terms->event_send = theirs ? theirs->pt : -1;
	terms->event_receive = theirs && ours ? ours->pt : -1;
	/* RFC 2543's way to hold, an address of zeros, is still met. */
	terms->send = reachable && (direction & SDP_SENDONLY);
	terms->receive = direction & SDP_RECVONLY;
	terms->rtp = *sdp_media_raddr(audio);
	sdp_media_raddr_rtcp(audio, &terms->rtcp);
}

int negotiation_read(struct negotiation *negotiation, const struct account *account, const struct sip_msg *message,
		     bool is_offer, struct stream_terms *terms)
{
	int err = sdp_decode(negotiation->session, message->mb, is_offer);
	uint32_t codec;

	if (err)
		return err;
	/* A description without our audio line, or with its port 0, agrees on nothing (RFC 3264 §6). */
	if (!sa_port(sdp_media_raddr(negotiation->audio)))
		return ENOTSUP;
	codec = is_offer ? choose_for_answer(negotiation->audio, account) : choose_from_answer(negotiation->audio);
	if (codec == TN_CODEC_NONE)
		return ENOTSUP;
	read_terms(negotiation->audio, codec, terms);
	return 0;
}

int negotiation_write(struct negotiation *negotiation, bool is_offer, struct mbuf **description)
{
	return sdp_encode(description, negotiation->session, is_offer);
}

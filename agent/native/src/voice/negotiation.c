#include "negotiation.h"

#include "comfort.h"

#include <openssl/rand.h>

#include <errno.h>
#include <string.h>

#define EVENT_PAYLOAD "101"
#define EVENT_DIGITS "0-15"
#define CRYPTO "crypto"
#define COMFORT "13"
#define COMFORT_NAME "CN"
#define REPORTS "rtcp-xr"         /* RFC 3611 §5.1 */
#define METRICS "voip-metrics"

void negotiation_hold(struct negotiation *negotiation, bool on)
{
	/* RFC 3264 §8.4 */
	sdp_media_set_ldir(negotiation->audio, on ? SDP_SENDONLY : SDP_SENDRECV);
}

static int add_formats(struct sdp_media *audio, const struct account *account)
{
	int err = 0;

	for (unsigned i = 0; i < ACCOUNT_CODECS && account->codecs[i] != TN_CODEC_NONE && !err; i++)
		err = sdp_format_add(NULL, audio, false, codec_facts(account->codecs[i])->payload,
				     codec_facts(account->codecs[i])->name, TN_RATE, 1, NULL, NULL, NULL, false, NULL);
	if (!err && account->silence)
		err = sdp_format_add(NULL, audio, false, COMFORT, COMFORT_NAME, TN_RATE, 1, NULL, NULL, NULL, false, NULL);
	if (!err && account->dtmf == TN_DTMF_AUTOMATIC)
		err = sdp_format_add(NULL, audio, false, EVENT_PAYLOAD, telev_rtpfmt, TN_RATE, 1, NULL, NULL, NULL,
				     false, EVENT_DIGITS);
	if (!err)
		err = sdp_media_set_lattr(audio, true, REPORTS, METRICS);
	return err ? err : sdp_media_set_lattr(audio, true, sdp_attr_ptime, "20");
}

static int write_keys(struct negotiation *negotiation)
{
	char text[SDES_TEXT];
	int err = 0;

	sdp_media_del_lattr(negotiation->audio, CRYPTO);
	for (unsigned i = 0; i < negotiation->key_count && !err; i++) {
		sdes_write(&negotiation->keys[i], text);
		err = sdp_media_set_lattr(negotiation->audio, false, CRYPTO, "%s", text);
	}
	explicit_bzero(text, sizeof(text));
	return err;
}

/* Each line of an offer has a key of its own: RFC 4568 §6.1 forbids the same one in two. */
static int offer_keys(struct negotiation *negotiation)
{
	for (unsigned i = 0; i < SDES_SUITES; i++) {
		struct sdes_line *line = &negotiation->keys[i];

		line->tag = i + 1;
		line->suite = sdes_suite(i);
		if (RAND_bytes(line->key, sizeof(line->key)) != 1)
			return EIO;
	}
	negotiation->key_count = SDES_SUITES;
	return write_keys(negotiation);
}

/* "Offered" writes RTP/AVP with keys, which a far end that knows none of it ignores; each profile is taken in an offer. */
static int add_audio(struct negotiation *negotiation, const struct account *account, uint16_t rtp_port)
{
	bool required = account->media_security == TN_SECURITY_REQUIRED;
	int err = sdp_media_add(&negotiation->audio, negotiation->session, sdp_media_audio, rtp_port,
				required ? sdp_proto_rtpsavp : sdp_proto_rtpavp);

	if (err || account->media_security == TN_SECURITY_OFF)
		return err;
	err = sdp_media_set_alt_protos(negotiation->audio, 1, required ? sdp_proto_rtpavp : sdp_proto_rtpsavp);
	return err ? err : offer_keys(negotiation);
}

int negotiation_open(struct negotiation *negotiation, const struct account *account, const struct sa *address,
		     uint16_t rtp_port)
{
	int err = sdp_session_alloc(&negotiation->session, address);

	negotiation->port = rtp_port;
	if (!err)
		err = add_audio(negotiation, account, rtp_port);
	return err ? err : add_formats(negotiation->audio, account);
}

void negotiation_close(struct negotiation *negotiation)
{
	negotiation->session = mem_deref(negotiation->session);
	negotiation->audio = NULL;
	explicit_bzero(negotiation->keys, sizeof(negotiation->keys));
}

bool negotiation_in(const struct sip_msg *message)
{
	return message && mbuf_get_left(message->mb) && msg_ctype_cmp(&message->ctyp, "application", "sdp");
}

/* RFC 3551 §6: static payload types often come without rtpmap. */
static struct sdp_format *common_format(struct sdp_media *audio, uint32_t codec)
{
	const struct codec_facts *facts = codec_facts(codec);
	struct sdp_format *format = sdp_media_format(audio, true, NULL, facts->fixed, facts->name, TN_RATE, 1);

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

static uint32_t codec_of(const struct sdp_format *format)
{
	for (uint32_t codec = TN_CODEC_PCMA; codec < CODEC_COUNT; codec++) {
		const struct codec_facts *facts = codec_facts(codec);

		if (facts->fixed >= 0 ? format->pt == facts->fixed : !str_casecmp(format->name, facts->name))
			return codec;
	}
	return TN_CODEC_NONE;
}

static bool is_supported_codec(struct sdp_format *format, void *argument)
{
	(void)argument;
	return format->sup && codec_of(format) != TN_CODEC_NONE;
}

/* RFC 3264 §6.1: the first format of an answer is what its sender would rather have. */
static uint32_t choose_from_answer(struct sdp_media *audio)
{
	const struct sdp_format *format =
		sdp_media_format_apply(audio, false, NULL, -1, NULL, -1, -1, is_supported_codec, NULL);

	return format ? codec_of(format) : TN_CODEC_NONE;
}

/* The payload type the far end gave a codec. */
static int their_type(struct sdp_media *audio, uint32_t codec)
{
	const struct codec_facts *facts = codec_facts(codec);
	const struct sdp_format *format = sdp_media_format(audio, false, NULL, facts->fixed, facts->name, TN_RATE, 1);

	return format ? format->pt : facts->fixed;
}

/* Of the media or of the whole session: who says so understands what we send. */
static bool wants_metrics(const struct negotiation *negotiation)
{
	const char *wanted = sdp_media_session_rattr(negotiation->audio, negotiation->session, REPORTS);

	return wanted && strstr(wanted, METRICS);
}

static void read_terms(const struct negotiation *negotiation, uint32_t codec, struct stream_terms *terms)
{
	struct sdp_media *audio = negotiation->audio;
	const struct sdp_format *theirs = sdp_media_rformat(audio, telev_rtpfmt);
	const struct sdp_format *ours =
		sdp_media_format(audio, true, NULL, -1, telev_rtpfmt, TN_RATE, 1);
	enum sdp_dir direction = sdp_media_dir(audio);
	bool reachable = sa_isset(sdp_media_raddr(audio), SA_ALL);

	memset(terms, 0, sizeof(*terms));
	terms->codec = codec;
	terms->metrics = wants_metrics(negotiation);
	terms->send_type = their_type(audio, codec);
	terms->receive_type[TN_CODEC_NONE] = -1;
	for (uint32_t other = TN_CODEC_PCMA; other < CODEC_COUNT; other++) {
		const struct sdp_format *format = common_format(audio, other);

		terms->receive_type[other] = format ? format->pt : -1;
	}
	terms->event_send = theirs ? theirs->pt : -1;
	terms->event_receive = theirs && ours ? ours->pt : -1;
	/* RFC 2543's way to hold, an address of zeros, is still met. */
	terms->send = reachable && (direction & SDP_SENDONLY);
	terms->receive = direction & SDP_RECVONLY;
	terms->held = !reachable || !(sdp_media_rdir(audio) & SDP_SENDONLY);
	terms->rtp = *sdp_media_raddr(audio);
	sdp_media_raddr_rtcp(audio, &terms->rtcp);
}

struct choice {
	const struct negotiation *negotiation;
	bool is_offer;
	struct sdes_line theirs;
	unsigned ours;                 /* index of our line */
};

static bool is_acceptable(const char *name, const char *value, void *argument)
{
	struct choice *choice = argument;

	(void)name;
	if (!sdes_read(&choice->theirs, value))
		return false;
	if (choice->is_offer)
		return true;
	for (choice->ours = 0; choice->ours < choice->negotiation->key_count; choice->ours++) {
		const struct sdes_line *line = &choice->negotiation->keys[choice->ours];

		if (line->tag == choice->theirs.tag && line->suite == choice->theirs.suite)
			return true;
	}
	return false;
}

/* An answer repeats tag and suite of the line it takes (RFC 4568 §5.1.2), with a key of ours. */
static int agree_on_keys(struct negotiation *negotiation, const struct account *account, bool is_offer,
			 struct stream_terms *terms)
{
	struct choice choice = { .negotiation = negotiation, .is_offer = is_offer };
	bool found = negotiation->key_count && sdp_media_rattr_apply(negotiation->audio, CRYPTO, is_acceptable, &choice);
	bool needed = account->media_security == TN_SECURITY_REQUIRED ||
		      !strcmp(sdp_media_proto(negotiation->audio), sdp_proto_rtpsavp);

	terms->secure = found;
	if (!found) {
		if (is_offer)
			sdp_media_del_lattr(negotiation->audio, CRYPTO);
		return needed ? EACCES : 0;
	}
	if (is_offer) {
		negotiation->keys[0].tag = choice.theirs.tag;
		negotiation->keys[0].suite = choice.theirs.suite;
		negotiation->key_count = 1;
	}
	terms->suite = choice.theirs.suite;
	memcpy(terms->key_in, choice.theirs.key, SDES_KEY);
	memcpy(terms->key_out, negotiation->keys[choice.ours].key, SDES_KEY);
	explicit_bzero(&choice, sizeof(choice));
	return is_offer ? write_keys(negotiation) : 0;
}

/* A static payload type needs no rtpmap. */
static bool knows_comfort(struct sdp_media *audio)
{
	return sdp_media_format(audio, false, NULL, COMFORT_TYPE, NULL, -1, -1) != NULL;
}

int negotiation_read(struct negotiation *negotiation, const struct account *account, const struct sip_msg *message,
		     bool is_offer, struct stream_terms *terms)
{
	int err = negotiation_read_image(negotiation, account, message, is_offer, terms);
	struct stream_terms agreed;
	uint32_t codec;

	if (err != ENOENT)
		return err;
	err = sdp_decode(negotiation->session, message->mb, is_offer);
	if (err)
		return err;
	/* A description without our audio line, or with its port 0, agrees on nothing (RFC 3264 §6). */
	if (!sa_port(sdp_media_raddr(negotiation->audio)))
		return ENOTSUP;
	codec = is_offer ? choose_for_answer(negotiation->audio, account) : choose_from_answer(negotiation->audio);
	if (codec == TN_CODEC_NONE)
		return ENOTSUP;
	read_terms(negotiation, codec, &agreed);
	agreed.comfort = (account->silence >> codec & 1) && knows_comfort(negotiation->audio);
	agreed.info = account->dtmf == TN_DTMF_INFO;
	err = agree_on_keys(negotiation, account, is_offer, &agreed);
	/* What began secure stays so: nobody on the way can talk us out of it. */
	if (!err && terms->secure && !agreed.secure)
		err = EACCES;
	if (!err)
		*terms = agreed;
	explicit_bzero(&agreed, sizeof(agreed));
	return err;
}

int negotiation_write(struct negotiation *negotiation, bool is_offer, struct mbuf **description)
{
	int err = sdp_encode(description, negotiation->session, is_offer);

	return err ? err : negotiation_write_image(negotiation, description);
}

/* Offer and answer of a call (RFC 3264): one audio line, its codecs, telephone-event, keys of SRTP. */
#ifndef TN_VOICE_NEGOTIATION_H
#define TN_VOICE_NEGOTIATION_H

#include "account.h"
#include "sdes.h"
#include "stream.h"

struct negotiation {
	struct sdp_session *session;
	struct sdp_media *audio;
	struct sdes_line keys[SDES_SUITES]; /* ours, as last written */
	unsigned key_count;            /* 0: without SRTP */
	uint16_t port;
	bool image;                    /* what is written next has T.38 in place of sound … */
	bool image_line;               /* … on a line of its own beside that of sound */
	struct t38_layout layout;
	struct t38_terms t38;
};

int negotiation_open(struct negotiation *negotiation, const struct account *account, const struct sa *address,
		     uint16_t rtp_port);
void negotiation_close(struct negotiation *negotiation);
/* Whether a message carries a session description. */
bool negotiation_in(const struct sip_msg *message);
/* Reads the far end's offer or answer; `terms` is only written on success. ENOTSUP without a common codec, EACCES
 * without SRTP where it is required. */
int negotiation_read(struct negotiation *negotiation, const struct account *account, const struct sip_msg *message,
		     bool is_offer, struct stream_terms *terms);
int negotiation_write(struct negotiation *negotiation, bool is_offer, struct mbuf **description);

/* What the next offer or answer says of our direction. */
void negotiation_hold(struct negotiation *negotiation, bool on);

/* ---- negotiation-image.c ---- */
/* The next offer has T.38 (1) or sound (0). */
void negotiation_want_image(struct negotiation *negotiation, const struct account *account, bool on);
/* The next offer has no codec but G.711; false when the account has none of it. */
bool negotiation_keep_g711(struct negotiation *negotiation);
/* As negotiation_read for a description with T.38; ENOENT for one of sound, ENOTSUP when T.38 is not wanted or an answer has
 * none. */
int negotiation_read_image(struct negotiation *negotiation, const struct account *account, const struct sip_msg *message,
			   bool is_offer, struct stream_terms *terms);
/* Makes of a description of sound what is to be written; errno leaves it as it was. */
int negotiation_write_image(struct negotiation *negotiation, struct mbuf **description);

#endif

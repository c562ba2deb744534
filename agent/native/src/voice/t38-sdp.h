/* The image line of a session description (ITU-T T.38 Annex D, RFC 6466): what libre's audio session does not know. Pure. */
#ifndef TN_VOICE_T38_SDP_H
#define TN_VOICE_T38_SDP_H

#include <re.h>
#include <stdbool.h>

#define T38_LINES 4               /* media lines a session may have */
#define T38_DATAGRAM 1400         /* what we take, in bytes */

enum t38_recovery { T38_RECOVERY_REDUNDANCY = 0, T38_RECOVERY_PARITY = 1, T38_RECOVERY_NONE = 2 };

/* What one end of a T.38 session can do. */
struct t38_terms {
	uint32_t version;
	uint32_t max_rate;             /* bit/s */
	uint32_t max_datagram;         /* bytes it takes in one packet */
	bool local_tcf;                /* training check made locally, else it travels (T.38 §7.2) */
	enum t38_recovery recovery;
};

/* The media lines of a session, as an answer has to repeat them (RFC 3264 §6). */
struct t38_layout {
	unsigned count, image;         /* lines; which of them is the image */
	char refused[T38_LINES][64];   /* the others with port 0, "" for the image */
};

struct t38_description {
	struct t38_terms terms;
	struct t38_layout layout;
	struct sa peer;
};

/* Reads a description that wants a T.38 image over UDPTL and no sound; ENOENT for any other one, EBADMSG for one that makes no
 * sense. */
int t38_sdp_read(const char *text, size_t length, struct t38_description *description);
/* Whether a description has any image line, even a refused one. */
bool t38_sdp_has_image(const char *text, size_t length);
/* Writes a description: `session` is the part before the first media line of a description of the same session. */
int t38_sdp_write(struct mbuf *out, const struct pl *session, const struct t38_layout *layout, uint16_t port,
		  const struct t38_terms *terms);
/* The part of a description before its first media line. */
void t38_sdp_session(const struct mbuf *description, struct pl *session);
/* Takes the image lines with their attributes out of a description in place. */
void t38_sdp_strip(struct mbuf *description);

#endif

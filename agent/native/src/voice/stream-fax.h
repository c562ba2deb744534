/* Facsimile in the sound of a call: hears that there is one, keeps the line fit for modems, or relays it by T.38. Media thread,
 * but for what is said to be asked by the SIP thread. */
#ifndef TN_VOICE_STREAM_FAX_H
#define TN_VOICE_STREAM_FAX_H

#include "../engine.h"

#include <re.h>
#include <stdbool.h>

struct account;
struct stream;
struct stream_fax;
struct stream_terms;

/* What the SIP thread is told (COMMAND_FAX). */
enum fax_sign {
	FAX_SIGN_PHONE,                /* V.21 from the telephone: the machine here was called */
	FAX_SIGN_FAR,                  /* V.21 from the far end: the machine here calls */
	FAX_SIGN_OVER                  /* the machines have said good-bye, or said nothing for long */
};

/* Without memory for it a call has no facsimile, and is a call. */
struct stream_fax *stream_fax_open(struct stream *stream);
/* Tells the end of a fax that was under way. NULL is allowed. */
void stream_fax_close(struct stream_fax *fax);
/* Begins or ends T.38 as the terms want; errno leaves it as it was. */
int stream_fax_apply(struct stream *stream, const struct stream_terms *terms);
/* Whether T.38 has the place of sound. */
bool stream_fax_relays(const struct stream *stream);
/* A datagram that came while it has. */
void stream_fax_receive(struct stream *stream, struct mbuf *datagram);
/* The relay's 20 ms for the telephone. */
void stream_fax_speak(struct stream *stream, int16_t to_phone[TN_FRAME]);
/* The 20 ms of both ends that have passed; `alone`: nobody else is on the line. */
void stream_fax_hear(struct stream *stream, const int16_t *to_phone, const int16_t *from_phone, bool alone);
/* 20 ms on their way from the telephone (FAX_SIGN_PHONE) or to it: the answering tone of a machine that was called by one is
 * made plain. */
void stream_fax_plain(struct stream *stream, enum fax_sign from, int16_t audio[TN_FRAME]);
/* Modems have the line: digits are not looked for in their sound. */
bool stream_fax_is_data(const struct stream *stream);

/* How the line's faxes go; asked by the SIP thread, before the first sound. */
void stream_fax_set_up(struct stream *stream, const struct account *account);

#endif

/* What the files of a call share: the struct, and what is told of it. */
#ifndef TN_VOICE_CALL_STATE_H
#define TN_VOICE_CALL_STATE_H

#include "call.h"
#include "negotiation.h"
#include "session-timer.h"

enum call_phase { CALL_RINGING, CALL_ANSWERED, CALL_ESTABLISHED };

struct call {
	int line;
	int32_t handle;
	bool outgoing, held, sounding;
	bool holding, anonymous;       /* by us; our number is kept back */
	enum call_phase phase;
	struct account *account;
	struct sipsess *session;
	struct negotiation negotiation;
	struct stream *stream;
	struct stream_terms terms;     /* the last agreed; codec TN_CODEC_NONE: none yet */
	char number[64], name[64], sip_call_id[256];
	char local_tag[64], remote_tag[64]; /* of the dialog, once there is an answer */
	char other_branch[64];         /* tag of the last branch of a forked INVITE that was ended */
	char peer_uri[ACCOUNT_URI];    /* address of record of the far end */
	struct sip_request *request;   /* REFER */
	struct sip_auth *auth;         /* of `request` */
	unsigned challenges;
	bool transferring;             /* the far end was referred, and has not told the end of it */
	char refer_to[ACCOUNT_URI + 512];
	uint64_t start_us, answer_us, end_us; /* CLOCK_MONOTONIC; answer and end 0: not yet */
	struct session_timer timer;
	struct tmr progress;           /* until our reliable 180 is confirmed */
	uint64_t progress_ms;          /* 0: it was not reliable */
	uint32_t confirmed;            /* RSeq of the last provisional answer we confirmed */
	char redirected_to[64];        /* number of a 3xx */
	unsigned route;                /* of the account's, 0: the first */
	struct tmr patience;           /* until the proxy says anything at all */
	bool relaying;                 /* T.38 has the place of sound */
	bool fax_asked, fax_passing;   /* we offered T.38 and have no answer; the fax stays in the sound */
	int fax_code;                  /* with which T.38 was refused */
	struct tmr fax;                /* until it is our turn to offer T.38, or sound again */
	bool told_early;
	int told_code;                 /* of the last provisional answer told */
};

#define CALL_DESCRIPTION "application/sdp"

/* A call with its ports bound and its offer or answer prepared; errno, with *out NULL only without memory. */
int call_alloc(struct call **out, int line, int32_t handle, bool outgoing);
/* RFC 3261 §21: the usual words for a code. */
const char *call_phrase(int code);

/* Emits a call event; `format` adds members after the common ones and begins with a comma. */
void call_tell(const struct call *call, const char *state, const char *format, ...) __attribute__((format(printf, 3, 4)));
void call_tell_ended(const struct call *call, const char *by, int code, const char *reason, const char *reason_header,
		     const struct stream_statistics *statistics);

/* Whom the network says the call is from. */
void call_read_caller(struct call *call, const struct sip_msg *invite);
/* Begins the session of an INVITE with an answer; `headers` are whole lines. errno. */
int call_accept(struct call *call, const struct sip_msg *invite, uint16_t code, const char *phrase, struct mbuf *description,
		const char *headers);
/* Notes the dialog's identity as a response or our own INVITE tells it. */
void call_note_dialog(struct call *call, const struct sip_msg *message);
/* ---- call-dialog.c ---- */
/* A request or final answer of the session came: its interval. */
void call_take_session(struct call *call, const struct sip_msg *message);
void call_read_redirection(struct call *call, const struct sip_msg *message);
/* Sends PRACK for a provisional answer that wants one. */
void call_confirm_progress(struct call *call, const struct sip_msg *message);
/* Our 180 asked for PRACK: repeats it until that comes. */
void call_expect_confirmation(struct call *call);

/* ---- call-replace.c ---- */
/* A call is over: nobody may take its place any more. */
void call_note_ended(const struct call *call);

/* The handlers libre calls, in call-session.c. */
int call_on_credentials(char **user, char **password, const char *realm, void *argument);
int call_on_offer(struct mbuf **description, const struct sip_msg *message, void *argument);
int call_on_answer(const struct sip_msg *message, void *argument);
void call_on_progress(const struct sip_msg *message, void *argument);
void call_on_established(const struct sip_msg *message, void *argument);
/* Declines: whom the subscriber calls is decided by him and the terms, not by the far end. */
void call_on_refer(struct sip *sip, const struct sip_msg *message, void *argument);
void call_on_closed(int err, const struct sip_msg *message, void *argument);

/* ---- call-fax.c ---- */
/* The stream changed as agreed: tells whether T.38 began or ended. */
void call_fax_changed(struct call *call);
/* Our offer was answered without T.38, or refused with `code`. */
void call_fax_refused(struct call *call, int code);
/* A final answer to an INVITE of ours, before libre sees it. */
void call_fax_overhear(const struct sip_msg *answer);

/* Reads a description and, unless the telephone still rings, starts or changes the sound accordingly; errno. */
int call_agree(struct call *call, const struct sip_msg *message, bool is_offer);
int call_sound(struct call *call);
/* Sends the INVITE to the next proxy of the account, when nobody has answered it yet and there is one. */
bool call_try_next_route(struct call *call);
/* Tells the end, frees the call and the line. */
void call_end(struct call *call, const char *by, int code, const char *reason, const char *reason_header);

#endif

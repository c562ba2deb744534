/* One call: its SIP session, its negotiation, its sound, its events. SIP thread only. */
#ifndef TN_VOICE_CALL_H
#define TN_VOICE_CALL_H

#include "command.h"
#include "stream-fax.h"

#include <re.h>

/* What we can do (RFC 3261 §13.3.1.4, §11.2). */
#define CALL_METHODS "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, NOTIFY, REFER"
#define CALL_EXTENSIONS "timer, 100rel, replaces"
#define CALL_SAYS "Allow: " CALL_METHODS "\r\nSupported: " CALL_EXTENSIONS "\r\n"

struct call;

/* Both take the line's handle over: when they fail it is released, and `ended` (outgoing) or a final answer (incoming) told. */
void call_dial(const struct command *command);
void call_arrive(int line, int32_t handle, const struct sip_msg *invite);

/* Answers 486 to a call that finds the line taken, and tells its end: the subscriber may want to know who called. */
void call_turn_away(int line, const struct sip_msg *invite);

/* An INVITE for a line that wants to take the place of one of its calls, answered here; false for any other. */
bool call_replace(int line, const struct sip_msg *invite);

void call_answer(struct call *call);
/* Ends a call from here: BYE, CANCEL, or the answer `code` (0 = 603) to one that rings; "" = the usual phrase. */
void call_hang_up(struct call *call, int code, const char *reason);
/* Puts an answered call on hold or takes it back; otherwise nothing. */
void call_hold(struct call *call, bool on);
/* Refers the far end of an answered call to a number, or to the far end of another call; events `transfer` tell the rest. */
void call_transfer(struct call *call, const char *number);
void call_join(struct call *call, const struct call *other);
/* Tells the far end a digit by SIP INFO. */
void call_inform(struct call *call, char digit);
/* The stream heard or saw something of a fax. */
void call_on_fax(struct call *call, enum fax_sign sign);
/* A NOTIFY of a referral (RFC 3515 §2.4.4), answered here. */
void call_on_notify(struct call *call, const struct sip_msg *notify);
/* PRACK and UPDATE of the dialog, answered here. */
void call_on_prack(struct call *call, const struct sip_msg *request);
void call_on_update(struct call *call, const struct sip_msg *request);
/* Confirms and ends what another branch of a forked INVITE answered after the first; false: it is no such answer. */
bool call_on_other_branch(const struct sip_msg *response);
/* Whether a request belongs to the call's dialog. */
bool call_is_of(const struct call *call, const struct sip_msg *message);
int32_t call_handle(const struct call *call);

#endif

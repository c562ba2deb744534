/* One call: its SIP session, its negotiation, its sound, its events. SIP thread only. */
#ifndef TN_VOICE_CALL_H
#define TN_VOICE_CALL_H

#include "command.h"

#include <re.h>

struct call;

/* Both take the line's handle over: when they fail it is released, and `ended` (outgoing) or a final answer (incoming) told. */
void call_dial(const struct command *command);
void call_arrive(int line, int32_t handle, const struct sip_msg *invite);

/* Answers 486 to a call that finds the line taken, and tells its end: the subscriber may want to know who called. */
void call_turn_away(int line, const struct sip_msg *invite);

void call_answer(struct call *call);
/* Ends a call from here: BYE, CANCEL, or the answer `code` (0 = 603) to one that rings; "" = the usual phrase. */
void call_hang_up(struct call *call, int code, const char *reason);
int32_t call_handle(const struct call *call);

#endif

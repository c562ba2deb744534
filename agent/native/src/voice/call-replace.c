/* A call that takes another's place without the subscriber's doing (RFC 3891): its far end was transferred to somebody, or
 * somebody else picked up what he had dialled. Only the provider's addresses get here, and who asks has to know both tags. */
#include "call-state.h"
#include "replaces.h"
#include "room.h"
#include "switchboard.h"

#include <errno.h>
#include <string.h>

#define ENDED_KEPT 4
#define CODE_TERMINATED 487

/* The calls that ended last: RFC 3891 §3 has an answer of its own for them. */
static struct {
	char call_id[256], local_tag[64], remote_tag[64];
} ended[ENDED_KEPT];
static unsigned next_ended;

void call_note_ended(const struct call *call)
{
	if (!*call->remote_tag)
		return;
	strcpy(ended[next_ended].call_id, call->sip_call_id);
	strcpy(ended[next_ended].local_tag, call->local_tag);
	strcpy(ended[next_ended].remote_tag, call->remote_tag);
	next_ended = (next_ended + 1) % ENDED_KEPT;
}

static bool is(const struct replaces *replaces, const char *call_id, const char *local_tag, const char *remote_tag)
{
	return !pl_strcmp(&replaces->call_id, call_id) && !pl_strcmp(&replaces->local_tag, local_tag) &&
	       !pl_strcmp(&replaces->remote_tag, remote_tag);
}

static struct call *find(int line, const struct replaces *replaces)
{
	for (int i = 0; i < TN_LINE_PLACES; i++) {
		struct call *call = room.calls[line][i];

		if (call && is(replaces, call->sip_call_id, call->local_tag, call->remote_tag))
			return call;
	}
	return NULL;
}

static bool has_ended(const struct replaces *replaces)
{
	for (unsigned i = 0; i < ENDED_KEPT; i++)
		if (*ended[i].remote_tag && is(replaces, ended[i].call_id, ended[i].local_tag, ended[i].remote_tag))
			return true;
	return false;
}

/* Sound and answer of the new call, as the old one left the telephone. */
static int answer(struct call *call, const struct call *old, const struct sip_msg *invite)
{
	bool has_offer = negotiation_in(invite);
	struct mbuf *description = NULL;
	int err = has_offer && call_agree(call, invite, true) ? EPROTO : 0;

	if (err)
		return err;
	call_note_dialog(call, invite);
	call_read_caller(call, invite);
	call_take_session(call, invite);
	call->phase = CALL_ANSWERED;
	call->answer_us = tn_monotonic_us();
	call->holding = old->holding;
	if (call->holding) {
		stream_hold(call->stream, true);
		negotiation_hold(&call->negotiation, true);
	}
	if (has_offer)
		err = call_sound(call);
	if (!err)
		err = negotiation_write(&call->negotiation, !has_offer, &description);
	if (!err)
		err = call_accept(call, invite, 200, "OK", description, CALL_SAYS);
	mem_deref(description);
	return err;
}

static void take_place(struct call *old, const struct sip_msg *invite)
{
	struct call *call = NULL;
	int err = call_alloc(&call, old->line, switchboard_number(), false);

	if (!err)
		err = answer(call, old, invite);
	if (err) {
		(void)sip_treply(NULL, room.sip, invite, err == EPROTO ? 488 : 500,
				 err == EPROTO ? "Not Acceptable Here" : "Server Internal Error");
		mem_deref(call);
		return;
	}
	room_place(call, call->line);
	switchboard_hand_over(call->line, old->handle, call->handle);
	call_tell(call, "replacing", ",\"replaces\":%d", old->handle);
	if (old->phase == CALL_RINGING)
		call_end(old, "local", CODE_TERMINATED, "Replaced", "");
	else
		call_end(old, "remote", 200, "Replaced", "");
}

bool call_replace(int line, const struct sip_msg *invite)
{
	struct replaces replaces;
	struct call *call;
	int err = replaces_read(&replaces, invite);

	if (err == ENOENT)
		return false;
	call = err ? NULL : find(line, &replaces);
	if (err)
		(void)sip_treply(NULL, room.sip, invite, 400, "Bad Request");
	else if (!call && has_ended(&replaces))
		(void)sip_treply(NULL, room.sip, invite, 603, "Decline");
	/* One that rings here is the subscriber's to answer. */
	else if (!call || (call->phase == CALL_RINGING && !call->outgoing))
		(void)sip_treply(NULL, room.sip, invite, 481, "Call/Transaction Does Not Exist");
	else if (call->phase == CALL_ANSWERED)
		(void)sip_treplyf(NULL, NULL, room.sip, invite, false, 500, "Server Internal Error",
				  "Retry-After: 1\r\nContent-Length: 0\r\n\r\n");
	else if (call->phase == CALL_ESTABLISHED && replaces.early_only)
		(void)sip_treply(NULL, room.sip, invite, 486, "Busy Here");
	else
		take_place(call, invite);
	return true;
}

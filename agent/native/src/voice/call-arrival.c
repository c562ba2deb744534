/* A call that comes in: who calls, how it rings, its answer. */
#include "call-state.h"
#include "room.h"
#include "switchboard.h"

#include <errno.h>
#include <string.h>

#define CODE_BUSY 486
#define ALERT_MAX 768 /* an octet becomes six characters at most */

/* RFC 3323 §4.1.1.3, RFC 3325 §9.3: a caller who wants to stay unknown has no number here. */
static bool is_anonymous(const struct sip_msg *invite)
{
	const struct sip_hdr *privacy = sip_msg_hdr(invite, SIP_HDR_PRIVACY);

	return !pl_strcasecmp(&invite->from.uri.user, "anonymous") ||
	       (privacy && pl_strcasecmp(&privacy->val, "none"));
}

/* RFC 3261 §25.1: in a quoted string a backslash only protects the character after it. */
static void read_display_name(const struct pl *quoted, char *name, size_t capacity)
{
	size_t length = 0;

	for (size_t i = 0; i < quoted->l && length + 1 < capacity; i++) {
		if (quoted->p[i] == '\\' && i + 1 < quoted->l)
			i++;
		name[length++] = quoted->p[i];
	}
	name[length] = '\0';
}

void call_read_caller(struct call *call, const struct sip_msg *invite)
{
	const struct sip_hdr *asserted = sip_msg_hdr(invite, SIP_HDR_P_ASSERTED_IDENTITY);
	struct sip_addr identity;
	struct pl user;

	if (is_anonymous(invite))
		return;
	/* RFC 3325 §9.1: what the provider asserts is worth more than what the caller says. */
	if (asserted && !sip_addr_decode(&identity, &asserted->val) && pl_isset(&identity.uri.user))
		user = identity.uri.user;
	else
		user = invite->from.uri.user;
	if (re_snprintf(call->number, sizeof(call->number), "%H", uri_user_unescape, &user) < 0)
		pl_strcpy(&user, call->number, sizeof(call->number));
	read_display_name(&invite->from.dname, call->name, sizeof(call->name));
}

int call_accept(struct call *call, const struct sip_msg *invite, uint16_t code, const char *phrase, struct mbuf *description,
		const char *headers)
{
	return sipsess_accept(&call->session, room.sessions, invite, code, phrase, call->account->user, CALL_DESCRIPTION, description,
			      call_on_credentials, call->account, true, call_on_offer, call_on_answer, call_on_established, NULL,
			      call_on_refer, call_on_closed, call, "%s", headers);
}

static int ring(struct call *call, const struct sip_msg *invite)
{
	bool reliable = sip_msg_hdr_has_value(invite, SIP_HDR_REQUIRE, "100rel");
	int err = call_accept(call, invite, 180, "Ringing", NULL, reliable ? "Require: 100rel\r\nRSeq: 1\r\n" : "");

	if (!err && reliable)
		call_expect_confirmation(call);
	return err;
}

/* RFC 3261 §20.4: how the network wants it to ring; "" = as ever. */
static void tell_incoming(const struct call *call, const struct sip_msg *invite)
{
	const struct sip_hdr *wanted = sip_msg_xhdr(invite, "Alert-Info");
	char alert[ALERT_MAX];

	tn_json_escape(alert, sizeof(alert), wanted ? wanted->val.p : "", wanted && wanted->val.l < ALERT_MAX / 6 ? wanted->val.l : 0);
	call_tell(call, "incoming", ",\"alert\":\"%s\"", alert);
}

void call_arrive(int line, int32_t handle, const struct sip_msg *invite)
{
	struct call *call = NULL;
	int err = call_alloc(&call, line, handle, false);

	if (!err && negotiation_in(invite))
		err = call_agree(call, invite, true) ? EPROTO : 0;
	if (!err) {
		call_note_dialog(call, invite);
		call_read_caller(call, invite);
		call_take_session(call, invite);
		err = ring(call, invite);
	}
	if (!err) {
		room_place(call, line);
		tell_incoming(call, invite);
		return;
	}
	if (err == EPROTO)
		(void)sip_treply(NULL, room.sip, invite, 488, "Not Acceptable Here");
	else
		(void)sip_treply(NULL, room.sip, invite, 500, "Server Internal Error");
	mem_deref(call);
	switchboard_release(line, handle);
}

void call_turn_away(int line, const struct sip_msg *invite)
{
	const struct stream_statistics none = { 0 };
	struct call call = { .line = line, .handle = switchboard_number() };

	(void)sip_treply(NULL, room.sip, invite, CODE_BUSY, call_phrase(CODE_BUSY));
	call.start_us = call.end_us = tn_monotonic_us();
	pl_strcpy(&invite->callid, call.sip_call_id, sizeof(call.sip_call_id));
	call_read_caller(&call, invite);
	call_tell_ended(&call, "local", CODE_BUSY, call_phrase(CODE_BUSY), "", &none);
}

void call_answer(struct call *call)
{
	bool has_offer = call->terms.codec != TN_CODEC_NONE;
	struct mbuf *description = NULL;
	int err;

	if (call->outgoing || call->phase != CALL_RINGING)
		return;
	call->phase = CALL_ANSWERED;
	tmr_cancel(&call->progress);
	call->answer_us = tn_monotonic_us();
	err = has_offer ? call_sound(call) : 0;
	if (!err)
		err = negotiation_write(&call->negotiation, !has_offer, &description);
	if (!err)
		err = sipsess_answer(call->session, 200, "OK", description, CALL_SAYS);
	mem_deref(description);
	if (err)
		call_end(call, "error", 500, strerror(err), "");
}

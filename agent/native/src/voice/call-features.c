/* What a subscriber does with a call that is up: hold it, refer its far end to somebody else (RFC 3515, RFC 3891). */
#include "call-state.h"
#include "room.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CHALLENGES_MAX 2
#define DIGIT_MS 160
#define CODE_PENDING 491
#define CODE_TRANSPORT 503

/* A far end that does not take digits this way says so; there is nothing to do about it. */
static void on_informed(int err, const struct sip_msg *message, void *argument)
{
	(void)err;
	(void)message;
	(void)argument;
}

void call_hold(struct call *call, bool on)
{
	struct mbuf *description = NULL;

	if (call->phase != CALL_ESTABLISHED || call->holding == on)
		return;
	call->holding = on;
	stream_hold(call->stream, on);
	negotiation_hold(&call->negotiation, on);
	negotiation_want_image(&call->negotiation, call->account, false); /* a held fax is none any more */
	/* The sound is as it should be already; a far end that refuses the offer only hears silence instead of music. */
	if (!negotiation_write(&call->negotiation, true, &description))
		(void)sipsess_modify(call->session, description);
	mem_deref(description);
	call_tell(call, on ? "holding" : "retrieved", "%s", "");
}

void call_inform(struct call *call, char digit)
{
	struct mbuf *body = mbuf_alloc(64);

	if (body && call->phase == CALL_ESTABLISHED && !mbuf_printf(body, "Signal=%c\r\nDuration=%d\r\n", digit, DIGIT_MS)) {
		body->pos = 0;
		(void)sipsess_info(call->session, "application/dtmf-relay", body, on_informed, NULL);
	}
	mem_deref(body);
}

/* ---- referral ---- */

static void tell_transfer(struct call *call, int code, bool final)
{
	if (final)
		call->transferring = false;
	call_tell(call, "transfer", ",\"code\":%d,\"final\":%s", code, final ? "true" : "false");
}

static int write_contact(enum sip_transp transport, const struct sa *source, const struct sa *peer, struct mbuf *buffer,
			 void *argument)
{
	const struct call *call = argument;
	struct sip_contact contact;

	(void)peer;
	sip_contact_set(&contact, call->account->user, source, transport);
	return mbuf_printf(buffer, "%H", sip_contact_print, &contact);
}

static int send_refer(struct call *call);

static void on_refer_answer(int err, const struct sip_msg *message, void *argument)
{
	struct call *call = argument;

	if (err || !message) {
		tell_transfer(call, CODE_TRANSPORT, true);
		return;
	}
	if (message->scode < 300)
		return; /* the rest comes by NOTIFY */
	if ((message->scode == 401 || message->scode == 407) && call->challenges++ < CHALLENGES_MAX &&
	    !sip_auth_authenticate(call->auth, message) && !send_refer(call))
		return;
	tell_transfer(call, message->scode, true);
}

static int send_refer(struct call *call)
{
	return sip_drequestf(&call->request, room.sip, true, "REFER", sipsess_dialog(call->session), 0, call->auth,
			     write_contact, on_refer_answer, call,
			     "Refer-To: <%s>\r\nReferred-By: <%s>\r\nContent-Length: 0\r\n\r\n", call->refer_to,
			     call->account->address_uri);
}

static void refer(struct call *call)
{
	if (call->phase != CALL_ESTABLISHED || call->transferring || call->request) {
		call_tell(call, "transfer", ",\"code\":%d,\"final\":true", CODE_PENDING);
		return;
	}
	call->challenges = 0;
	call->auth = mem_deref(call->auth);
	call->transferring = true;
	if (sip_auth_alloc(&call->auth, call_on_credentials, call->account, false) || send_refer(call))
		tell_transfer(call, CODE_TRANSPORT, true);
}

void call_transfer(struct call *call, const char *number)
{
	if (account_number_uri(call->account, number, call->refer_to))
		call_tell(call, "transfer", ",\"code\":%d,\"final\":true", 400);
	else
		refer(call);
}

void call_join(struct call *call, const struct call *other)
{
	struct pl id, to, from;

	if (other->phase != CALL_ESTABLISHED) {
		call_tell(call, "transfer", ",\"code\":%d,\"final\":true", CODE_PENDING);
		return;
	}
	pl_set_str(&id, other->sip_call_id);
	pl_set_str(&to, other->remote_tag);
	pl_set_str(&from, other->local_tag);
	/* RFC 3891 §3: tags as the one sees them who is asked to replace us. */
	if (re_snprintf(call->refer_to, sizeof(call->refer_to), "%s?Replaces=%H%%3Bto-tag%%3D%H%%3Bfrom-tag%%3D%H",
			other->peer_uri, uri_header_escape, &id, uri_header_escape, &to, uri_header_escape, &from) < 0)
		call_tell(call, "transfer", ",\"code\":%d,\"final\":true", 400);
	else
		refer(call);
}

void call_on_refer(struct sip *sip, const struct sip_msg *message, void *argument)
{
	(void)argument;
	(void)sip_reply(sip, message, 603, "Decline");
}

void call_on_notify(struct call *call, const struct sip_msg *notify)
{
	const char *body = (const char *)mbuf_buf(notify->mb);
	struct pl code;

	(void)sip_reply(room.sip, notify, 200, "OK");
	/* RFC 3515 §2.4.5: the body is a status line, at least. */
	if (call->transferring && !re_regex(body, mbuf_get_left(notify->mb), "SIP/2.0 [0-9]3", &code))
		tell_transfer(call, (int)pl_u32(&code), pl_u32(&code) >= 200);
}

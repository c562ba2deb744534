/* What libre's session does not know of a dialog: reliable provisional answers (RFC 3262), UPDATE (RFC 3311), session timers
 * (RFC 4028), redirection. Where libre sends or reads messages by itself, the linker leads its calls here (--wrap). */
#include "call-state.h"
#include "room.h"

#include <errno.h>
#include <string.h>

#define CODE_TIMEOUT 408
#define PROVISIONAL_MAX_MS 32000  /* 64 * T1: nobody confirms any more */

int __real_sip_dialog_encode(struct mbuf *buffer, struct sip_dialog *dialog, uint32_t sequence, const char *method);
int __wrap_sip_dialog_encode(struct mbuf *buffer, struct sip_dialog *dialog, uint32_t sequence, const char *method);
int __real_sip_dialog_update(struct sip_dialog *dialog, const struct sip_msg *message);
int __wrap_sip_dialog_update(struct sip_dialog *dialog, const struct sip_msg *message);
int __real_sip_strans_reply(struct sip_strans **transaction, struct sip *sip, const struct sip_msg *request,
			    const struct sa *peer, uint16_t code, struct mbuf *answer);
int __wrap_sip_strans_reply(struct sip_strans **transaction, struct sip *sip, const struct sip_msg *request,
			    const struct sa *peer, uint16_t code, struct mbuf *answer);

/* ---- session timers ---- */

static void on_due(void *argument)
{
	struct call *call = argument;
	struct mbuf *description = NULL;

	if (!session_timer_refresh(&call->timer, on_due, call)) {
		(void)sipsess_set_close_headers(call->session, "Reason: SIP;cause=%d;text=\"Session expired\"\r\n", CODE_TIMEOUT);
		call_end(call, "error", CODE_TIMEOUT, "Session expired", "");
		return;
	}
	if (!negotiation_write(&call->negotiation, true, &description))
		(void)sipsess_modify(call->session, description);
	mem_deref(description);
}

void call_take_session(struct call *call, const struct sip_msg *message)
{
	if (message->req || (message->scode >= 200 && message->scode < 300))
		session_timer_take(&call->timer, message, on_due, call);
}

static const struct call *call_with(const struct sip_dialog *dialog)
{
	for (int i = 0; i < TN_MAX_LINES * TN_LINE_PLACES; i++) {
		const struct call *call = room.calls[i / TN_LINE_PLACES][i % TN_LINE_PLACES];

		if (call && call->session && sipsess_dialog(call->session) == dialog)
			return call;
	}
	return NULL;
}

/* A re-INVITE says the interval again: RFC 4028 §7.4, a refresh without it would end the timer. */
int __wrap_sip_dialog_encode(struct mbuf *buffer, struct sip_dialog *dialog, uint32_t sequence, const char *method)
{
	const struct call *call = strcmp(method, "INVITE") ? NULL : call_with(dialog);
	int err = __real_sip_dialog_encode(buffer, dialog, sequence, method);

	if (err || !call || call->phase != CALL_ESTABLISHED)
		return err;
	err = mbuf_printf(buffer, CALL_SAYS);
	if (!err && call->timer.interval_s)
		err = mbuf_printf(buffer, "Session-Expires: %u;refresher=%s\r\n", call->timer.interval_s,
				  call->timer.ours ? "uac" : "uas");
	return err;
}

/* Puts lines right after the first one. */
static int insert(struct mbuf *answer, const char *lines)
{
	const uint8_t *end = memchr(answer->buf, '\n', answer->end);
	struct mbuf *rest;
	int err;

	if (!end || !*lines)
		return 0;
	rest = mbuf_alloc(answer->end);
	if (!rest)
		return ENOMEM;
	answer->pos = (size_t)(end + 1 - answer->buf);
	err = mbuf_write_mem(rest, mbuf_buf(answer), mbuf_get_left(answer));
	if (!err)
		err = mbuf_write_str(answer, lines);
	if (!err)
		err = mbuf_write_mem(answer, rest->buf, rest->end);
	answer->pos = 0;
	mem_deref(rest);
	return err;
}

int __wrap_sip_strans_reply(struct sip_strans **transaction, struct sip *sip, const struct sip_msg *request,
			    const struct sa *peer, uint16_t code, struct mbuf *answer)
{
	char lines[160] = "";

	if (code >= 200 && code < 300 && (!pl_strcmp(&request->met, "INVITE") || !pl_strcmp(&request->met, "UPDATE")))
		session_timer_answer(request, lines, sizeof(lines));
	return insert(answer, lines) ? ENOMEM : __real_sip_strans_reply(transaction, sip, request, peer, code, answer);
}

/* ---- redirection ---- */

/* libre would follow a 3xx by itself, to any number: one that the subscriber did not dial and the terms have not judged. It ends
 * the call instead, and tells the number. */
int __wrap_sip_dialog_update(struct sip_dialog *dialog, const struct sip_msg *message)
{
	return !message->req && message->scode >= 300 ? EPERM : __real_sip_dialog_update(dialog, message);
}

void call_read_redirection(struct call *call, const struct sip_msg *message)
{
	const struct sip_hdr *contact = sip_msg_hdr(message, SIP_HDR_CONTACT);
	struct sip_addr address;

	if (message->scode < 300 || message->scode >= 400 || !contact || sip_addr_decode(&address, &contact->val))
		return;
	if (re_snprintf(call->redirected_to, sizeof(call->redirected_to), "%H", uri_user_unescape, &address.uri.user) < 0)
		call->redirected_to[0] = '\0';
}

/* ---- reliable provisional answers: theirs ---- */

void call_confirm_progress(struct call *call, const struct sip_msg *message)
{
	const struct sip_hdr *number = sip_msg_hdr(message, SIP_HDR_RSEQ);
	struct sip_dialog *early = NULL;
	struct mbuf *unused;

	if (!number || !sip_msg_hdr_has_value(message, SIP_HDR_REQUIRE, "100rel") || pl_u32(&number->val) == call->confirmed)
		return;
	if (sip_dialog_fork(&early, sipsess_dialog(call->session), message))
		return;
	/* PRACK has a number of its own in the sequence of the dialog, which libre's session must not use again. */
	unused = mbuf_alloc(512);
	if (unused && !__real_sip_dialog_encode(unused, sipsess_dialog(call->session), 0, "PRACK") &&
	    !sip_drequestf(NULL, room.sip, true, "PRACK", early, 0, NULL, NULL, NULL, NULL,
			   "RAck: %u %u INVITE\r\nContent-Length: 0\r\n\r\n", pl_u32(&number->val), message->cseq.num))
		call->confirmed = pl_u32(&number->val);
	mem_deref(unused);
	mem_deref(early);
}

/* ---- reliable provisional answers: ours ---- */

static void on_unconfirmed(void *argument)
{
	struct call *call = argument;

	if (call->progress_ms > PROVISIONAL_MAX_MS) {
		/* RFC 3262 §3: the caller cannot hear us. */
		call_hang_up(call, 504, "Server Time-out");
		return;
	}
	(void)sipsess_progress(call->session, 180, "Ringing", NULL, "Require: 100rel\r\nRSeq: 1\r\n");
	call->progress_ms *= 2;
	tmr_start(&call->progress, call->progress_ms, on_unconfirmed, call);
}

void call_expect_confirmation(struct call *call)
{
	call->progress_ms = SIP_T1;
	tmr_start(&call->progress, call->progress_ms, on_unconfirmed, call);
}

void call_on_prack(struct call *call, const struct sip_msg *request)
{
	struct sip_dialog *dialog = sipsess_dialog(call->session);

	if (!call->progress_ms || !sip_dialog_rseq_valid(dialog, request)) {
		(void)sip_treply(NULL, room.sip, request, 481, "Call Does Not Exist");
		return;
	}
	tmr_cancel(&call->progress);
	(void)sip_treply(NULL, room.sip, request, 200, "OK");
}

/* ---- UPDATE ---- */

void call_on_update(struct call *call, const struct sip_msg *request)
{
	struct mbuf *description = NULL;
	struct sip_contact contact;
	int err = 0;

	if (!sip_dialog_rseq_valid(sipsess_dialog(call->session), request)) {
		(void)sip_treply(NULL, room.sip, request, 500, "Server Internal Error");
		return;
	}
	if (negotiation_in(request) && call->phase == CALL_RINGING) {
		/* RFC 3311 §5.2: there is an offer that has no answer yet. */
		(void)sip_treplyf(NULL, NULL, room.sip, request, false, 500, "Server Internal Error",
				  "Retry-After: 3\r\nContent-Length: 0\r\n\r\n");
		return;
	}
	if (negotiation_in(request))
		err = call_on_offer(&description, request, call);
	else
		call_take_session(call, request);
	if (err) {
		(void)sip_treply(NULL, room.sip, request, 488, "Not Acceptable Here");
		return;
	}
	sip_contact_set(&contact, call->account->user, &request->dst, request->tp);
	(void)sip_treplyf(NULL, NULL, room.sip, request, true, 200, "OK", "%H%sContent-Length: %zu\r\n\r\n%b", sip_contact_print,
			  &contact, description ? "Content-Type: application/sdp\r\n" : "",
			  description ? mbuf_get_left(description) : (size_t)0,
			  description ? mbuf_buf(description) : NULL,
			  description ? mbuf_get_left(description) : (size_t)0);
	mem_deref(description);
}

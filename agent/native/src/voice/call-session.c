/* What the SIP session of a call tells us. */
#include "call-state.h"
#include "ending.h"
#include "trust.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CODE_OK 200
#define CODE_TIMEOUT 408          /* RFC 3261 §8.1.3.1: a transaction that timed out counts as 408 … */
#define CODE_TRANSPORT 503        /* … and a transport error as 503 */
#define CODE_TERMINATED 487
#define CODE_NO_CODEC 488

int call_on_credentials(char **user, char **password, const char *realm, void *argument)
{
	struct account *account = argument;

	(void)realm;
	return str_dup(user, account->auth_user) || str_dup(password, account->password) ? ENOMEM : 0;
}

void call_note_dialog(struct call *call, const struct sip_msg *message)
{
	if (!*call->sip_call_id)
		pl_strcpy(&message->callid, call->sip_call_id, sizeof(call->sip_call_id));
	if (message->req) {
		pl_strcpy(&message->from.tag, call->remote_tag, sizeof(call->remote_tag));
		/* The tag libre puts into its answers. */
		snprintf(call->local_tag, sizeof(call->local_tag), "%016" PRIx64, message->tag);
		pl_strcpy(&message->from.auri, call->peer_uri, sizeof(call->peer_uri));
	} else {
		pl_strcpy(&message->from.tag, call->local_tag, sizeof(call->local_tag));
		pl_strcpy(&message->to.tag, call->remote_tag, sizeof(call->remote_tag));
	}
}

int call_sound(struct call *call)
{
	bool held = call->terms.held;
	int err = stream_apply(call->stream, &call->terms);

	if (err)
		return err;
	call->sounding = true;
	call_fax_changed(call);
	if (call->phase == CALL_ESTABLISHED && held != call->held)
		call_tell(call, held ? "held" : "resumed", "%s", "");
	call->held = held;
	return 0;
}

int call_agree(struct call *call, const struct sip_msg *message, bool is_offer)
{
	int err = negotiation_read(&call->negotiation, call->account, message, is_offer, &call->terms);

	/* Our answer to an offer is the 200, sent when the telephone is lifted. */
	if (!err && (call->outgoing || call->phase != CALL_RINGING))
		err = call_sound(call);
	return err;
}

int call_on_offer(struct mbuf **description, const struct sip_msg *message, void *argument)
{
	struct call *call = argument;
	bool is_offer = negotiation_in(message);
	int err = is_offer ? call_agree(call, message, true) : 0;

	if (!err)
		call_take_session(call, message);
	return err ? err : negotiation_write(&call->negotiation, !is_offer, description);
}

int call_on_answer(const struct sip_msg *message, void *argument)
{
	struct call *call = argument;

	call_note_dialog(call, message);
	call_take_session(call, message);
	if (negotiation_in(message)) {
		int err = call_agree(call, message, false);

		if (err)
			call_fax_refused(call, message->scode);
		return err;
	}
	/* RFC 3261 §13.2.1: a 200 may leave the answer out when a 183 carried it. */
	return call->sounding ? 0 : ENOTSUP;
}

void call_on_progress(const struct sip_msg *message, void *argument)
{
	struct call *call = argument;
	bool early;

	call_note_dialog(call, message);
	tmr_cancel(&call->patience);
	call_confirm_progress(call, message);
	if (message->scode < 180)
		return;
	if (negotiation_in(message))
		(void)call_agree(call, message, false); /* a bad description here is judged again with the 200 */
	early = call->sounding;
	if (call->told_code == message->scode && call->told_early == early)
		return;
	call->told_code = message->scode;
	call->told_early = early;
	call_tell(call, early ? "early" : "ringing", ",\"code\":%d", message->scode);
}

void call_on_established(const struct sip_msg *message, void *argument)
{
	struct call *call = argument;

	if (!message->req)
		call_note_dialog(call, message);
	call->phase = CALL_ESTABLISHED;
	if (!call->answer_us)
		call->answer_us = tn_monotonic_us();
	call_tell(call, "established", ",\"codec\":\"%s\",\"setupMs\":%llu", codec_facts(call->terms.codec)->name,
		  (unsigned long long)(call->answer_us - call->start_us) / 1000);
	if (call->held)
		call_tell(call, "held", "%s", "");
}

void call_on_closed(int err, const struct sip_msg *message, void *argument)
{
	struct call *call = argument;
	char phrase[128], header[256] = "";
	bool proxy_failed = err || (message && message->scode >= 500 && message->scode < 600);

	tmr_cancel(&call->patience);
	if (ending_of(call->sip_call_id, header, sizeof(header))) {
		if (call->answer_us)
			call_end(call, "remote", CODE_OK, "OK", header);
		else
			call_end(call, "remote", CODE_TERMINATED, "Request Terminated", header);
	} else if (proxy_failed && call_try_next_route(call)) {
		return;
	} else if (message && (!err || message->scode >= 300)) {
		const struct sip_hdr *reason = sip_msg_hdr(message, SIP_HDR_REASON);

		pl_strcpy(&message->reason, phrase, sizeof(phrase));
		if (reason)
			pl_strcpy(&reason->val, header, sizeof(header));
		call_read_redirection(call, message);
		call_end(call, "remote", message->scode, phrase, header);
	} else if (err == ETIMEDOUT) {
		call_end(call, "error", CODE_TIMEOUT, "Request Timeout", "");
	} else if (message && message->scode >= 200 && message->scode < 300) {
		call_end(call, "error", CODE_NO_CODEC, "Not Acceptable Here", "");
	} else {
		const char *problem = trust_take_problem();

		call_end(call, "error", CODE_TRANSPORT, *problem ? problem : strerror(err), "");
	}
}

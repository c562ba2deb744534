/* A fax in a call: T.38 instead of sound (ITU-T T.38 Annex D, RFC 3264 §8.3), or sound fit for modems. The side whose machine
 * was called offers T.38, for it hears V.21 first; the other one does when nothing has come. */
#include "call-state.h"
#include "room.h"

#include <errno.h>

#define TURN_MS 1500              /* the far end's time to offer T.38 before we do */
#define CODE_OK 200
#define CODE_PENDING 491

static void tell(const struct call *call, const char *state, const char *more)
{
	tn_emit("\"event\":\"fax\",\"line\":%d,\"call\":%d,\"state\":\"%s\"%s", call->line, call->handle, state, more);
}

static void offer(struct call *call)
{
	struct mbuf *description = NULL;

	if (!negotiation_write(&call->negotiation, true, &description))
		(void)sipsess_modify(call->session, description);
	mem_deref(description);
}

/* Only G.711 carries modems; what was refused or is secret stays in the sound. */
static void pass_through(struct call *call, const char *why, int code)
{
	char more[64];

	if (call->fax_passing)
		return;
	call->fax_passing = true;
	re_snprintf(more, sizeof(more), ",\"why\":\"%s\",\"code\":%d", why, code);
	tell(call, "passThrough", more);
	if (call->terms.codec != TN_CODEC_PCMA && call->terms.codec != TN_CODEC_PCMU && negotiation_keep_g711(&call->negotiation))
		offer(call);
}

static void offer_image(struct call *call)
{
	const struct account *account = call->account;

	if (call->phase != CALL_ESTABLISHED || call->terms.image || call->fax_asked || call->holding)
		return;
	if (account->fax != TN_FAX_T38)
		pass_through(call, "profile", 0);
	else if (call->terms.secure)
		pass_through(call, "secure", 0);
	if (call->fax_passing)
		return;
	call->fax_asked = true;
	negotiation_want_image(&call->negotiation, account, true);
	offer(call);
}

static void on_turn(void *argument)
{
	offer_image(argument);
}

void call_on_fax(struct call *call, enum fax_sign sign)
{
	switch (sign) {
	case FAX_SIGN_PHONE:
		tmr_cancel(&call->fax);
		offer_image(call);
		break;
	case FAX_SIGN_FAR:
		if (!tmr_isrunning(&call->fax))
			tmr_start(&call->fax, call->account->fax == TN_FAX_T38 ? TURN_MS : 0, on_turn, call);
		break;
	case FAX_SIGN_OVER:
		if (!call->terms.image || call->phase != CALL_ESTABLISHED)
			break;
		negotiation_want_image(&call->negotiation, call->account, false);
		offer(call);
		break;
	}
}

void call_fax_changed(struct call *call)
{
	if (call->terms.image)
		call->fax_asked = false;
	if (call->terms.image == call->relaying)
		return;
	call->relaying = call->terms.image;
	tmr_cancel(&call->fax);
	tell(call, call->relaying ? "relay" : "sound", "");
}

/* ---- refused ---- */

static void on_refused(void *argument)
{
	struct call *call = argument;

	negotiation_want_image(&call->negotiation, call->account, false);
	/* An answer without image has taken the sound away, too: it is offered again. */
	if (call->fax_code == CODE_OK)
		offer(call);
	pass_through(call, "refused", call->fax_code);
}

void call_fax_refused(struct call *call, int code)
{
	if (!call->fax_asked)
		return;
	call->fax_asked = false;
	call->fax_code = code;
	/* libre is still at the transaction. */
	tmr_start(&call->fax, 0, on_refused, call);
}

/* libre answers challenges, comes back after 491 and "Retry-After", and ends the call itself where it must. */
static bool is_refusal(const struct sip_msg *answer)
{
	switch (answer->scode) {
	case 401:
	case 407:
	case 408:
	case 481:
	case CODE_PENDING:
		return false;
	case 500:
		return !sip_msg_hdr(answer, SIP_HDR_RETRY_AFTER);
	default:
		return answer->scode >= 300;
	}
}

void call_fax_overhear(const struct sip_msg *answer)
{
	if (pl_strcmp(&answer->cseq.met, "INVITE"))
		return;
	for (int i = 0; i < TN_MAX_LINES * TN_LINE_CALLS; i++) {
		struct call *call = room.calls[i / TN_LINE_CALLS][i % TN_LINE_CALLS];

		if (call && call->fax_asked && is_refusal(answer) && call_is_of(call, answer))
			call_fax_refused(call, answer->scode);
	}
}

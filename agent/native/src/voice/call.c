#include "call-state.h"
#include "registration.h"
#include "room.h"
#include "switchboard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ANONYMOUS_URI "sip:anonymous@anonymous.invalid" /* RFC 3323 §4.1.1.3 */
#define CODE_MOVED 302
#define PATIENCE_MS 4000          /* a proxy that says nothing for so long has a successor */
#define CODE_BUSY 486
#define CODE_DECLINE 603

const char *call_phrase(int code)
{
	switch (code) {
	case CODE_MOVED:
		return "Moved Temporarily";
	case 404:
		return "Not Found";
	case 480:
		return "Temporarily Unavailable";
	case CODE_BUSY:
		return "Busy Here";
	case 488:
		return "Not Acceptable Here";
	case 600:
		return "Busy Everywhere";
	case CODE_DECLINE:
		return "Decline";
	default:
		return "Rejected";
	}
}

static void call_free(void *argument)
{
	struct call *call = argument;
	struct stream_statistics unused;

	session_timer_stop(&call->timer);
	tmr_cancel(&call->progress);
	tmr_cancel(&call->patience);
	tmr_cancel(&call->fax);
	mem_deref(call->request);
	mem_deref(call->auth);
	mem_deref(call->session);
	stream_close(call->stream, &unused);
	negotiation_close(&call->negotiation);
	mem_deref(call->account);
	explicit_bzero(&call->terms, sizeof(call->terms));
}

int call_alloc(struct call **out, int line, int32_t handle, bool outgoing)
{
	struct call *call = mem_zalloc(sizeof(*call), call_free);
	int err;

	if (!call)
		return ENOMEM;
	call->line = line;
	call->handle = handle;
	call->outgoing = outgoing;
	call->start_us = tn_monotonic_us();
	tmr_init(&call->timer.clock);
	tmr_init(&call->progress);
	tmr_init(&call->patience);
	tmr_init(&call->fax);
	call->account = mem_ref(room.accounts[line]);
	*out = call;
	err = room_prepare(call->account);
	if (!err)
		err = stream_open(&call->stream, &room.config, &room.address, line, handle);
	if (!err)
		stream_fax_set_up(call->stream, call->account);
	if (!err)
		err = negotiation_open(&call->negotiation, call->account, &room.address, stream_port(call->stream));
	return err;
}

bool call_is_of(const struct call *call, const struct sip_msg *message)
{
	return call->session && sip_dialog_cmp(sipsess_dialog(call->session), message);
}

int32_t call_handle(const struct call *call)
{
	return call->handle;
}

void call_end(struct call *call, const char *by, int code, const char *reason, const char *reason_header)
{
	struct stream_statistics statistics;
	struct stream *stream = call->stream;

	/* First what the far end waits for: the session's destructor sends BYE or CANCEL. */
	call->request = mem_deref(call->request);
	call->session = mem_deref(call->session);
	call->stream = NULL;
	call_note_ended(call);
	stream_close(stream, &statistics);
	room_remove(call, call->line);
	switchboard_release(call->line, call->handle);
	call->end_us = tn_monotonic_us();
	call_tell_ended(call, by, code, reason, reason_header, &statistics);
	mem_deref(call);
}

/* ---- out ---- */

static void on_silence(void *argument);

static int connect_session(struct call *call)
{
	const struct account *account = call->account;
	const char *route[] = { account->route_uris[call->route] };
	char privacy[ACCOUNT_URI + 64] = "";
	struct mbuf *description = NULL;
	int err = negotiation_write(&call->negotiation, true, &description);

	if (!err && call->anonymous)
		snprintf(privacy, sizeof(privacy), "Privacy: id\r\nP-Preferred-Identity: <%s>\r\n", account->address_uri);
	if (!err)
		err = sipsess_connect(&call->session, room.sessions, call->peer_uri,
				      call->anonymous		? "Anonymous"
				      : *account->display_name ? account->display_name
							       : NULL,
				      call->anonymous ? ANONYMOUS_URI : account->address_uri, account->user, route, 1,
				      CALL_DESCRIPTION, description, call_on_credentials, call->account, true,
				      call_on_offer, call_on_answer, call_on_progress, call_on_established, NULL,
				      call_on_refer, call_on_closed, call,
				      CALL_SAYS SESSION_HEADERS "%s", privacy);
	mem_deref(description);
	if (!err && call->route + 1 < account->routes)
		tmr_start(&call->patience, PATIENCE_MS, on_silence, call);
	return err;
}

bool call_try_next_route(struct call *call)
{
	if (!call->outgoing || call->phase != CALL_RINGING || call->told_code || call->route + 1 >= call->account->routes)
		return false;
	tmr_cancel(&call->patience);
	call->session = mem_deref(call->session);
	call->route++;
	call->sip_call_id[0] = '\0';
	return !connect_session(call);
}

static void on_silence(void *argument)
{
	(void)call_try_next_route(argument);
}

void call_dial(const struct command *command)
{
	struct call *call = NULL;
	int err = room.accounts[command->line] ? 0 : ENOTCONN;

	if (err) {
		/* The account was taken away between the dialling and now. */
		switchboard_release(command->line, command->call);
		tn_emit("\"event\":\"fault\",\"line\":%d,\"code\":%d,\"message\":\"dialled without an account\"", command->line,
			err);
		return;
	}
	err = call_alloc(&call, command->line, command->call, true);
	if (!call) {
		switchboard_release(command->line, command->call);
		return;
	}
	room_place(call, call->line);
	call->route = registration_route(room.registrations[call->line]);
	call->anonymous = command->anonymous;
	if (!err && command->probe)
		stream_probe(call->stream);
	str_ncpy(call->number, command->text, sizeof(call->number));
	if (!err)
		err = -account_number_uri(call->account, command->text, call->peer_uri);
	if (!err)
		err = connect_session(call);
	if (err) {
		call_end(call, "error", 0, strerror(err), "");
		return;
	}
	str_ncpy(call->sip_call_id, sip_dialog_callid(sipsess_dialog(call->session)), sizeof(call->sip_call_id));
	call_tell(call, "calling", "%s", "");
}

/* ---- both ---- */

/* RFC 3326: tells the far end why, when there is a reason to tell. */
static void set_reason_header(struct call *call, int code, const char *reason)
{
	char text[2 * COMMAND_REASON], *out = text;

	if (!code)
		return;
	for (; *reason; reason++) {
		if (*reason == '"' || *reason == '\\')
			*out++ = '\\';
		*out++ = *reason;
	}
	*out = '\0';
	(void)sipsess_set_close_headers(call->session, "Reason: SIP;cause=%d;text=\"%s\"\r\n", code, text);
}

/* RFC 3261 §21.3.3: the caller is told whom to call instead. A target that makes no address leaves the line busy. */
static void deflect(struct call *call, const char *number)
{
	char uri[ACCOUNT_URI];

	if (account_number_uri(call->account, number, uri)) {
		(void)sipsess_reject(call->session, CODE_BUSY, call_phrase(CODE_BUSY), NULL);
		call_end(call, "local", CODE_BUSY, call_phrase(CODE_BUSY), "");
		return;
	}
	(void)sipsess_reject(call->session, CODE_MOVED, call_phrase(CODE_MOVED), "Contact: <%s>\r\nContent-Length: 0\r\n\r\n", uri);
	call_end(call, "local", CODE_MOVED, call_phrase(CODE_MOVED), "");
}

void call_hang_up(struct call *call, int code, const char *reason)
{
	if (code == CODE_MOVED && call->phase == CALL_RINGING && !call->outgoing) {
		deflect(call, reason);
		return;
	}
	if (!*reason)
		reason = call_phrase(code ? code : CODE_DECLINE);
	if (call->phase != CALL_RINGING) {
		set_reason_header(call, code, reason);
		call_end(call, "local", 200, "OK", "");
	} else if (call->outgoing) {
		call_end(call, "local", 487, "Request Terminated", "");
	} else {
		code = code ? code : CODE_DECLINE;
		(void)sipsess_reject(call->session, (uint16_t)code, reason, NULL);
		call_end(call, "local", code, reason, "");
	}
}

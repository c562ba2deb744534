/* The SIP thread's desk: commands from the other threads, requests from the network. */
#include "desk.h"

#include "call.h"
#include "command.h"
#include "messages.h"
#include "network.h"
#include "registration.h"
#include "room.h"
#include "session-timer.h"
#include "stream.h"
#include "switchboard.h"
#include "watchdog.h"

#include <errno.h>
#include <string.h>

#define STRANGER_INTERVAL_US 60000000

/* ---- commands ---- */

static void leave_account(int line)
{
	registration_end(room.registrations[line]);
	room.registrations[line] = NULL;
	room.accounts[line] = mem_deref(room.accounts[line]);
	proxies_forget(&room.proxies[line]);
}

/* Calls that are up keep the one they began with. */
static void take_account(int line, const struct account *account)
{
	struct account *own = mem_zalloc(sizeof(*own), NULL);

	if (!own)
		return;
	*own = *account;
	mem_deref(room.accounts[line]);
	room.accounts[line] = own;
}

static void register_line(int line, const struct account *account)
{
	struct registration_place place = { room.sip, line, room.config.dscp_signalling, room_prepare, room.dns,
					    &room.address, &room.proxies[line], take_account };
	const struct account *before = registration_asked(room.registrations[line]);
	int err;

	if (before && account_same(before, account) && registration_is_bound(room.registrations[line]))
		return;
	/* The same address of record keeps its binding, a removal under way could undo the new one, and its proxies. */
	if (before && !strcmp(before->address_uri, account->address_uri) &&
	    !memcmp(before->route_uris, account->route_uris, sizeof(before->route_uris))) {
		registration_replace(room.registrations[line]);
		room.registrations[line] = NULL;
		room.accounts[line] = mem_deref(room.accounts[line]);
	} else {
		leave_account(line);
	}
	take_account(line, account);
	err = room.accounts[line] ? registration_start(&room.registrations[line], &place, account) : ENOMEM;
	if (err)
		tn_emit("\"event\":\"fault\",\"line\":%d,\"code\":%d,\"message\":\"registration could not start\"", line, err);
}

void command_perform(const struct command *command)
{
	/* A call may have ended while the command was under way: nothing is left to do then. */
	struct call *call = room_call(command->line, command->call);

	switch (command->kind) {
	case COMMAND_REGISTER:
		register_line(command->line, &command->account);
		break;
	case COMMAND_UNREGISTER:
		leave_account(command->line);
		break;
	case COMMAND_DIAL:
		call_dial(command);
		break;
	case COMMAND_ANSWER:
		if (call)
			call_answer(call);
		break;
	case COMMAND_HANG_UP:
		if (call)
			call_hang_up(call, command->code, command->text);
		break;
	case COMMAND_HOLD:
		if (call)
			call_hold(call, command->on);
		break;
	case COMMAND_CONFERENCE:
		streams_confer(command->line, command->on);
		break;
	case COMMAND_TRANSFER:
		if (call)
			call_transfer(call, command->text);
		break;
	case COMMAND_JOIN:
		if (call && room_call(command->line, command->other))
			call_join(call, room_call(command->line, command->other));
		break;
	case COMMAND_DIGIT:
		if (call)
			call_inform(call, command->text[0]);
		break;
	case COMMAND_FAX:
		if (call)
			call_on_fax(call, (enum fax_sign)command->code);
		break;
	case COMMAND_CLOSE:
		desk_close();
		break;
	}
}

void desk_close(void)
{
	for (int line = 0; line < TN_MAX_LINES; line++) {
		for (int i = 0; i < TN_LINE_PLACES; i++)
			if (room.calls[line][i])
				call_hang_up(room.calls[line][i], 0, "");
		leave_account(line);
	}
}

/* ---- requests ---- */

static int line_of(const struct pl *user)
{
	char name[128];

	if (re_snprintf(name, sizeof(name), "%H", uri_user_unescape, user) < 0)
		return -1;
	for (int line = 0; line < TN_MAX_LINES; line++)
		if (room.accounts[line] && (!strcmp(name, room.accounts[line]->user) ||
					    !pl_strcmp(user, room.accounts[line]->user)))
			return line;
	return -1;
}

/* A wrong user name is answered like a right one: a stranger learns nothing of who lives here. */
static bool is_stranger(int line, const struct sa *source)
{
	for (int i = 0; i < TN_MAX_LINES; i++)
		if ((line < 0 || i == line) && proxies_know(&room.proxies[i], source))
			return false;
	return true;
}

/* Told once a minute and line: scanners come in bursts of thousands. */
static void forbid(int line, const struct sip_msg *invite)
{
	uint64_t now = tn_monotonic_us();
	char source[64], escaped[6 * sizeof(source)];

	(void)sip_treply(NULL, room.sip, invite, 403, "Forbidden");
	if (line < 0 || (room.stranger_us[line] && now - room.stranger_us[line] < STRANGER_INTERVAL_US))
		return;
	room.stranger_us[line] = now;
	if (re_snprintf(source, sizeof(source), "%j", &invite->src) < 0)
		source[0] = '\0';
	tn_json_escape(escaped, sizeof(escaped), source, strlen(source));
	tn_emit("\"event\":\"fault\",\"line\":%d,\"code\":%d,\"message\":\"call from %s refused: not an address of the "
		"registrar\"",
		line, EACCES, escaped);
	/* The provider may have moved since we registered: then the next call is believed. */
	proxies_look_up(&room.proxies[line], room.dns, room.accounts[line], sa_af(&room.address));
}

static bool is_unknown(const struct sip_hdr *header, const struct sip_msg *message, void *argument)
{
	(void)message;
	(void)argument;
	return pl_strcasecmp(&header->val, "100rel") && pl_strcasecmp(&header->val, "timer") &&
	       pl_strcasecmp(&header->val, "replaces");
}

void desk_on_invite(const struct sip_msg *invite, void *argument)
{
	const struct sip_hdr *required = sip_msg_hdr_apply(invite, true, SIP_HDR_REQUIRE, is_unknown, NULL);
	int line = line_of(&invite->uri.user);
	int32_t handle;

	(void)argument;
	if (is_stranger(line, &invite->src)) {
		forbid(line, invite);
		return;
	}
	if (session_timer_too_short(invite)) {
		(void)sip_treplyf(NULL, NULL, room.sip, invite, false, 422, "Session Interval Too Small",
				  "Min-SE: %u\r\nContent-Length: 0\r\n\r\n", SESSION_MINIMUM_S);
		return;
	}
	if (required) {
		/* RFC 3261 §8.2.2.3 */
		(void)sip_treplyf(NULL, NULL, room.sip, invite, false, 420, "Bad Extension",
				  "Unsupported: %r\r\nContent-Length: 0\r\n\r\n", &required->val);
		return;
	}
	if (line < 0) {
		(void)sip_treply(NULL, room.sip, invite, 404, "Not Found");
		return;
	}
	if (call_replace(line, invite))
		return;
	if (sip_msg_hdr(invite, SIP_HDR_JOIN)) {
		/* RFC 3911 §5: who is in a call is the subscriber's choice; nobody listens in. */
		(void)sip_treply(NULL, room.sip, invite, 488, "Not Acceptable Here");
		return;
	}
	/* Nobody would ring the telephone. */
	handle = watchdog_expired() ? -ENODEV : switchboard_take(line, true);
	if (handle == -EBUSY)
		call_turn_away(line, invite);
	else if (handle < 0)
		(void)sip_treply(NULL, room.sip, invite, 480, "Temporarily Unavailable");
	else
		call_arrive(line, handle, invite);
}

/* Registrars and proxies ask whether we are alive (RFC 3261 §11); everything else is not for us. */
bool desk_on_request(const struct sip_msg *request, void *argument)
{
	struct call *call = room_call_of(request);
	int line = line_of(&request->uri.user);

	(void)argument;
	if (!pl_strcmp(&request->met, "OPTIONS"))
		(void)sip_replyf(room.sip, request, 200, "OK",
				 CALL_SAYS "Accept: application/sdp\r\n"
				 "Content-Length: 0\r\n\r\n");
	else if (call && !pl_strcmp(&request->met, "NOTIFY"))
		call_on_notify(call, request);
	else if (call && !pl_strcmp(&request->met, "PRACK"))
		call_on_prack(call, request);
	else if (call && !pl_strcmp(&request->met, "UPDATE"))
		call_on_update(call, request);
	else if (!pl_strcmp(&request->met, "NOTIFY"))
		messages_on_notify(is_stranger(line, &request->src) ? -1 : line, request);
	else if (!pl_strcmp(&request->met, "PRACK") || !pl_strcmp(&request->met, "UPDATE"))
		(void)sip_reply(room.sip, request, 481, "Call Does Not Exist");
	else if (!pl_strcmp(&request->met, "CANCEL"))
		(void)sip_reply(room.sip, request, 481, "Transaction Does Not Exist");
	else if (pl_strcmp(&request->met, "ACK"))
		(void)sip_reply(room.sip, request, 501, "Not Implemented");
	return true;
}

bool desk_on_stray_response(const struct sip_msg *response, void *argument)
{
	(void)argument;
	return call_on_other_branch(response);
}

/* Calls between the box and a far end that the test plays by hand. */
#ifndef TN_TEST_SIP_CALLS_H
#define TN_TEST_SIP_CALLS_H

#include "sip_peer.h"

#define OK "200 OK"

static inline void has_account(int line, const char *user)
{
	struct tn_account account;

	rig_account(&account, "x");
	strcpy(account.user, user);
	account.calls = 2;
	CHECK_INT(tn_account(line, &account), 0);
	for (int i = 0; i < 50 && !strstr(rig.text, user); i++) {
		peer_read(20);
		rig_read(20);
	}
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 5000));
}

/* The box calls; the far end has its INVITE. */
static inline const char *dials(int line, int32_t *call)
{
	char number[16], begin[32];

	/* The other line's re-INVITE is repeated all the while. */
	snprintf(number, sizeof(number), "far%d", ++peer.sequence);
	snprintf(begin, sizeof(begin), "INVITE sip:%s@", number);
	*call = tn_call_dial(line, number);
	return peer_wait(begin, "", 3000);
}

/* A call that is up, made by the box. */
static inline int32_t is_up(int line, struct peer_dialog *dialog)
{
	int32_t call;
	const char *invite = dials(line, &call);

	peer_accepts(dialog, invite, PEER_TAG);
	peer_answer(invite, OK, PEER_TAG, peer_description("sendrecv"));
	CHECK(*peer_wait("ACK ", dialog->call_id, 2000));
	CHECK_INT(rig_number(rig_wait("\"state\":\"established\"", NULL, 3000), "call"), call);
	return call;
}

/* The far end calls, and the telephone is lifted; its 200 was not confirmed yet. */
static inline int32_t is_answered(struct peer_dialog *dialog, const char *user)
{
	int32_t call;

	peer_begins(dialog, user);
	peer_request(dialog, "INVITE", peer_description("sendrecv"));
	call = (int32_t)rig_number(rig_wait("\"state\":\"incoming\"", NULL, 3000), "call");
	CHECK_INT(tn_call_answer(call), 0);
	peer_copy(dialog->remote, sizeof(dialog->remote), sip_header(peer_wait("SIP/2.0 200", dialog->call_id, 3000), "To"));
	return call;
}

static inline void has_ended(int32_t call, const char *by, int code)
{
	const char *event = rig_wait("\"line\":0", "\"state\":\"ended\"", 3000);
	char told[32];

	snprintf(told, sizeof(told), "\"by\":\"%s\"", by);
	CHECK_INT(rig_number(event, "call"), call);
	CHECK(strstr(event, told));
	CHECK_INT(rig_number(event, "code"), code);
}

/* Nothing more is told of calls, and nobody keeps on asking. */
static inline void is_quiet(const struct peer_dialog *dialog)
{
	size_t from = rig.length;

	peer_take_all("", dialog->call_id);
	for (int i = 0; i < 12; i++)
		peer_read(100);
	CHECK_INT(peer_take_all("", dialog->call_id), 0);
	CHECK_INT(rig_count(from, "\"event\":\"call\",\"line\":0"), 0);
}

#endif

/* Messages that cross on their way, or never arrive (RFC 3261 §9, §13; RFC 5407 has most of these). One far end that the
 * test plays by hand; what takes 32 s (a transaction that nobody answers) goes on at line 1 while line 0 does the rest. */
#include "sip_calls.h"

/* ---- the end of a call ---- */

static void cancel_crosses_ok(void)
{
	struct peer_dialog dialog;
	int32_t call;
	const char *invite = dials(0, &call), *cancel, *bye;

	peer_accepts(&dialog, invite, PEER_TAG);
	peer_answer(invite, "180 Ringing", PEER_TAG, "");
	CHECK(*rig_wait("\"state\":\"ringing\"", NULL, 2000));
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	cancel = peer_wait("CANCEL ", dialog.call_id, 2000);
	peer_answer(invite, OK, PEER_TAG, peer_description("sendrecv"));
	peer_answer(cancel, OK, PEER_TAG, "");
	has_ended(call, "local", 487);
	CHECK(*peer_wait("ACK ", dialog.call_id, 2000));
	bye = peer_wait("BYE ", dialog.call_id, 2000);
	peer_answer(bye, OK, PEER_TAG, "");
	is_quiet(&dialog);
}

static void cancel_crosses_refusal(void)
{
	struct peer_dialog dialog;
	int32_t call;
	const char *invite = dials(0, &call), *cancel;

	peer_accepts(&dialog, invite, PEER_TAG);
	peer_answer(invite, "180 Ringing", PEER_TAG, "");
	CHECK(*rig_wait("\"state\":\"ringing\"", NULL, 2000));
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	cancel = peer_wait("CANCEL ", dialog.call_id, 2000);
	peer_answer(invite, "486 Busy Here", PEER_TAG, "");
	CHECK(*peer_wait("ACK ", dialog.call_id, 2000));
	peer_answer(cancel, "481 Transaction Does Not Exist", PEER_TAG, "");
	has_ended(call, "local", 487);
	is_quiet(&dialog);
}

/* Their CANCEL comes after our 200: the call is up, and their BYE ends it (RFC 3261 §9.2). */
static void ok_crosses_their_cancel(void)
{
	struct peer_dialog dialog;
	int32_t call = is_answered(&dialog, "alice");

	peer_cancel(&dialog, 1);
	CHECK(*peer_wait("SIP/2.0 ", "CANCEL\r\n", 2000));
	peer_confirm(&dialog, 1);
	CHECK_INT(rig_number(rig_wait("\"state\":\"established\"", NULL, 2000), "call"), call);
	peer_request(&dialog, "BYE", "");
	CHECK(*peer_wait("SIP/2.0 200", "BYE\r\n", 2000));
	has_ended(call, "remote", 200);
	is_quiet(&dialog);
}

static void refusal_crosses_their_cancel(void)
{
	struct peer_dialog dialog;
	int32_t call;

	peer_begins(&dialog, "alice");
	peer_request(&dialog, "INVITE", peer_description("sendrecv"));
	call = (int32_t)rig_number(rig_wait("\"state\":\"incoming\"", NULL, 3000), "call");
	CHECK_INT(tn_call_hangup(call, 486, NULL), 0);
	CHECK(*peer_wait("SIP/2.0 486", dialog.call_id, 2000));
	peer_cancel(&dialog, 1);
	CHECK(*peer_wait("SIP/2.0 ", "CANCEL\r\n", 2000));
	has_ended(call, "local", 486);
	peer_accept_refusal(&dialog, 1);
	is_quiet(&dialog);
}

static void byes_cross(void)
{
	struct peer_dialog dialog;
	int32_t call = is_up(0, &dialog);
	const char *bye;

	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	bye = peer_wait("BYE ", dialog.call_id, 2000);
	peer_request(&dialog, "BYE", "");
	CHECK(*peer_wait("SIP/2.0 ", "BYE\r\n", 2000));
	peer_answer(bye, OK, PEER_TAG, "");
	has_ended(call, "local", 200);
	is_quiet(&dialog);
}

/* ---- forks ---- */

static void second_branch_answers_too(void)
{
	struct peer_dialog first, second;
	int32_t call;
	const char *invite = dials(0, &call), *bye;
	char recorded[1200];

	peer_accepts(&first, invite, "one");
	peer_accepts(&second, invite, "two");
	peer_answer(invite, "180 Ringing", "one", "");
	peer_answer(invite, "180 Ringing", "two", "");
	peer_answer(invite, OK, "one", peer_description("sendrecv"));
	CHECK(*peer_wait("ACK ", "tag=one", 2000));
	CHECK_INT(rig_number(rig_wait("\"state\":\"established\"", NULL, 2000), "call"), call);
	snprintf(recorded, sizeof(recorded), "Record-Route: <sip:far.test;lr>\r\nRecord-Route: <sip:127.0.0.1:%u;lr;near>\r\n%s",
		 RIG_FAR_PORT, peer_description("sendrecv"));
	for (int times = 0; times < 2; times++) {
		/* RFC 3261 §13.2.2.4: each 200 is confirmed, and the call that nobody wants is ended. */
		peer_answer(invite, OK, "two", recorded);
		CHECK(strstr(sip_header(peer_wait("ACK ", "tag=two", 2000), "Route"), ";lr;near>, <"));
	}
	bye = peer_wait("BYE ", "tag=two", 2000);
	peer_answer(bye, OK, "two", "");
	/* The first one goes on. */
	peer_request(&first, "BYE", "");
	CHECK(*peer_wait("SIP/2.0 200", "BYE\r\n", 2000));
	has_ended(call, "remote", 200);
	is_quiet(&first);
}

/* The other branch rings first: who answers counts. */
static void other_branch_answers(void)
{
	struct peer_dialog dialog;
	int32_t call;
	const char *invite = dials(0, &call);

	peer_answer(invite, "180 Ringing", "one", "");
	peer_accepts(&dialog, invite, "two");
	peer_answer(invite, OK, "two", peer_description("sendrecv"));
	CHECK(*peer_wait("ACK ", "tag=two", 2000));
	CHECK_INT(rig_number(rig_wait("\"state\":\"established\"", NULL, 2000), "call"), call);
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	peer_answer(peer_wait("BYE ", "tag=two", 2000), OK, "two", "");
	has_ended(call, "local", 200);
	is_quiet(&dialog);
}

int main(void)
{
	struct peer_dialog unconfirmed, unanswered;
	int32_t waits, asks;
	int copies;

	if (!CHECK(rig_open_engine() == 0))
		return check_summary("voice_races");
	peer_open(RIG_FAR_PORT);
	has_account(0, "alice");
	has_account(1, "bob");

	/* Line 1: a 200 that nobody confirms, and a re-INVITE that nobody answers. Both take 64 * T1. */
	waits = is_answered(&unconfirmed, "bob");
	asks = is_up(1, &unanswered);
	CHECK_INT(tn_call_hold(asks, 1), 0);

	cancel_crosses_ok();
	cancel_crosses_refusal();
	ok_crosses_their_cancel();
	refusal_crosses_their_cancel();
	byes_cross();
	second_branch_answers_too();
	other_branch_answers();

	/* RFC 3261 §13.3.1.4: repeated at T1, 2 T1, … T2, and at last the call is ended with BYE. */
	for (int i = 0; i < 400 && !peer_find("BYE ", unconfirmed.call_id); i++)
		peer_read(100);
	copies = peer_take_all("SIP/2.0 200", unconfirmed.call_id);
	CHECK(copies >= 9 && copies <= 11);
	peer_answer(peer_wait("BYE ", unconfirmed.call_id, 1000), OK, PEER_TAG, "");
	peer_answer(peer_wait("BYE ", unanswered.call_id, 5000), OK, PEER_TAG, "");
	rig.seen = 0;
	for (int i = 0; i < 2; i++) {
		const char *event = rig_wait("\"state\":\"ended\"", "\"line\":1", 2000);

		CHECK(rig_number(event, "call") == waits || rig_number(event, "call") == asks);
		CHECK_INT(rig_number(event, "code"), 408);
	}
	rig_close();
	close(peer.fd);
	return check_summary("voice_races");
}

/* Changes of a call and of a registration that go wrong on their way (RFC 3261 §14, §22). */
#include "sip_calls.h"

/* Both ask at once: each refuses the other (RFC 3261 §14.1); who was called waits up to two seconds. */
static void offers_cross(void)
{
	struct peer_dialog dialog;
	int32_t call = is_answered(&dialog, "alice");
	const char *mine, *again;

	peer_confirm(&dialog, 1);
	CHECK(*rig_wait("\"state\":\"established\"", NULL, 2000));
	CHECK_INT(tn_call_hold(call, 1), 0);
	mine = peer_wait("INVITE ", dialog.call_id, 2000);
	peer_request(&dialog, "INVITE", peer_description("sendonly"));
	CHECK(*peer_wait("SIP/2.0 491", dialog.call_id, 2000));
	peer_accept_refusal(&dialog, 2);
	peer_answer(mine, "491 Request Pending", PEER_TAG, "");
	CHECK(*peer_wait("ACK ", dialog.call_id, 2000));
	again = peer_wait("INVITE ", dialog.call_id, 4000);
	peer_answer(again, OK, PEER_TAG, peer_description("recvonly"));
	CHECK(*peer_wait("ACK ", dialog.call_id, 2000));
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	peer_answer(peer_wait("BYE ", dialog.call_id, 2000), OK, PEER_TAG, "");
	has_ended(call, "local", 200);
	is_quiet(&dialog);
}

/* RFC 3261 §14.2: no second INVITE before the first one has its answer. */
static void asks_again_while_it_rings(void)
{
	struct peer_dialog dialog;
	int32_t call;
	const char *refused;

	peer_begins(&dialog, "alice");
	peer_request(&dialog, "INVITE", peer_description("sendrecv"));
	call = (int32_t)rig_number(rig_wait("\"state\":\"incoming\"", NULL, 3000), "call");
	peer_copy(dialog.remote, sizeof(dialog.remote), sip_header(peer_wait("SIP/2.0 180", dialog.call_id, 2000), "To"));
	peer_request(&dialog, "INVITE", peer_description("sendrecv"));
	refused = peer_wait("SIP/2.0 500", "CSeq: 2 INVITE", 2000);
	CHECK(*sip_header(refused, "Retry-After"));
	peer_accept_refusal(&dialog, 2);
	CHECK_INT(tn_call_answer(call), 0);
	CHECK(*peer_wait("SIP/2.0 200", "CSeq: 1 INVITE", 2000));
	peer_confirm(&dialog, 1);
	CHECK_INT(rig_number(rig_wait("\"state\":\"established\"", NULL, 2000), "call"), call);
	peer_request(&dialog, "BYE", "");
	CHECK(*peer_wait("SIP/2.0 200", "BYE\r\n", 2000));
	has_ended(call, "remote", 200);
	is_quiet(&dialog);
}

/* The proxy wants another nonce in the middle of a call, for a hold and for the good-bye. */
static void nonce_grows_old(void)
{
	struct peer_dialog dialog;
	int32_t call = is_up(0, &dialog);
	const char *request;

	CHECK_INT(tn_call_hold(call, 1), 0);
	request = peer_wait("INVITE ", dialog.call_id, 2000);
	peer_answer(request, "407 Proxy Authentication Required", PEER_TAG,
		    "Proxy-Authenticate: Digest realm=\"r\",nonce=\"first\",algorithm=MD5\r\nContent-Length: 0\r\n\r\n");
	CHECK(*peer_wait("ACK ", dialog.call_id, 2000));
	request = peer_wait("INVITE ", "nonce=\"first\"", 3000);
	peer_answer(request, "407 Proxy Authentication Required", PEER_TAG,
		    "Proxy-Authenticate: Digest realm=\"r\",nonce=\"second\",stale=true,algorithm=MD5\r\nContent-Length: 0\r\n\r\n");
	CHECK(*peer_wait("ACK ", dialog.call_id, 2000));
	request = peer_wait("INVITE ", "nonce=\"second\"", 3000);
	peer_answer(request, OK, PEER_TAG, peer_description("recvonly"));
	CHECK(*peer_wait("ACK ", dialog.call_id, 2000));
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	request = peer_wait("BYE ", dialog.call_id, 2000);
	peer_answer(request, "407 Proxy Authentication Required", PEER_TAG,
		    "Proxy-Authenticate: Digest realm=\"r\",nonce=\"third\",stale=true,algorithm=MD5\r\nContent-Length: 0\r\n\r\n");
	peer_answer(peer_wait("BYE ", "nonce=\"third\"", 2000), OK, PEER_TAG, "");
	has_ended(call, "local", 200);
	is_quiet(&dialog);
}

/* The far end has forgotten the call: a refresh tells, and the subscriber is not left in silence. */
static void far_end_forgot(void)
{
	struct peer_dialog dialog;
	int32_t call = is_up(0, &dialog);
	const char *invite;

	CHECK_INT(tn_call_hold(call, 1), 0);
	invite = peer_wait("INVITE ", dialog.call_id, 2000);
	peer_answer(invite, "481 Call Does Not Exist", PEER_TAG, "");
	CHECK(*peer_wait("ACK ", dialog.call_id, 2000));
	/* libre says good-bye all the same. */
	peer_answer(peer_wait("BYE ", dialog.call_id, 2000), "481 Call Does Not Exist", PEER_TAG, "");
	has_ended(call, "remote", 481);
	is_quiet(&dialog);
}

/* A registrar that has no more room in the middle of a registration: the next proxy of the list takes over. */
static void registration_moves(void)
{
	struct tn_account account;
	char alternate[64];
	int first = peer.fd, second;

	peer_open(RIG_PEER_PORT);
	second = peer.fd;
	rig_account(&account, "x");
	account.expires_s = 8;
	snprintf(account.alternates, sizeof(account.alternates), "127.0.0.1:%u", RIG_PEER_PORT);
	snprintf(alternate, sizeof(alternate), "127.0.0.1:%u", RIG_PEER_PORT);
	CHECK_INT(tn_account(0, &account), 0);
	peer.fd = first;
	for (int i = 0; i < 100 && !rig_count(rig.seen, "\"state\":\"registered\""); i++)
		peer_read(50);
	CHECK(*rig_wait("\"state\":\"registered\"", "\"line\":0", 5000));
	for (int i = 0; i < 300 && !rig_count(rig.seen, alternate); i++) {
		peer.fd = first;
		peer.refusal = "503 Service Unavailable";
		peer_read(25);
		peer.fd = second;
		peer.refusal = NULL;
		peer_read(25);
	}
	CHECK(*rig_wait("\"state\":\"registered\"", alternate, 5000));
	close(second);
	peer.fd = first;
}

int main(void)
{
	if (!CHECK(rig_open_engine() == 0))
		return check_summary("voice_changes");
	peer_open(RIG_FAR_PORT);
	has_account(0, "alice");
	offers_cross();
	asks_again_while_it_rings();
	nonce_grows_old();
	far_end_forgot();
	registration_moves();
	rig_close();
	close(peer.fd);
	return check_summary("voice_changes");
}

/* Incoming calls that are sent on, and the ring that a network asks for by name. */
#include "voice_rig.h"

static int32_t is_called(pid_t *caller)
{
	const char *const arguments[] = { rig_box(), "-p", rig_port(RIG_PEER_PORT), "-mp",
					  rig_port(RIG_PEER_MEDIA_PORT), "-m", "1", "-s", "alice", NULL };
	const char *event;

	*caller = rig_sipp("sent-on-caller.xml", arguments);
	event = rig_wait("\"state\":\"incoming\"", NULL, 3000);
	CHECK(strstr(event, "\"alert\":\"<http://127.0.0.1/Bellcore-dr2>\"") != NULL);
	return (int32_t)rig_number(event, "call");
}

static void sends_a_caller_on(void)
{
	pid_t caller;
	int32_t call = is_called(&caller);

	CHECK_INT(tn_call_hangup(call, 302, "0145678901"), 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", "\"by\":\"local\"", 1000), "code"), 302);
	CHECK_INT(rig_result(caller), 0);
	CHECK_INT(tn_call_hangup(call, 302, "0145678901"), -ENOENT);
}

/* Without a number there is nowhere to send it: the caller hears busy, and is not left ringing. */
static void has_nowhere_to_send_it(void)
{
	pid_t caller;
	int32_t call = is_called(&caller);

	CHECK_INT(tn_call_hangup(call, 302, ""), 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", "\"by\":\"local\"", 1000), "code"), 486);
	CHECK(rig_result(caller) != 0); /* the scenario wanted 302 */
}

int main(void)
{
	struct tn_account account;

	if (!CHECK(rig_open() == 0))
		return check_summary("voice_forward");
	rig_account(&account, "secret-of-alice");
	CHECK_INT(tn_account(0, &account), 0);
	CHECK(*rig_wait("\"state\":\"registered\"", "\"line\":0", 4000));
	sends_a_caller_on();
	has_nowhere_to_send_it();
	rig_close();
	return check_summary("voice_forward");
}

/* An ordered list of proxies: the next one takes over, and the first one gets us back. sip/half.xml is the first, far-end.xml
 * the second. */
#include "voice_rig.h"

static pid_t half;

static void start_half(void)
{
	half = rig_sipp("half.xml", (const char *const[]){ "-p", rig_port(RIG_PEER_PORT), "-mp", rig_port(RIG_PEER_MEDIA_PORT),
							   "-timeout", "100s", NULL });
}

static void stop_half(void)
{
	kill(half, SIGTERM);
	waitpid(half, NULL, 0);
}

static void registers(void)
{
	struct tn_account account;

	rig_account(&account, "secret-of-alice");
	account.expires_s = 8;
	account.keep_alive_s = 1;
	account.proxy_port = RIG_PEER_PORT;
	snprintf(account.alternates, sizeof(account.alternates), "  127.0.0.1:%u", RIG_FAR_PORT);
	CHECK_INT(tn_account(0, &account), 0);
}

static void is_registered_at(uint16_t port)
{
	char proxy[32];

	snprintf(proxy, sizeof(proxy), "127.0.0.1:%u", port);
	CHECK(*rig_wait("\"state\":\"registered\"", proxy, 20000));
}

static void calls(void)
{
	int32_t call = tn_call_dial(0, "echo");
	const char *event = rig_wait("\"state\":\"established\"", NULL, 15000);

	CHECK_INT(rig_number(event, "call"), call);
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	event = rig_wait("\"state\":\"ended\"", NULL, 2000);
	CHECK_INT(rig_number(event, "code"), 200);
}

static void refuses_bad_lists(void)
{
	static const char *const bad[] = { "a b c d", "a:99999", "a<b", "host:5060;lr", "[::1", "x:y" };
	struct tn_account account;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		rig_account(&account, "x");
		strcpy(account.alternates, bad[i]);
		CHECK_INT(tn_account(1, &account), -EINVAL);
	}
	rig_account(&account, "x");
	strcpy(account.alternates, "[::1]:5070 second.example.net third.example.net:5062");
	CHECK_INT(tn_account(1, &account), 0);
	CHECK_INT(tn_account(1, NULL), 0);
}

int main(void)
{
	if (!CHECK(rig_open() == 0))
		return check_summary("voice_failover");
	refuses_bad_lists();
	/* The first proxy is not there: the second registers and calls. */
	registers();
	is_registered_at(RIG_FAR_PORT);
	calls();
	/* It comes back, and has no room for the next call. */
	start_half();
	is_registered_at(RIG_PEER_PORT);
	calls();
	/* It goes again. */
	stop_half();
	calls();
	is_registered_at(RIG_FAR_PORT);
	rig_close();
	return check_summary("voice_failover");
}

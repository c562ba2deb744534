/* Calls and registration against sipp: test/sip/far-end.xml plays registrar and far end, caller.xml, quitter.xml and stranger.xml
 * call. */
#include "voice_rig.h"

static void registers_with_digest(void)
{
	struct tn_account account;

	rig_account(&account, "not-the-secret");
	CHECK_INT(tn_call_dial(0, "echo"), -ENOTCONN);
	CHECK_INT(tn_account(0, &account), 0);
	CHECK(*rig_wait("\"state\":\"registering\"", NULL, 1000));
	CHECK_INT(rig_number(rig_wait("\"state\":\"failed\"", NULL, 5000), "code"), 403);
	CHECK_INT(tn_account(0, NULL), 0);
	CHECK(*rig_wait("\"state\":\"unregistered\"", NULL, 1000));
	rig_account(&account, "secret-of-alice");
	CHECK_INT(tn_account(0, &account), 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"registered\"", "\"code\":200", 5000), "expires"), 60);
}

static void refuses_bad_arguments(void)
{
	struct tn_account account;

	rig_account(&account, "x");
	strcpy(account.domain, "a b");
	CHECK_INT(tn_account(0, &account), -EINVAL);
	rig_account(&account, "x\r\nFrom: y");
	CHECK_INT(tn_account(0, &account), -EINVAL);
	memset(account.user, 'u', sizeof(account.user));
	CHECK_INT(tn_account(0, &account), -EINVAL);
	CHECK_INT(tn_account(2, NULL), -ENODEV);
	CHECK_INT(tn_call_dial(0, ""), -EINVAL);
	CHECK_INT(tn_call_dial(0, "1\r\n2"), -EINVAL);
	CHECK_INT(tn_call_dial(-1, "1"), -ENODEV);
	CHECK_INT(tn_call_answer(12345), -ENOENT);
	CHECK_INT(tn_call_hangup(12345, 0, NULL), -ENOENT);
	CHECK_INT(tn_call_hangup(1, 200, NULL), -EINVAL);
}

/* The far end echoes RTP: our sound and our events come back. */
static void hears_its_echo(void)
{
	int32_t call = tn_call_dial(0, "echo");
	const char *event;

	CHECK(call > 0);
	CHECK_INT(tn_call_dial(0, "echo"), -EBUSY);
	CHECK(*rig_wait("\"state\":\"calling\"", "\"number\":\"echo\"", 1000));
	CHECK_INT(rig_number(rig_wait("\"state\":\"ringing\"", NULL, 2000), "code"), 180);
	CHECK(*rig_wait("\"state\":\"established\"", "\"codec\":\"PCMU\"", 2000));
	tn_sim_hook(0, 1);
	tn_sim_speak(0, 1004, 700, -100);
	usleep(1200000);
	tn_sim_dial(0, "5");
	CHECK(*rig_wait("\"event\":\"remoteDigit\"", "\"digit\":\"5\"", 2000));
	usleep(200000);
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	event = rig_wait("\"state\":\"ended\"", "\"by\":\"local\"", 1000);
	CHECK_INT(rig_number(event, "code"), 200);
	CHECK(rig_number(event, "txPackets") > 60);
	CHECK(rig_number(event, "rxPackets") > 60);
	CHECK_INT(rig_number(event, "rxLost"), 0);
	CHECK_INT(rig_number(event, "underruns"), 0);
	CHECK(rig_number(event, "answerUs") > rig_number(event, "startUs"));
	CHECK(rig_number(event, "endUs") > rig_number(event, "answerUs"));
	tn_sim_hook(0, 0);
}

static void fails_as_told(const char *number, int code)
{
	int32_t call = tn_call_dial(0, number);
	const char *event = rig_wait("\"state\":\"ended\"", "\"by\":\"remote\"", 3000);

	CHECK_INT(rig_number(event, "call"), call);
	CHECK_INT(rig_number(event, "code"), code);
	CHECK_INT(rig_number(event, "answerUs"), 0);
}

static void answers_a_challenge_of_the_proxy(void)
{
	/* The far end answers the right credentials with 486, others with 403. */
	fails_as_told("guarded", 486);
}

static void hears_early_media(void)
{
	int32_t call = tn_call_dial(0, "early");

	CHECK_INT(rig_number(rig_wait("\"state\":\"early\"", NULL, 2000), "code"), 183);
	CHECK(*rig_wait("\"state\":\"established\"", NULL, 2000));
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	CHECK(*rig_wait("\"state\":\"ended\"", NULL, 1000));
}

static void is_left_with_a_reason(void)
{
	const char *event;

	CHECK(tn_call_dial(0, "leaver") > 0);
	event = rig_wait("\"state\":\"ended\"", "\"by\":\"remote\"", 4000);
	CHECK_INT(rig_number(event, "code"), 200);
	CHECK(strstr(event, "\"reasonHeader\":\"Q.850;cause=16;text=\\\"Normal call clearing\\\"\""));
}

static void is_held(void)
{
	CHECK(tn_call_dial(0, "holder") > 0);
	CHECK(*rig_wait("\"state\":\"held\"", NULL, 3000));
	CHECK(*rig_wait("\"state\":\"resumed\"", NULL, 3000));
	CHECK(*rig_wait("\"state\":\"ended\"", "\"by\":\"remote\"", 3000));
}

static void cancels(void)
{
	int32_t call = tn_call_dial(0, "silent");

	CHECK(*rig_wait("\"state\":\"ringing\"", NULL, 2000));
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", "\"by\":\"local\"", 1000), "code"), 487);
}

static void needs_a_common_codec(void)
{
	CHECK(tn_call_dial(0, "fax") > 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", "\"by\":\"error\"", 3000), "code"), 488);
}

static pid_t is_called(const char *scenario, const char *user)
{
	const char *const arguments[] = { rig_box(), "-p", rig_port(RIG_PEER_PORT), "-mp",
					  rig_port(RIG_PEER_MEDIA_PORT), "-m", "1", "-s", user, NULL };

	return rig_sipp(scenario, arguments);
}

static void is_called_and_answers(void)
{
	pid_t caller = is_called("caller.xml", "alice");
	const char *event = rig_wait("\"state\":\"incoming\"", "\"number\":\"+33123456789\"", 3000);
	int32_t call = (int32_t)rig_number(event, "call");

	CHECK(strstr(event, "\"direction\":\"in\""));
	CHECK(strstr(event, "\"name\":\"Zoé \\\"Z\\\" Martin\""));
	CHECK_INT(tn_call_answer(call), 0);
	CHECK(*rig_wait("\"state\":\"established\"", "\"codec\":\"PCMA\"", 2000));
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", "\"by\":\"remote\"", 3000), "code"), 200);
	CHECK_INT(rig_result(caller), 0);
	CHECK_INT(tn_call_answer(call), -ENOENT);
}

static void is_called_without_an_offer(void)
{
	pid_t caller = is_called("late-caller.xml", "alice");
	int32_t call = (int32_t)rig_number(rig_wait("\"state\":\"incoming\"", NULL, 3000), "call");

	CHECK_INT(tn_call_answer(call), 0);
	CHECK(*rig_wait("\"state\":\"established\"", "\"codec\":\"PCMA\"", 2000));
	CHECK(rig_number(rig_wait("\"state\":\"ended\"", "\"by\":\"remote\"", 3000), "txPackets") > 20);
	CHECK_INT(rig_result(caller), 0);
}

static void is_called_and_rejects(void)
{
	pid_t caller = is_called("caller.xml", "alice");
	int32_t call = (int32_t)rig_number(rig_wait("\"state\":\"incoming\"", NULL, 3000), "call");

	CHECK_INT(tn_call_hangup(call, 486, "Occupé"), 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", "\"by\":\"local\"", 1000), "code"), 486);
	CHECK_INT(rig_result(caller), 0);
}

/* Every figure of a call that never got the line; `start` and `end` are the moment it came. */
static void is_told_as_busy(const char *event, int32_t other)
{
	static const char *const zero[] = { "answerUs", "txPackets", "rxPackets", "rxLost", "rxJitterUs", "txLost",
					    "txJitterUs", "rttUs", "late", "underruns" };

	CHECK(rig_number(event, "call") > 0);
	CHECK(rig_number(event, "call") != other);
	CHECK_INT(rig_number(event, "line"), 0);
	CHECK(strstr(event, "\"direction\":\"in\""));
	CHECK(strstr(event, "\"by\":\"local\""));
	CHECK_INT(rig_number(event, "code"), 486);
	CHECK(strstr(event, "\"reason\":\"Busy Here\""));
	CHECK(strstr(event, "\"number\":\"+33123456789\""));
	CHECK(strstr(event, "\"name\":\"Zoé \\\"Z\\\" Martin\""));
	CHECK(strstr(event, "@127.0.0.1\""));
	CHECK(strstr(event, "\"codec\":\"\""));
	CHECK(rig_number(event, "startUs") > 0);
	CHECK_INT(rig_number(event, "endUs"), rig_number(event, "startUs"));
	for (size_t i = 0; i < sizeof(zero) / sizeof(*zero); i++)
		CHECK_INT(rig_number(event, zero[i]), 0);
}

static void refuses_a_second_call_and_wrong_numbers(void)
{
	int32_t call = tn_call_dial(0, "silent"), busy;
	const char *event;
	size_t from;

	CHECK(*rig_wait("\"state\":\"ringing\"", NULL, 2000));
	from = rig.length;
	CHECK_INT(rig_result(is_called("caller.xml", "alice")), 0);
	event = rig_wait("\"state\":\"ended\"", "\"direction\":\"in\"", 1000);
	is_told_as_busy(event, call);
	busy = (int32_t)rig_number(event, "call");
	CHECK_INT(tn_call_hangup(busy, 0, NULL), -ENOENT);
	CHECK_INT(rig_result(is_called("caller.xml", "nobody")), 0);
	CHECK_INT(rig_count(from, "\"event\":"), 1);
	/* The call that has the line knows nothing of it. */
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", "\"by\":\"local\"", 1000), "call"), call);
}

/* Whatever the user name, and while the line is busy too: strangers get no ring, no record, no hint. */
static void forbids_strangers(void)
{
	const char *const scan[] = { rig_box(), "-i", "127.0.0.2", "-bind_local", "-p",
				     rig_port(RIG_PEER_PORT), "-mp", rig_port(RIG_PEER_MEDIA_PORT), "-m", "3", "-s", "alice", NULL };
	const char *const guess[] = { rig_box(), "-i", "127.0.0.2", "-bind_local", "-p",
				      rig_port(RIG_PEER_PORT), "-mp", rig_port(RIG_PEER_MEDIA_PORT), "-m", "1", "-s", "nobody", NULL };
	const char *event;
	size_t from = rig.length;
	int32_t call;

	CHECK_INT(rig_result(rig_sipp("stranger.xml", scan)), 0);
	event = rig_wait("\"event\":\"fault\"", "127.0.0.2", 1000);
	CHECK_INT(rig_number(event, "line"), 0);
	CHECK_INT(rig_number(event, "code"), EACCES);
	CHECK_INT(rig_result(rig_sipp("stranger.xml", guess)), 0);
	CHECK_INT(rig_count(from, "\"event\":"), 1);
	call = tn_call_dial(0, "silent");
	CHECK(*rig_wait("\"state\":\"ringing\"", NULL, 2000));
	from = rig.length;
	CHECK_INT(rig_result(rig_sipp("stranger.xml", scan)), 0);
	CHECK_INT(rig_count(from, "\"event\":"), 0);
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	CHECK(*rig_wait("\"state\":\"ended\"", "\"by\":\"local\"", 1000));
}

static void is_given_up(void)
{
	pid_t caller = is_called("quitter.xml", "alice");
	const char *event = rig_wait("\"state\":\"incoming\"", "\"number\":\"\"", 3000);

	CHECK(*event);
	event = rig_wait("\"state\":\"ended\"", "\"by\":\"remote\"", 3000);
	CHECK_INT(rig_number(event, "code"), 487);
	CHECK(strstr(event, "Call completed elsewhere"));
	CHECK_INT(rig_result(caller), 0);
}

/* The registrar is down when the box starts: it is tried again soon, here over TCP. */
static void registers_when_the_registrar_comes_back(void)
{
	const char *const far[] = { "-p", rig_port(RIG_FAR_PORT), "-t", "t1", "-timeout", "100s", NULL };
	struct tn_account account;
	const char *event;
	pid_t registrar;

	rig_account(&account, "secret-of-alice");
	account.transport = TN_TRANSPORT_TCP;
	CHECK_INT(tn_account(1, &account), 0);
	event = rig_wait("\"state\":\"failed\"", "\"line\":1", 2000);
	CHECK_INT(rig_number(event, "code"), 0);
	CHECK(strstr(event, "refused"));
	registrar = rig_sipp("far-end.xml", far);
	CHECK(*rig_wait("\"state\":\"registered\"", "\"line\":1", 6000));
	CHECK_INT(tn_account(1, NULL), 0);
	CHECK(*rig_wait("\"state\":\"unregistered\"", "\"line\":1", 1000));
	usleep(100000);
	kill(registrar, SIGTERM);
	waitpid(registrar, NULL, 0);
}

int main(void)
{
	if (!CHECK(rig_open() == 0))
		return check_summary("voice_calls");
	refuses_bad_arguments();
	registers_with_digest();
	hears_its_echo();
	fails_as_told("486", 486);
	fails_as_told("404", 404);
	answers_a_challenge_of_the_proxy();
	hears_early_media();
	is_left_with_a_reason();
	is_held();
	cancels();
	needs_a_common_codec();
	is_called_and_answers();
	is_called_without_an_offer();
	is_called_and_rejects();
	refuses_a_second_call_and_wrong_numbers();
	forbids_strangers();
	is_given_up();
	registers_when_the_registrar_comes_back();
	/* One call stays up: closing the engine ends it. */
	CHECK(tn_call_dial(0, "echo") > 0);
	CHECK(*rig_wait("\"state\":\"established\"", NULL, 2000));
	rig_close();
	return check_summary("voice_calls");
}

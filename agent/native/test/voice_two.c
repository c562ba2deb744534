/* Two calls on a line: hold, conference, transfer, and who hears whom. test/sip/far-end.xml echoes what it hears. */
#include "voice_rig.h"

static void registers(uint32_t calls)
{
	struct tn_account account;

	rig_account(&account, "secret-of-alice");
	account.calls = calls;
	CHECK_INT(tn_account(0, &account), 0);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 5000));
}

static int32_t calls_echo(void)
{
	int32_t call = tn_call_dial(0, "echo");

	CHECK(call > 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"established\"", NULL, 3000), "call"), call);
	return call;
}

static void hangs_up(int32_t call)
{
	const char *event;

	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	event = rig_wait("\"state\":\"ended\"", NULL, 2000);
	CHECK_INT(rig_number(event, "call"), call);
}

/* How long the telephone heard sound in 600 ms, milliseconds: of our own voice as the far ends echo it. */
static long hears(void)
{
	char heard[2048];

	usleep(400000);
	tn_sim_forget(0);
	usleep(600000);
	CHECK(tn_sim_heard(0, heard, sizeof(heard)) > 0);
	return rig_number(heard, "activeMs");
}

static void holds_and_takes_back(void)
{
	int32_t first = calls_echo(), second;

	CHECK(hears() > 400);
	CHECK_INT(tn_call_hold(first, 1), 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"holding\"", NULL, 1000), "call"), first);
	CHECK_INT(hears(), 0);
	second = calls_echo();
	CHECK_INT(tn_call_dial(0, "echo"), -EBUSY);
	CHECK(hears() > 400);
	/* The waiting call gets the telephone, the other one waits. */
	CHECK_INT(tn_call_hold(second, 1), 0);
	CHECK_INT(tn_call_hold(first, 0), 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"retrieved\"", NULL, 1000), "call"), first);
	CHECK(hears() > 400);
	hangs_up(first);
	CHECK_INT(hears(), 0);
	CHECK_INT(tn_call_hold(second, 0), 0);
	CHECK(hears() > 400);
	hangs_up(second);
}

/* Each far end echoes what it hears: in a conference they hear each other, and go on when we fall silent. */
static void confers(void)
{
	int32_t first = calls_echo(), second = calls_echo();

	CHECK_INT(tn_line_conference(0, 1), 0);
	CHECK(hears() > 400);
	tn_sim_speak(0, 0, 0, 0);
	CHECK(hears() > 400);
	CHECK_INT(tn_line_conference(0, 0), 0);
	CHECK_INT(hears(), 0);
	tn_sim_speak(0, 1004, 0, -200);
	CHECK_INT(tn_line_conference(0, 1), 0);
	hangs_up(first);
	/* A conference of one is an ordinary call. */
	CHECK(hears() > 400);
	tn_sim_speak(0, 0, 0, 0);
	CHECK_INT(hears(), 0);
	tn_sim_speak(0, 1004, 0, -200);
	hangs_up(second);
}

static void transfers(void)
{
	int32_t first = calls_echo(), second = calls_echo();
	const char *event;

	CHECK_INT(tn_call_transfer(first, ""), -EINVAL);
	CHECK_INT(tn_call_transfer(first, "nobody"), 0);
	event = rig_wait("\"state\":\"transfer\"", "\"final\":true", 3000);
	CHECK_INT(rig_number(event, "code"), 603);
	CHECK_INT(tn_call_transfer(first, "0123456789"), 0);
	event = rig_wait("\"state\":\"transfer\"", "\"final\":false", 3000);
	CHECK_INT(rig_number(event, "code"), 100);
	event = rig_wait("\"state\":\"transfer\"", "\"final\":true", 3000);
	CHECK_INT(rig_number(event, "code"), 200);
	CHECK_INT(tn_call_join(first, first), -EINVAL);
	CHECK_INT(tn_call_join(first, 99999), -ENOENT);
	CHECK_INT(tn_call_join(first, second), 0);
	event = rig_wait("\"state\":\"transfer\"", "\"final\":true", 3000);
	CHECK_INT(rig_number(event, "code"), 299);
	CHECK_INT(rig_number(event, "call"), first);
	hangs_up(first);
	hangs_up(second);
}

/* A further call rings through while there is a place for it, and is turned away after that. */
static void is_called_during_a_call(void)
{
	const char *const caller[] = { rig_box(), "-p", rig_port(RIG_PEER_PORT), "-mp", rig_port(RIG_PEER_MEDIA_PORT), "-m", "1",
				       "-s", "alice", NULL };
	int32_t first = calls_echo(), waiting;
	pid_t child = rig_sipp("caller.xml", caller);

	waiting = (int32_t)rig_number(rig_wait("\"state\":\"incoming\"", NULL, 3000), "call");
	CHECK(waiting > 0 && waiting != first);
	CHECK_INT(tn_call_hold(first, 1), 0);
	CHECK_INT(tn_call_answer(waiting), 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"established\"", NULL, 2000), "call"), waiting);
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", "\"by\":\"remote\"", 3000), "call"), waiting);
	CHECK_INT(rig_result(child), 0);
	CHECK_INT(tn_call_hold(first, 0), 0);
	CHECK(hears() > 400);
	hangs_up(first);
}

/* Two telephones of one box at once. */
static void speaks_on_two_lines(void)
{
	struct tn_account account;
	int32_t one = calls_echo(), other;

	rig_account(&account, "secret-of-alice");
	CHECK_INT(tn_account(1, &account), 0);
	CHECK(*rig_wait("\"state\":\"registered\"", "\"line\":1", 5000));
	other = tn_call_dial(1, "echo");
	CHECK(*rig_wait("\"state\":\"established\"", "\"line\":1", 3000));
	tn_sim_hook(1, 1);
	tn_sim_speak(1, 600, 0, -200);
	CHECK(hears() > 400);
	hangs_up(one);
	CHECK_INT(hears(), 0);
	hangs_up(other);
}

int main(void)
{
	if (!CHECK(rig_open() == 0))
		return check_summary("voice_two");
	registers(2);
	tn_sim_hook(0, 1);
	tn_sim_speak(0, 1004, 0, -200);
	holds_and_takes_back();
	confers();
	transfers();
	is_called_during_a_call();
	speaks_on_two_lines();
	rig_close();
	return check_summary("voice_two");
}

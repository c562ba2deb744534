/* An agent that falls silent: nothing rings, a lifted handset hears a tone, a call that is up goes on. */
#include "voice_rig.h"

static const struct tn_tone reorder = { .size = sizeof(reorder), .segments = 2, .repeat = 0,
					.segment = { { { 440, 0 }, { -100, 0 }, 250 }, { { 0, 0 }, { 0, 0 }, 250 } } };

static long hears(int line)
{
	char heard[2048];

	usleep(300000);
	tn_sim_forget(line);
	usleep(700000);
	CHECK(tn_sim_heard(line, heard, sizeof(heard)) > 0);
	return rig_number(heard, "activeMs");
}

static bool rings(int line)
{
	char heard[2048];

	CHECK(tn_sim_heard(line, heard, sizeof(heard)) > 0);
	return strstr(heard, "\"ringing\":true") != NULL;
}

static void falls_silent(void)
{
	CHECK_INT(tn_watch(1, &reorder), 0);
	CHECK_INT(rig_number(rig_wait("\"event\":\"fault\"", "silent", 4000), "code"), ETIME);
}

static void refuses_nonsense(void)
{
	struct tn_tone empty = { .size = sizeof(empty) };

	CHECK_INT(tn_watch(1, NULL), -EINVAL);
	CHECK_INT(tn_watch(1, &empty), -EINVAL);
	CHECK_INT(tn_watch(4000, &reorder), -EINVAL);
}

static void looks_after_an_idle_line(void)
{
	struct tn_ring ring = { .size = sizeof(ring), .frequency = 50, .phases = 2, .phase_ms = { 10000, 1000 } };
	const char *const caller[] = { rig_box(), "-p", rig_port(RIG_PEER_PORT), "-mp", rig_port(RIG_PEER_MEDIA_PORT), "-m", "1",
				       "-s", "alice", NULL };
	size_t from;

	CHECK_INT(tn_line_ring(0, &ring), 0);
	usleep(200000);
	CHECK(rings(0));
	falls_silent();
	usleep(200000);
	CHECK(!rings(0));
	/* A caller is turned away (480), and nothing is told of it. */
	from = rig.length;
	(void)rig_result(rig_sipp("caller.xml", caller));
	CHECK_INT(rig_count(from, "incoming"), 0);
	tn_sim_hook(0, 1);
	CHECK(hears(0) > 200);
	CHECK_INT(tn_watch(0, NULL), 0);
	CHECK_INT(hears(0), 0);
	tn_sim_hook(0, 0);
}

static void leaves_a_call_alone(void)
{
	int32_t call = tn_call_dial(0, "echo");
	const char *event;

	CHECK(*rig_wait("\"state\":\"established\"", NULL, 3000));
	tn_sim_hook(0, 1);
	tn_sim_speak(0, 1004, 0, -200);
	falls_silent();
	CHECK(hears(0) > 400);
	tn_sim_speak(0, 0, 0, 0);
	/* Our silence comes back: no tone under a call. */
	CHECK_INT(hears(0), 0);
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	event = rig_wait("\"state\":\"ended\"", NULL, 2000);
	CHECK_INT(rig_number(event, "code"), 200);
	/* The call is over, and nobody else gives a tone. */
	CHECK(hears(0) > 200);
	CHECK_INT(tn_watch(60, &reorder), 0);
	CHECK_INT(hears(0), 0);
	tn_sim_hook(0, 0);
}

int main(void)
{
	struct tn_account account;

	CHECK_INT(tn_watch(1, &reorder), -ENODEV);
	if (!CHECK(rig_open() == 0))
		return check_summary("voice_watchdog");
	rig_account(&account, "secret-of-alice");
	CHECK_INT(tn_account(0, &account), 0);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 5000));
	refuses_nonsense();
	looks_after_an_idle_line();
	leaves_a_call_alone();
	rig_close();
	return check_summary("voice_watchdog");
}

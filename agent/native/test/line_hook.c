/* Hook: debounce, flash against hang-up, the calls that ask for it. */
#include "line_rig.h"

static void lift_and_hang_up(void)
{
	CHECK_INT(tn_line_off_hook(0), 0);
	CHECK_INT(tn_sim_hook(0, 1), 0);
	rig_run(20);
	CHECK_INT(tn_line_off_hook(0), 0); /* not yet: 40 ms by default */
	rig_run(20);
	CHECK_INT(tn_line_off_hook(0), 1);
	CHECK_INT(rig_count("\"event\":\"hook\",\"line\":0,\"offHook\":true"), 1);
	CHECK_INT(tn_sim_hook(0, 0), 0);
	rig_run(500);
	CHECK_INT(tn_line_off_hook(0), 1); /* may still become a flash */
	rig_run(40);
	CHECK_INT(tn_line_off_hook(0), 0);
	CHECK_INT(rig_count("\"event\":\"hook\",\"line\":0,\"offHook\":false"), 1);
	CHECK_INT(rig_count("\"event\":\"flash\""), 0);
}

static void flash_window(void)
{
	struct tn_line_setup setup = { .size = sizeof(setup), .flash_min_ms = 100, .flash_max_ms = 300, .offhook_ms = 60 };

	CHECK_INT(tn_line_setup(0, &setup), 0);
	rig_lift();
	rig_clear_events();
	CHECK_INT(tn_sim_flash(0, 40), 0); /* a bounce */
	rig_run(400);
	CHECK_INT(rig_count("\"event\""), 0);
	CHECK_INT(tn_sim_flash(0, 200), 0);
	rig_run(400);
	CHECK_INT(rig_count("\"event\":\"flash\",\"line\":0,\"ms\":200"), 1);
	CHECK_INT(tn_sim_flash(0, 300), 0);
	rig_run(400);
	CHECK_INT(rig_count("\"event\":\"flash\",\"line\":0,\"ms\":300"), 1);
	CHECK_INT(rig_count("\"event\":\"hook\""), 0);
	CHECK_INT(tn_sim_flash(0, 400), 0); /* too long: down, and up again */
	rig_run(800);
	CHECK_INT(rig_count("\"event\":\"flash\""), 2);
	CHECK_INT(rig_count("\"offHook\":false"), 1);
	CHECK_INT(rig_count("\"offHook\":true"), 1);
	CHECK(strstr(rig_heard(), "\"offHook\":true") != NULL);
}

static void audio_follows_the_loop(void)
{
	int16_t frame[TN_FRAME];
	int energy = 0;

	CHECK_INT(tn_sim_speak(0, 1000, 0, -100), 0);
	CHECK_INT(tn_sim_flash(0, 200), 0);
	rig_run_with(100, NULL, frame);
	for (int i = 0; i < TN_FRAME; i++)
		energy += abs(frame[i]);
	CHECK_INT(energy, 0); /* the loop is broken */
	rig_run_with(200, NULL, frame);
	for (int i = 0; i < TN_FRAME; i++)
		energy += abs(frame[i]);
	CHECK(energy > 0);
}

static void refusals(void)
{
	struct tn_line_setup setup = { .size = sizeof(setup), .flash_min_ms = 300, .flash_max_ms = 100 };
	struct tn_line_setup older = { .size = 8, .flash_min_ms = 1, .flash_max_ms = 300 };

	CHECK_INT(tn_line_setup(0, &setup), -EINVAL);
	CHECK_INT(tn_line_setup(0, NULL), -EINVAL);
	CHECK_INT(tn_line_setup(0, &older), -EINVAL); /* its flash_max_ms is missing, so 0 */
	older.flash_min_ms = 0;
	CHECK_INT(tn_line_setup(0, &older), 0);
	setup = (struct tn_line_setup){ .size = sizeof(setup), .flash_max_ms = 300, .gain_to_phone = 500 };
	CHECK_INT(tn_line_setup(0, &setup), -EINVAL);
	CHECK_INT(tn_sim_flash(0, 0), -EINVAL);
	CHECK_INT(tn_sim_flash(1, 100), -ENOTCONN);
	CHECK_INT(tn_line_off_hook(2), -EINVAL);
}

int main(void)
{
	rig_open();
	lift_and_hang_up();
	flash_window();
	audio_follows_the_loop();
	refusals();
	rig_close();
	return check_summary("line_hook");
}

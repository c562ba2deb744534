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

static struct tn_line_setup rotary(void)
{
	struct tn_line_setup setup = { .size = sizeof(setup), .flash_min_ms = 80, .flash_max_ms = 500, .offhook_ms = 40,
				       .pulse_break_min_ms = 40, .pulse_break_max_ms = 79, .pulse_make_min_ms = 20,
				       .pulse_gap_ms = 200 };

	return setup;
}

/* Digits of line 0 told since `rig_clear_events`, in order. */
static const char *digits_told(void)
{
	static char digits[64];
	size_t count = 0;

	rig_read();
	for (const char *at = rig_events; (at = strstr(at, "\"digit\":\"")) && count + 1 < sizeof(digits); at += 9)
		digits[count++] = at[9];
	digits[count] = '\0';
	return digits;
}

static void dial_by_pulses(uint32_t break_ms, uint32_t make_ms, const char *expected)
{
	rig_clear_events();
	rig_voice_digits[0] = '\0';
	CHECK_INT(tn_sim_pulse(0, "1029384756", break_ms, make_ms), 0);
	rig_run(16000);
	CHECK_TEXT(digits_told(), expected);
	CHECK_INT((int)strlen(rig_voice_digits), 4 * (int)strlen(expected)); /* each pressed and released */
	CHECK_INT(rig_count("\"event\":\"hook\""), 0);
	CHECK_INT(rig_count("\"event\":\"flash\""), 0);
}

static void rotary_dial(void)
{
	struct tn_line_setup setup = rotary();

	CHECK_INT(tn_line_setup(0, &setup), 0);
	rig_lift();
	dial_by_pulses(66, 33, "1029384756"); /* 10 pulses a second, French ratio 2 : 1 */
	dial_by_pulses(60, 40, "1029384756");
	dial_by_pulses(50, 33, "1029384756"); /* 12 a second, the fastest dials */
	dial_by_pulses(75, 50, "1029384756"); /* 8 a second, the slowest */
	dial_by_pulses(40, 20, "1029384756"); /* the limits themselves */
	dial_by_pulses(79, 60, "1029384756");
	dial_by_pulses(39, 40, "");           /* shorter breaks are bounces */
	setup.pulse_gap_ms = 0;               /* a region without pulse dialling */
	CHECK_INT(tn_line_setup(0, &setup), 0);
	dial_by_pulses(66, 33, "");
}

/* One hook, three meanings: by the length of the break alone, to the millisecond. */
static void pulse_flash_or_hang_up(void)
{
	struct tn_line_setup setup = rotary();

	CHECK_INT(tn_line_setup(0, &setup), 0);
	for (uint32_t ms = 30; ms <= 540; ms += ms < 90 ? 1 : ms < 490 ? 50 : 1) {
		rig_clear_events();
		CHECK_INT(tn_sim_flash(0, ms), 0);
		rig_run(1000);
		CHECK_TEXT(digits_told(), ms >= 40 && ms < 80 ? "1" : "");
		CHECK_INT(rig_count("\"event\":\"flash\""), ms >= 80 && ms <= 500);
		CHECK_INT(rig_count("\"offHook\":false"), ms > 500);
		CHECK_INT(rig_count("\"offHook\":true"), ms > 500);
	}
	rig_clear_events();
	CHECK_INT(tn_sim_pulse(0, "5", 66, 33), 0); /* the handset goes down in the middle of a digit */
	rig_run(200);
	CHECK_INT(tn_sim_hook(0, 0), 0);
	rig_run(1000);
	CHECK_TEXT(digits_told(), "");
	CHECK_INT(rig_count("\"offHook\":false"), 1);
	rig_lift();
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
	setup = rotary();
	setup.pulse_break_max_ms = 80; /* a pulse would be a flash */
	CHECK_INT(tn_line_setup(0, &setup), -EINVAL);
	CHECK_INT(tn_sim_pulse(0, "1a", 66, 33), -EINVAL);
	CHECK_INT(tn_sim_pulse(0, "1", 0, 33), -EINVAL);
	CHECK_INT(tn_sim_pulse(1, "1", 66, 33), -ENOTCONN);
	CHECK_INT(tn_sim_flash(0, 0), -EINVAL);
	CHECK_INT(tn_sim_flash(1, 100), -ENOTCONN);
	CHECK_INT(tn_line_off_hook(2), -EINVAL);
}

int main(void)
{
	rig_open();
	lift_and_hang_up();
	flash_window();
	rotary_dial();
	pulse_flash_or_hang_up();
	audio_follows_the_loop();
	refusals();
	rig_close();
	return check_summary("line_hook");
}

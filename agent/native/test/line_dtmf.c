/* DTMF: the subscriber's keys through the production detector, and digits of the far end to the ear. */
#include "line_rig.h"

static const char all[] = "0123456789*#ABCD";

static void from_phone(void)
{
	char expected[80] = "", event[64];

	CHECK_INT(tn_sim_dial(0, all), 0);
	rig_run(16 * 160 + 200);
	for (const char *key = all; *key; key++) {
		snprintf(event, sizeof(event), "\"event\":\"digit\",\"line\":0,\"digit\":\"%c\"", *key);
		CHECK_INT(rig_count(event), 1);
		snprintf(expected + strlen(expected), 5, "+%c-%c", *key, *key);
	}
	CHECK_TEXT(rig_voice_digits, expected);
	CHECK_INT(rig_count("\"event\":\"digit\""), 16);
}

static void during_dial_tone(void)
{
	struct tn_tone tone = { .size = sizeof(tone), .segments = 1,
				.segment = { { .frequency = { 440, 0 }, .level = { -100, 0 } } } };

	rig_clear_events();
	CHECK_INT(tn_line_tone(0, &tone), 0);
	CHECK_INT(tn_sim_dial(0, "0123456789"), 0);
	rig_run(2000);
	CHECK_INT(rig_count("\"event\":\"digit\""), 10);
	CHECK_INT(tn_line_tone(0, NULL), 0);
}

static void pauses_and_repeats(void)
{
	rig_clear_events();
	CHECK_INT(tn_sim_dial(0, "11,1"), 0);
	rig_run(700);
	CHECK_INT(rig_count("\"digit\":\"1\""), 2);
	rig_run(600);
	CHECK_INT(rig_count("\"digit\":\"1\""), 2);
	rig_run(300);
	CHECK_INT(rig_count("\"digit\":\"1\""), 3);
}

static void to_phone(void)
{
	tn_sim_forget(0);
	for (const char *key = all; *key; key++)
		tn_line_play_digit(0, *key);
	rig_run(16 * 120 + 400);
	CHECK(strstr(rig_heard(), "\"digits\":\"0123456789*#ABCD\"") != NULL);
}

static void speech_is_no_digit(void)
{
	rig_clear_events();
	CHECK_INT(tn_sim_speak(0, 1004, 0, -100), 0);
	rig_run(3000);
	CHECK_INT(tn_sim_speak(0, 697, 2000, -60), 0);
	rig_run(3000);
	CHECK_INT(rig_count("\"event\":\"digit\""), 0);
}

static void speaking(void)
{
	int16_t frame[TN_FRAME];
	double energy = 0;

	CHECK_INT(tn_sim_speak(0, 1000, 100, -100), 0);
	rig_run_with(60, NULL, frame);
	for (int i = 0; i < TN_FRAME; i++)
		energy += (double)frame[i] * frame[i] / TN_FRAME;
	/* −10 dBm0: 13.14 dB below a full-scale sine */
	CHECK_NEAR(10 * log10(energy / (32767.0 * 32767.0 / 2)), -13.14, 0.05);
	rig_run_with(60, NULL, frame);
	for (int i = 0; i < TN_FRAME; i++)
		CHECK_INT(frame[i], 0);
}

static void refusals(void)
{
	CHECK_INT(tn_sim_dial(0, "12x"), -EINVAL);
	CHECK_INT(tn_sim_dial(0, NULL), -EINVAL);
	CHECK_INT(tn_sim_speak(0, 4000, 0, -100), -EINVAL);
	CHECK_INT(tn_sim_speak(0, 1000, 0, 10), -EINVAL);
	for (int i = 0; i < 12; i++)
		CHECK_INT(tn_sim_dial(0, "0123456789"), 0);
	CHECK_INT(tn_sim_dial(0, "0123456789"), -ENOBUFS);
	CHECK_INT(tn_sim_hook(0, 0), 0); /* hanging up forgets the keys */
	rig_run(1000);
	CHECK_INT(tn_sim_dial(0, "1"), -ENOTCONN);
	rig_clear_events();
	rig_lift();
	rig_run(500);
	CHECK_INT(rig_count("\"event\":\"digit\""), 0);
}

int main(void)
{
	rig_open();
	rig_lift();
	from_phone();
	during_dial_tone();
	pauses_and_repeats();
	to_phone();
	speech_is_no_digit();
	speaking();
	refusals();
	rig_close();
	return check_summary("line_dtmf");
}

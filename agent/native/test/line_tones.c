/* Tones through the whole line, measured by the ear of the virtual telephone. */
#include "line_rig.h"

static struct tn_tone tone_of(uint32_t a, uint32_t b, uint32_t on, uint32_t off)
{
	struct tn_tone tone = { .size = sizeof(tone), .segments = off ? 2 : 1 };

	tone.segment[0] = (struct tn_tone_segment){ .frequency = { a, b }, .level = { -100, b ? -120 : 0 }, .duration_ms = on };
	tone.segment[1].duration_ms = off;
	return tone;
}

static void hear(const struct tn_tone *tone, unsigned ms)
{
	tn_sim_forget(0);
	CHECK_INT(tn_line_tone(0, tone), 0);
	rig_run(ms);
}

static void check_frequencies(unsigned count, double a, double b)
{
	double heard[16] = { 0 };

	CHECK_INT(rig_numbers("\"frequencies\"", heard), count);
	CHECK_NEAR(heard[0], a, a * 0.01);
	if (count == 2)
		CHECK_NEAR(heard[1], b, b * 0.01);
}

static void check_cadence(unsigned count, const double *expected)
{
	double heard[16] = { 0 };

	CHECK_INT(rig_numbers("\"cadence\"", heard), count);
	for (unsigned i = 0; i < count; i++)
		CHECK_NEAR(heard[i], expected[i], 20);
}

static void dial_tone(void)
{
	struct tn_tone tone = tone_of(440, 0, 0, 0);

	hear(&tone, 2000);
	check_frequencies(1, 440, 0);
	check_cadence(0, NULL);
	CHECK_NEAR(rig_number("\"level\""), -100, 2);
	tone = tone_of(350, 440, 0, 0);
	hear(&tone, 2000);
	check_frequencies(2, 350, 440);
	tone = tone_of(440, 480, 0, 0);
	hear(&tone, 2000);
	check_frequencies(2, 440, 480);
	CHECK_INT(tn_line_tone(0, NULL), 0);
	rig_run(1200);
	CHECK(strstr(rig_heard(), "\"tone\":null") != NULL);
}

static void cadences(void)
{
	struct tn_tone busy = tone_of(440, 0, 500, 500), ringback = tone_of(440, 0, 1500, 3500), british;
	struct tn_tone dial = tone_of(440, 0, 0, 0), warning = tone_of(1400, 0, 100, 100);

	hear(&busy, 4600);
	check_frequencies(1, 440, 0);
	check_cadence(2, (const double[]){ 500, 500 });
	hear(&ringback, 13000);
	check_frequencies(1, 440, 0);
	check_cadence(2, (const double[]){ 1500, 3500 });
	CHECK(strstr(rig_heard(), "\"tone\":{") != NULL); /* also in the pause, once the cadence is known */
	british = tone_of(400, 450, 400, 200);
	british.segments = 4;
	british.segment[2] = british.segment[0];
	british.segment[3].duration_ms = 2000;
	hear(&british, 10000);
	check_frequencies(2, 400, 450);
	check_cadence(4, (const double[]){ 400, 200, 400, 2000 });
	/* From one tone into the next of the same frequency, without a pause. */
	hear(&dial, 4000);
	CHECK_INT(tn_line_tone(0, &busy), 0);
	rig_run(4000);
	check_cadence(2, (const double[]){ 500, 500 });
	hear(&warning, 3000);
	check_frequencies(1, 1400, 0);
	check_cadence(2, (const double[]){ 100, 100 });
}

/* Special information tone: three notes without a pause between them. The ear must never hear two of them at once. */
static void notes_in_succession(void)
{
	struct tn_tone tone = { .size = sizeof(tone), .segments = 4, .segment = {
		{ .frequency = { 950, 0 }, .level = { -130, 0 }, .duration_ms = 300 },
		{ .frequency = { 1400, 0 }, .level = { -130, 0 }, .duration_ms = 300 },
		{ .frequency = { 1800, 0 }, .level = { -130, 0 }, .duration_ms = 300 },
		{ .duration_ms = 1000 } } };
	static const double note[] = { 950, 1400, 1800 };
	double heard[16], last = 0;
	unsigned changes = 0;

	hear(&tone, 0);
	for (int i = 0; i < 5700 / 20; i++) { /* three times the whole */
		rig_run(20);
		if (rig_numbers("\"frequencies\"", heard) == 0)
			continue;
		CHECK_INT(rig_numbers("\"frequencies\"", heard), 1);
		if (fabs(heard[0] - last) > 20) {
			CHECK_NEAR(heard[0], note[changes % 3], note[changes % 3] * 0.01);
			changes++;
			last = heard[0];
		}
	}
	CHECK_INT(changes, 9);
	check_cadence(0, NULL);
}

static void repeat_ends(void)
{
	struct tn_tone tone = tone_of(440, 0, 200, 100);

	tone.repeat = 3;
	rig_clear_events();
	hear(&tone, 880);
	CHECK_INT(rig_count("\"event\":\"tone\""), 0);
	rig_run(40);
	CHECK_INT(rig_count("\"event\":\"tone\",\"line\":0,\"state\":\"ended\""), 1);
	rig_run(2000);
	CHECK_INT(rig_count("\"event\":\"tone\""), 1);
	CHECK_NEAR(rig_number("\"activeMs\""), 600, 15);
}

static void over_network_audio(void)
{
	struct tn_tone tone = tone_of(1400, 0, 0, 0);
	int16_t frame[TN_FRAME];

	for (int i = 0; i < TN_FRAME; i++) /* 500 Hz: whole turns in a frame, so that frames join */
		frame[i] = (int16_t)(6000 * sin(2 * M_PI * 500 * i / TN_RATE));
	tn_sim_forget(0);
	CHECK_INT(tn_line_tone(0, &tone), 0);
	rig_run_with(1000, frame, NULL);
	check_frequencies(2, 500, 1400);
	tn_line_tone(0, NULL);
}

static void refusals(void)
{
	struct tn_tone tone = tone_of(440, 0, 0, 0), bad = tone;

	bad.segments = 0;
	CHECK_INT(tn_line_tone(0, &bad), -EINVAL);
	bad = tone;
	bad.segments = TN_TONE_SEGMENTS + 1;
	CHECK_INT(tn_line_tone(0, &bad), -EINVAL);
	bad = tone;
	bad.segment[0].frequency[0] = 4000;
	CHECK_INT(tn_line_tone(0, &bad), -EINVAL);
	bad = tone;
	bad.segment[0].level[0] = 1;
	CHECK_INT(tn_line_tone(0, &bad), -EINVAL);
	bad = tone;
	bad.size = 3;
	CHECK_INT(tn_line_tone(0, &bad), -EINVAL);
	bad.size = sizeof(bad) + 4;
	CHECK_INT(tn_line_tone(0, &bad), -E2BIG);
	CHECK_INT(tn_line_tone(2, &tone), -EINVAL);
	CHECK_INT(tn_line_tone(-1, &tone), -EINVAL);
}

int main(void)
{
	rig_open();
	rig_lift();
	dial_tone();
	cadences();
	notes_in_succession();
	repeat_ends();
	over_network_audio();
	refusals();
	rig_close();
	return check_summary("line_tones");
}

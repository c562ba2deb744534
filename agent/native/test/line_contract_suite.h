/* What every line driver must do (line_contract.h says how it is asked). */
#ifndef TN_TEST_LINE_CONTRACT_SUITE_H
#define TN_TEST_LINE_CONTRACT_SUITE_H

#include "line_contract.h"

static void one_of_two_is_lifted(void)
{
	lift(1);
	CHECK_INT(tn_line_off_hook(0), 0);
	CHECK_INT(told(0, "hook", ""), 0);
	hang_up(1);
	lift(0);
	CHECK_INT(tn_line_off_hook(1), 0);
	CHECK_INT(told(1, "hook", ""), 0);
}

static void check_tone(const struct tn_tone *tone, unsigned count, const double *frequencies, const double *cadence)
{
	double numbers[16];

	contract->forget(0);
	CHECK_INT(tn_line_tone(0, tone), 0);
	pass(cadence ? 4000 : 1200);
	CHECK_INT(rig_numbers_in(contract->heard(0), "\"frequencies\"", numbers), count);
	for (unsigned i = 0; i < count; i++)
		CHECK_NEAR(numbers[i], frequencies[i], frequencies[i] / 100);
	CHECK_INT(rig_numbers_in(contract->heard(0), "\"cadence\"", numbers), cadence ? 2 : 0);
	for (unsigned i = 0; cadence && i < 2; i++)
		CHECK_NEAR(numbers[i], cadence[i], 20);
	if (count == 1) /* the line's own loss is nil: levels are the region's */
		CHECK_NEAR(heard_number(0, "\"level\""), tone->segment[0].level[0], 10);
	CHECK_INT(tn_line_tone(0, NULL), 0);
	pass(500);
}

static void tones(void)
{
	static const struct tn_tone dial = { .size = sizeof(dial), .segments = 1,
					     .segment = { { .frequency = { 440 }, .level = { -130 } } } };
	static const struct tn_tone british = { .size = sizeof(british), .segments = 1,
						.segment = { { .frequency = { 350, 440 }, .level = { -130, -130 } } } };
	static const struct tn_tone busy = { .size = sizeof(busy), .segments = 2,
					     .segment = { { .frequency = { 425 }, .level = { -180 }, .duration_ms = 480 },
							  { .duration_ms = 480 } } };
	struct tn_tone ends = busy;

	check_tone(&dial, 1, (double[]){ 440 }, NULL);
	check_tone(&british, 2, (double[]){ 350, 440 }, NULL);
	check_tone(&busy, 1, (double[]){ 425 }, (double[]){ 480, 480 });
	ends.repeat = 1;
	rig_clear_events();
	CHECK_INT(tn_line_tone(0, &ends), 0);
	until_told(0, "tone", ",\"state\":\"ended\"", 1, 1200);
}

static void keys(void)
{
	rig_clear_events();
	contract->press(0, "0123456789*#");
	pass(3000);
	CHECK_TEXT(digits_told(0), "0123456789*#");
	CHECK_INT(told(1, "digit", ""), 0);
	contract->forget(0);
	for (const char *key = "159D*#"; *key; key++)
		tn_line_play_digit(0, *key);
	until_heard(0, "\"digits\":\"159D*#\"", 2000);
}

static void voices(void)
{
	struct spectrum said;
	double numbers[16];

	contract->forget(0);
	contract->speak(0, 700);
	network[0].hertz = 1100;
	pass(1500);
	spectrum_measure(network[0].said, SPECTRUM_MAX, &said);
	CHECK_INT(said.count, 1);
	CHECK_NEAR(said.frequency[0], 700, 7);
	CHECK_INT(rig_numbers_in(contract->heard(0), "\"frequencies\"", numbers), 1);
	CHECK_NEAR(numbers[0], 1100, 11);
	CHECK_NEAR(heard_number(0, "\"level\""), -100, 10);
	contract->speak(0, 0);
	network[0].hertz = 0;
	pass(500);
	spectrum_measure(network[0].said, SPECTRUM_MAX, &said);
	CHECK_INT(said.count, 0);
}

/* One hook, three meanings. */
static void recall_and_rotary_dial(void)
{
	static const uint32_t breaks[] = { 120, 200, 300 };

	for (unsigned i = 0; i < 3; i++) {
		rig_clear_events();
		contract->flash(0, breaks[i]);
		until_told(0, "flash", "", 1, 1500);
		pass(600);
		CHECK_INT(told(0, "flash", ""), 1);
		CHECK_TEXT(digits_told(0), "");
		CHECK_INT(told(0, "hook", ""), 0);
	}
	rig_clear_events();
	contract->pulse(0, "1950");
	pass(8000);
	CHECK_TEXT(digits_told(0), "1950");
	CHECK_INT(told(0, "flash", ""), 0);
	CHECK_INT(told(0, "hook", ""), 0);
}

static void cadence(void)
{
	struct tn_ring ring = { .size = sizeof(ring), .frequency = 25, .phases = 4, .phase_ms = { 400, 200, 400, 2000 } };
	unsigned on = 0, both = 0;

	rig_clear_events();
	contract->forget(1);
	CHECK_INT(tn_line_ring(1, &ring), 0);
	until_heard(1, "\"ringing\":true", 500);
	for (unsigned ms = 0; ms < 6000; ms += 20) { /* two of the country's rings */
		on += heard(1, "\"ringing\":true") ? 20 : 0;
		both += heard(0, "\"ringing\":true") ? 20 : 0;
		pass(20);
	}
	CHECK_NEAR(on, 1600, 80);
	CHECK_INT(both, 0);
	CHECK_INT(tn_line_ring(1, NULL), 0);
	pass(100); /* what is on the wires is still heard */
	CHECK_INT(heard_number(1, "\"rings\""), told(1, "ring", ""));
	CHECK(told(1, "ring", "") >= 4 && told(1, "ring", "") <= 5);
	contract->forget(1);
	pass(4000);
	CHECK_INT(heard_number(1, "\"rings\""), 0);
	CHECK_INT(told(1, "fault", ""), 0);
}

/* Lifted while the bell sounds, and in its pause. */
static void ring_trip(void)
{
	struct tn_ring ring = { .size = sizeof(ring), .frequency = 50, .phases = 2, .phase_ms = { 1500, 3500 } };

	for (int pause = 0; pause < 2; pause++) {
		contract->forget(1);
		CHECK_INT(tn_line_ring(1, &ring), 0);
		until_heard(1, "\"ringing\":true", 500);
		if (pause)
			until_heard(1, "\"ringing\":false", 2000);
		lift(1);
		CHECK(heard(1, "\"ringing\":false"));
		CHECK_INT(tn_line_ring(1, &ring), -EBUSY);
		network[1].hertz = 1000;
		contract->forget(1);
		pass(1000);
		CHECK_NEAR(heard_number(1, "\"activeMs\""), 1000, 100); /* the caller is heard at once */
		network[1].hertz = 0;
		hang_up(1);
		pass(5000);
		CHECK(heard_number(1, "\"rings\"") <= 1); /* and the bell does not come back */
	}
}

static struct tn_ring caller(uint32_t standard)
{
	struct tn_ring ring = { .size = sizeof(ring), .frequency = 25, .phases = 2, .phase_ms = { 1000, 4000 },
				.cid_standard = standard, .cid_delay_ms = 500, .number = "0123456789", .name = "Bob Martin",
				.date_time = "11220141" };

	return ring;
}

#define WHOLE "\"callerId\":{\"number\":\"0123456789\",\"name\":\"Bob Martin\",\"dateTime\":\"11220141\",\"absence\":\"\"}"
#define BARE "\"callerId\":{\"number\":\"0123456789\",\"name\":\"\",\"dateTime\":\"\",\"absence\":\"\"}"

static void is_told(int line, const struct tn_ring *ring, const char *expected)
{
	rig_clear_events();
	contract->forget(line);
	CHECK_INT(tn_line_ring(line, ring), 0);
	until_heard(line, expected, 6000);
	until_told(line, "callerId", "", 1, 500);
	until_heard(line, "\"ringing\":true", 5000);
	CHECK_INT(tn_line_ring(line, NULL), 0);
	pass(7000); /* what this ring made the telephone listen for is over */
}

static void caller_identification(void)
{
	struct tn_ring ring = caller(TN_CID_ETSI_FSK);

	is_told(0, &ring, WHOLE);
	ring = caller(TN_CID_BELLCORE_FSK);
	is_told(1, &ring, WHOLE);
	ring = caller(TN_CID_ETSI_DTMF);
	is_told(0, &ring, BARE);
	ring = caller(TN_CID_ETSI_FSK);
	strcpy(ring.cid_absence, "P");
	is_told(1, &ring, "\"callerId\":{\"number\":\"\",\"name\":\"\",\"dateTime\":\"11220141\",\"absence\":\"P\"}");
	for (uint32_t alert = TN_ALERT_DT_AS; alert <= TN_ALERT_LR_DT_AS; alert++) {
		ring = caller(TN_CID_ETSI_FSK);
		ring.cid_timing = TN_CID_BEFORE_RING;
		ring.cid_alert = alert;
		ring.cid_delay_ms = 60;
		is_told(0, &ring, WHOLE);
	}
}

static void lamp(void)
{
	struct tn_lamp lamp = { .size = sizeof(lamp), .lit = 1, .cid_standard = TN_CID_ETSI_FSK, .cid_alert = TN_ALERT_DT_AS,
				.cid_delay_ms = 60 };

	rig_clear_events();
	CHECK_INT(tn_line_lamp(0, &lamp), 0);
	until_heard(0, "\"lamp\":true", 3000);
	until_told(0, "lamp", "", 1, 500);
	CHECK(heard(1, "\"lamp\":null"));
}

/* The telephone is asked, acknowledges, and is told; the far end hears nothing of it. */
static void identification_in_a_call(void)
{
	struct tn_ring ring = caller(TN_CID_ETSI_FSK);

	ring.cid_delay_ms = 100;
	contract->forget(0);
	rig_clear_events();
	CHECK_INT(tn_line_identify(0, &ring), 0);
	until_heard(0, WHOLE, 3000);
	until_told(0, "callerId", "", 1, 500);
	CHECK_INT(told(0, "digit", ""), 0);
}

/* What the driver can it does; what it cannot it says. */
static void polarity_and_charging_pulses(void)
{
	CHECK_INT(tn_line_polarity(0, 1), contract->reverses ? 0 : -ENOTSUP);
	CHECK_INT(heard(0, "\"reversed\":true"), contract->reverses);
	CHECK_INT(tn_line_polarity(0, 0), 0);
	CHECK(heard(0, "\"reversed\":false"));
	CHECK_INT(tn_line_meter(0, 12000, 150), contract->meters ? 0 : -ENOTSUP);
	CHECK_INT(heard_number(0, "\"meterPulses\""), contract->meters);
}

/* A call on one line while the other is rung, answered, dialled on and hung up. */
static void two_at_once(void)
{
	struct tn_ring ring = caller(TN_CID_ETSI_FSK);

	contract->forget(0);
	network[0].hertz = 500;
	is_told(1, &ring, WHOLE);
	lift(1);
	contract->press(1, "42");
	pass(1000);
	CHECK_TEXT(digits_told(1), "42");
	CHECK_INT(told(0, "digit", ""), 0);
	hang_up(1);
	CHECK_INT(tn_line_off_hook(0), 1);
	CHECK(heard_number(0, "\"longestGapMs\"") <= 40);
	network[0].hertz = 0;
}

static void line_contract(const struct contract_rig *rig)
{
	struct tn_config config = { .size = sizeof(config), .lines = PORTS };

	contract = rig;
	snprintf(config.backend, sizeof(config.backend), "%s", rig->driver);
	if (!CHECK(tn_open(&config, &rig_fd) == 0))
		return;
	set_up(0);
	set_up(1);
	pass(1500);
	one_of_two_is_lifted(); /* line 0 stays so */
	tones();
	keys();
	voices();
	recall_and_rotary_dial();
	cadence();
	ring_trip();
	identification_in_a_call();
	polarity_and_charging_pulses();
	two_at_once();
	hang_up(0);
	caller_identification();
	lamp();
	rig_close();
}

#endif

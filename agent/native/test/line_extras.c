/* What a line has besides sound: polarity, charging pulses, and the echo of its hybrid, which is taken out. */
#include "line_rig.h"
#include "dsp/level.h"

#include <spandsp.h>

static struct tn_line_setup with_tail(uint32_t ms)
{
	struct tn_line_setup setup = { .size = sizeof(setup), .flash_min_ms = 80, .flash_max_ms = 500, .echo_tail_ms = ms };

	return setup;
}

static int heard(const char *text)
{
	return strstr(rig_heard(), text) != NULL;
}

static void polarity(void)
{
	struct tn_ring ring = { .size = sizeof(ring), .frequency = 25, .phases = 2, .phase_ms = { 1000, 4000 },
				.cid_standard = TN_CID_ETSI_FSK, .cid_delay_ms = 60, .number = "1",
				.cid_timing = TN_CID_BEFORE_RING, .cid_alert = TN_ALERT_LR_DT_AS };

	CHECK_INT(tn_line_polarity(0, 1), 0);
	CHECK(heard("\"reversed\":true"));
	CHECK_INT(tn_line_polarity(0, 1), 0);
	CHECK(heard("\"reversed\":true"));
	CHECK_INT(tn_line_ring(0, &ring), 0); /* a reversal that announces data is one whatever the polarity was */
	rig_run(40);
	CHECK(heard("\"reversed\":false"));
	CHECK_INT(tn_line_ring(0, NULL), 0);
	CHECK(heard("\"reversed\":true"));
	CHECK_INT(tn_line_polarity(0, 0), 0);
	CHECK(heard("\"reversed\":false"));
	CHECK_INT(tn_line_polarity(9, 0), -EINVAL);
}

static void charging_pulses(void)
{
	CHECK_INT(tn_line_meter(0, 12000, 150), -EBUSY);
	rig_lift();
	tn_sim_forget(0);
	CHECK_INT(tn_line_meter(0, 12000, 150), 0);
	CHECK_INT(tn_line_meter(0, 16000, 150), 0);
	CHECK(heard("\"meterPulses\":2"));
	CHECK_INT(tn_line_meter(0, 14000, 150), -EINVAL);
	CHECK_INT(tn_line_meter(0, 12000, 10), -EINVAL);
}

/* Level in dBm0 of what the network gets during `ms`, while it sends noise of −15 dBm0 (or nothing). */
static double level_back(unsigned ms, awgn_state_t *noise)
{
	int16_t to[TN_FRAME], from[TN_FRAME];
	double energy = 0;

	for (unsigned i = 0; i < ms / 20; i++) {
		for (int k = 0; k < TN_FRAME; k++)
			to[k] = noise ? awgn(noise) : 0;
		rig_run_with(20, to, from);
		for (int k = 0; k < TN_FRAME; k++)
			energy += (double)from[k] * from[k];
	}
	return level_of(energy / (ms * 8)) / 10.0;
}

static void echo(void)
{
	struct tn_line_setup setup = with_tail(0);
	awgn_state_t *noise = awgn_init_dbm0(NULL, 4711, -15.0f);
	double before, after, voice, with_voice;

	CHECK_INT(tn_line_setup(0, &setup), 0);
	CHECK_INT(tn_sim_hybrid(0, -120), 0);
	rig_run(200);
	before = level_back(2000, noise);
	CHECK_NEAR(before, -27, 1);
	setup = with_tail(16);
	CHECK_INT(tn_line_setup(0, &setup), 0);
	(void)level_back(2000, noise); /* learns */
	after = level_back(2000, noise);
	printf("line_extras: echo of -12 dB: %.1f dBm0 without a canceller, %.1f with it\n", before, after);
	CHECK(before - after >= 25); /* ITU-T G.168 asks for some 30 with its non-linear processor */
	CHECK_INT(tn_sim_speak(0, 700, 0, -130), 0);
	voice = level_back(1000, NULL);
	CHECK_NEAR(voice, -13, 1); /* the subscriber alone is not touched */
	with_voice = level_back(3000, noise);
	CHECK_NEAR(with_voice, -13, 2); /* nor when both speak */
	CHECK_INT(tn_sim_speak(0, 0, 0, 0), 0);
	awgn_free(noise);
}

/* 2100 Hz of an answering fax, from either side, gives the line to the modems until both are silent. */
static void fax(void)
{
	awgn_state_t *noise = awgn_init_dbm0(NULL, 815, -15.0f);

	CHECK(level_back(2000, noise) < -45);
	CHECK_INT(tn_sim_speak(0, 2100, 300, -130), 0);
	(void)level_back(400, NULL);
	(void)level_back(2000, noise);
	CHECK(level_back(1000, noise) < -45); /* too short */
	CHECK_INT(tn_sim_speak(0, 2100, 600, -130), 0);
	(void)level_back(700, NULL);
	CHECK_NEAR(level_back(1000, noise), -27, 1);
	(void)level_back(100, NULL); /* modems turn round */
	CHECK_NEAR(level_back(1000, noise), -27, 1);
	(void)level_back(400, NULL);
	(void)level_back(2000, noise);
	CHECK(level_back(2000, noise) < -45);
	/* While the engine knows of a fax no silence counts; a new call begins as ever. */
	tn_line_data(0, true);
	(void)level_back(400, NULL);
	CHECK_NEAR(level_back(2000, noise), -27, 1);
	CHECK_INT(tn_sim_hook(0, 0), 0);
	rig_run(1000);
	rig_lift();
	(void)level_back(2000, noise);
	CHECK(level_back(2000, noise) < -45);
	awgn_free(noise);
}

static void refusals(void)
{
	struct tn_line_setup setup = with_tail(65);

	CHECK_INT(tn_line_setup(0, &setup), -EINVAL);
	setup = with_tail(0);
	setup.impedance = 7;
	CHECK_INT(tn_line_setup(0, &setup), -EINVAL);
	CHECK_INT(tn_sim_hybrid(0, -10), -EINVAL);
}

int main(void)
{
	rig_open();
	polarity();
	charging_pulses();
	echo();
	fax();
	refusals();
	rig_close();
	return check_summary("line_extras");
}

/* Data to the telephone beside ringing: caller identification before the first ring and in a call, and the lamp of waiting
 * messages. Received by the virtual telephone, which listens only when it was alerted. */
#include "line_rig.h"

static struct tn_ring british(void)
{
	struct tn_ring ring = { .size = sizeof(ring), .frequency = 25, .phases = 4, .phase_ms = { 400, 200, 400, 2000 },
				.cid_standard = TN_CID_ETSI_FSK, .cid_delay_ms = 60, .number = "02079460123", .name = "Zo\xc3\xab",
				.date_time = "11220141", .cid_timing = TN_CID_BEFORE_RING, .cid_alert = TN_ALERT_LR_DT_AS };

	return ring;
}

static int heard(const char *text)
{
	return strstr(rig_heard(), text) != NULL;
}

/* Runs until `text` is heard; how long that took, or `limit` ms. */
static unsigned until(const char *text, unsigned limit)
{
	unsigned ms = 0;

	while (ms < limit && !heard(text)) {
		rig_run(20);
		ms += 20;
	}
	return ms;
}

static const char caller[] = "\"callerId\":{\"number\":\"02079460123\",\"name\":\"Zoe\",\"dateTime\":\"11220141\",\"absence\":\"\"}";
static const char number_only[] = "\"callerId\":{\"number\":\"02079460123\",\"name\":\"\",\"dateTime\":\"\",\"absence\":\"\"}";

static void before_the_first_ring(void)
{
	static const struct { uint32_t standard, alert; unsigned least, most; } form[] = {
		/* the alert's own length, its delay, and a burst of some 700 ms (2,380 ms for 13 digits of DTMF) */
		{ TN_CID_ETSI_FSK, TN_ALERT_LR_DT_AS, 900, 1100 },
		{ TN_CID_ETSI_FSK, TN_ALERT_DT_AS, 780, 980 },
		{ TN_CID_ETSI_FSK, TN_ALERT_RP_AS, 1480, 1680 },
		{ TN_CID_BELLCORE_FSK, TN_ALERT_DT_AS, 780, 980 },
		{ TN_CID_ETSI_DTMF, TN_ALERT_LR_DT_AS, 2000, 2300 },
		{ TN_CID_ETSI_DTMF, TN_ALERT_RP_AS, 2500, 2900 },
	};

	for (unsigned i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
		struct tn_ring ring = british();
		unsigned took, pulses = form[i].alert == TN_ALERT_RP_AS;

		ring.cid_standard = form[i].standard;
		ring.cid_alert = form[i].alert;
		rig_run(7000); /* what an earlier ring made the telephone listen for is over */
		tn_sim_forget(0);
		rig_clear_events();
		CHECK_INT(tn_line_ring(0, &ring), 0);
		took = until(ring.cid_standard == TN_CID_ETSI_DTMF ? number_only : caller, 4000);
		CHECK(took >= form[i].least && took <= form[i].most);
		if (took < form[i].least || took > form[i].most)
			printf("  form %u took %u ms\n", i, took);
		CHECK_INT(rig_number("\"rings\""), pulses);
		CHECK_INT(rig_count("\"event\":\"ring\""), 0);
		CHECK(heard("\"reversed\":true") == (form[i].alert == TN_ALERT_LR_DT_AS));
		took = until("\"ringing\":true", 1000);
		CHECK(took >= 160 && took <= 340); /* EN 300 659-1 §6.1.3: 200 … 500 ms after the data, less the modem's tail */
		CHECK(heard("\"reversed\":false"));
		CHECK_INT(rig_count("\"event\":\"callerId\""), 1);
		rig_run(5900);
		CHECK_INT(rig_number("\"rings\""), 4 + pulses);
		CHECK_INT(rig_count("\"event\":\"callerId\""), 1);
		CHECK_INT(tn_line_ring(0, NULL), 0);
		rig_run(100);
	}
}

/* A telephone that nobody alerted does not listen: the test above cannot pass by chance. */
static void unannounced(void)
{
	struct tn_ring ring = british();

	ring.cid_alert = TN_ALERT_NONE;
	rig_run(7000);
	tn_sim_forget(0);
	CHECK_INT(tn_line_ring(0, &ring), 0);
	CHECK_INT(until("\"ringing\":true", 2000) < 2000, 1);
	CHECK(heard("\"callerId\":null"));
	CHECK_INT(tn_line_ring(0, NULL), 0);
}

static void called_off(void)
{
	struct tn_ring ring = british();

	rig_run(100);
	tn_sim_forget(0);
	CHECK_INT(tn_line_ring(0, &ring), 0);
	rig_run(60);
	CHECK(heard("\"reversed\":true"));
	CHECK_INT(tn_line_ring(0, NULL), 0);
	CHECK(heard("\"reversed\":false"));
	CHECK_INT(tn_line_ring(0, &ring), 0);
	rig_run(200);
	rig_lift(); /* answered before the first ring */
	CHECK(heard("\"reversed\":false"));
	CHECK_INT(tn_sim_hook(0, 0), 0);
	rig_run(1000);
	CHECK_INT(rig_number("\"rings\""), 0);
}

static void lamp(void)
{
	static const uint32_t alerts[] = { TN_ALERT_DT_AS, TN_ALERT_RP_AS, TN_ALERT_LR_DT_AS };
	struct tn_lamp lamp = { .size = sizeof(lamp), .cid_standard = TN_CID_ETSI_FSK, .cid_delay_ms = 60 };

	for (unsigned i = 0; i < 6; i++) {
		lamp.lit = !(i & 1);
		lamp.cid_alert = alerts[i / 2];
		rig_run(7000);
		tn_sim_forget(0);
		rig_clear_events();
		CHECK(heard("\"lamp\":null"));
		CHECK_INT(tn_line_lamp(0, &lamp), 0);
		CHECK_INT(tn_line_lamp(0, &lamp), -EBUSY);
		CHECK(until(lamp.lit ? "\"lamp\":true" : "\"lamp\":false", 3000) < 3000);
		rig_run(300);
		CHECK_INT(rig_count("\"event\":\"lamp\""), 1);
		CHECK_INT(rig_count("\"event\":\"callerId\""), 0);
		CHECK(heard("\"reversed\":false"));
	}
	lamp.cid_standard = TN_CID_ETSI_DTMF;
	CHECK_INT(tn_line_lamp(0, &lamp), -EINVAL);
	lamp.cid_standard = TN_CID_ETSI_FSK;
	lamp.cid_alert = 4;
	CHECK_INT(tn_line_lamp(0, &lamp), -EINVAL);
	lamp.cid_alert = TN_ALERT_NONE;
	rig_lift();
	CHECK_INT(tn_line_lamp(0, &lamp), -EBUSY);
	CHECK_INT(tn_sim_hook(0, 0), 0);
	rig_run(1000);
}

/* Greatest sample that the network got in `ms` while `network` was sent to the telephone. */
static int loudest(unsigned ms, const int16_t *network)
{
	int16_t from[TN_FRAME];
	int most = 0;

	for (unsigned i = 0; i < ms / 20; i++) {
		rig_run_with(20, network, from);
		for (int k = 0; k < TN_FRAME; k++)
			most = abs(from[k]) > most ? abs(from[k]) : most;
	}
	return most;
}

static void in_a_call(void)
{
	static const uint32_t standards[] = { TN_CID_ETSI_FSK, TN_CID_BELLCORE_FSK };
	int16_t talk[TN_FRAME];

	for (int i = 0; i < TN_FRAME; i++)
		talk[i] = (int16_t)(6000 * sin(2 * M_PI * 500 * i / TN_RATE));
	for (unsigned i = 0; i < 2; i++) {
		struct tn_ring ring = british();

		ring.cid_standard = standards[i];
		ring.cid_delay_ms = 100;
		rig_lift();
		rig_run(1000);
		tn_sim_forget(0);
		rig_clear_events();
		rig_voice_digits[0] = '\0';
		CHECK_INT(tn_sim_speak(0, 700, 0, -100), 0);
		CHECK_INT(tn_line_identify(0, &ring), 0);
		CHECK_INT(tn_line_identify(0, &ring), -EBUSY);
		CHECK(loudest(100, talk) > 5000); /* the delay: both still talk */
		rig_run_with(40, talk, NULL);
		CHECK_INT(loudest(400, talk), 0); /* the far end hears neither mouth, nor alert, nor acknowledgement */
		rig_run_with(1000, talk, NULL);
		CHECK(heard(caller));
		if (!heard(caller))
			puts(rig_heard());
		CHECK_INT(rig_count("\"event\":\"callerId\""), 1);
		CHECK_INT(rig_count("\"event\":\"digit\""), 0); /* the acknowledgement is no key of the subscriber */
		CHECK_INT((int)strlen(rig_voice_digits), 0);
		CHECK(loudest(200, talk) > 5000);
		tn_sim_forget(0);
		rig_run_with(1000, talk, NULL);
		CHECK_NEAR(rig_number("\"activeMs\""), 1000, 10); /* and hears again */
		CHECK_INT(tn_sim_hook(0, 0), 0);
		rig_run(1000);
		CHECK_INT(tn_line_identify(0, &ring), -EBUSY);
	}
}

/* How long a telephone that does not acknowledge (a finger on the hook made it forget) stays muted. */
static void without_acknowledgement(void)
{
	struct tn_ring ring = british();

	ring.cid_standard = TN_CID_ETSI_DTMF;
	rig_lift();
	rig_clear_events();
	CHECK_INT(tn_line_identify(0, &ring), -EINVAL); /* a telephone in a call takes no DTMF for data */
	ring.cid_standard = TN_CID_ETSI_FSK;
	CHECK_INT(tn_line_identify(0, &ring), 0);
	rig_run(160); /* delay and alert */
	CHECK_INT(tn_sim_hook(0, 0), 0);
	rig_run(40); /* too short for the line to notice */
	CHECK_INT(tn_sim_hook(0, 1), 0);
	rig_run(600);
	CHECK_INT(tn_sim_speak(0, 700, 0, -100), 0);
	CHECK(loudest(200, NULL) > 5000);
	CHECK_INT(rig_count("\"event\":\"callerId\""), 0);
	CHECK_INT(tn_line_identify(0, &ring), 0); /* and may be asked again */
	rig_run(60);
	CHECK_INT(tn_sim_hook(0, 0), 0);
	rig_run(1000);
	rig_lift();
	CHECK_INT(tn_sim_speak(0, 700, 0, -100), 0);
	rig_run(200);
	CHECK(loudest(100, NULL) > 5000); /* hanging up ended it */
	CHECK_INT(tn_sim_hook(0, 0), 0);
	rig_run(1000);
}

int main(void)
{
	rig_open();
	before_the_first_ring();
	unannounced();
	called_off();
	lamp();
	in_a_call();
	without_acknowledgement();
	rig_close();
	return check_summary("line_data");
}

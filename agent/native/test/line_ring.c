/* Ringing: cadence, count, answer, refusal; and caller ID in its three forms, decoded by the telephone. */
#include "line_rig.h"
#include "dsp/caller-id.h"
#include "dsp/spectrum.h"

static struct tn_ring french(void)
{
	struct tn_ring ring = { .size = sizeof(ring), .frequency = 25, .phases = 2, .phase_ms = { 1500, 3500 },
				.cid_standard = TN_CID_NONE, .cid_delay_ms = 500, .number = "0123456789", .name = "Zo\xc3\xa9 Lef\xc3\xa8vre",
				.date_time = "11220141" };

	return ring;
}

static int ringing(void)
{
	return strstr(rig_heard(), "\"ringing\":true") != NULL;
}

static void cadence(void)
{
	struct tn_ring ring = french();

	rig_clear_events();
	tn_sim_forget(0);
	CHECK_INT(tn_line_ring(0, &ring), 0);
	CHECK_INT(rig_number("\"rings\""), 0);
	rig_run(1500);
	CHECK_INT(ringing(), 1);
	CHECK_INT(rig_number("\"rings\""), 1);
	rig_run(20);
	CHECK_INT(ringing(), 0);
	rig_run(3460);
	CHECK_INT(ringing(), 0);
	rig_run(40);
	CHECK_INT(ringing(), 1);
	CHECK_INT(rig_number("\"rings\""), 2);
	rig_run(10000);
	CHECK_INT(rig_number("\"rings\""), 4);
	CHECK_INT(rig_count("\"event\":\"ring\",\"line\":0,\"count\":4"), 1);
	CHECK_INT(rig_count("\"event\":\"ring\""), 4);
	CHECK_INT(tn_line_ring(0, NULL), 0);
	CHECK_INT(ringing(), 0);
	rig_run(6000);
	CHECK_INT(rig_number("\"rings\""), 4);
	CHECK_INT(rig_count("\"event\":\"callerId\""), 0);
	CHECK(strstr(rig_heard(), "\"callerId\":null") != NULL);
}

static void lifting_stops_it(void)
{
	struct tn_ring ring = french();

	tn_sim_forget(0);
	CHECK_INT(tn_line_ring(0, &ring), 0);
	rig_run(700);
	CHECK_INT(ringing(), 1);
	rig_lift();
	CHECK_INT(ringing(), 0);
	CHECK_INT(tn_line_ring(0, &ring), -EBUSY);
	CHECK_INT(tn_sim_hook(0, 0), 0);
	rig_run(6000);
	CHECK_INT(rig_number("\"rings\""), 1); /* and it does not come back */
	CHECK_INT(tn_sim_hook(0, 1), 0);
	rig_run(20);
	CHECK_INT(tn_line_ring(0, &ring), -EBUSY); /* lifted, though not yet for long enough to say so */
	CHECK_INT(tn_sim_hook(0, 0), 0);
	rig_run(1000);
}

static void identify(struct tn_ring ring, const char *expected)
{
	rig_clear_events();
	tn_sim_forget(0);
	CHECK_INT(tn_line_ring(0, &ring), 0);
	rig_run(4980);
	CHECK_INT(rig_count("\"event\":\"callerId\",\"line\":0"), 1);
	CHECK(strstr(rig_heard(), expected) != NULL);
	if (!strstr(rig_heard(), expected))
		printf("  heard %s\n  not %s\n", rig_heard(), expected);
	rig_run(5000);
	CHECK_INT(rig_count("\"event\":\"callerId\""), 1); /* once a call */
	CHECK_INT(tn_line_ring(0, NULL), 0);
	rig_run(100);
}

static void caller_id(void)
{
	struct tn_ring ring = french();

	ring.cid_standard = TN_CID_ETSI_FSK;
	identify(ring, "\"callerId\":{\"number\":\"0123456789\",\"name\":\"Zoe Lefevre\",\"dateTime\":\"11220141\",\"absence\":\"\"}");
	strcpy(ring.name, "16 characters!!!"); /* the length at which spandsp's own message builder fails */
	strcpy(ring.date_time, "");
	identify(ring, "\"callerId\":{\"number\":\"0123456789\",\"name\":\"16 characters!!!\",\"dateTime\":\"\",\"absence\":\"\"}");
	ring.cid_standard = TN_CID_BELLCORE_FSK;
	identify(ring, "\"callerId\":{\"number\":\"0123456789\",\"name\":\"16 characters!!\",\"dateTime\":\"\",\"absence\":\"\"}");
	ring.cid_standard = TN_CID_ETSI_DTMF;
	identify(ring, "\"callerId\":{\"number\":\"0123456789\",\"name\":\"\",\"dateTime\":\"\",\"absence\":\"\"}");
}

static void absences(void)
{
	static const uint32_t standards[] = { TN_CID_ETSI_FSK, TN_CID_BELLCORE_FSK, TN_CID_ETSI_DTMF };

	for (int i = 0; i < 3; i++) {
		struct tn_ring ring = french();

		ring.cid_standard = standards[i];
		ring.date_time[0] = '\0';
		strcpy(ring.cid_absence, "P"); /* number and name are given, and must not be told */
		identify(ring, "\"callerId\":{\"number\":\"\",\"name\":\"\",\"dateTime\":\"\",\"absence\":\"P\"}");
		ring.cid_absence[0] = ring.name[0] = '\0';
		strcpy(ring.number, "anonymous");
		identify(ring, "\"callerId\":{\"number\":\"\",\"name\":\"\",\"dateTime\":\"\",\"absence\":\"O\"}");
	}
}

/* A British double ring: the gap of 200 ms is no place for a burst, and the next ring waits for its end. */
static void distinctive_ring(void)
{
	struct tn_ring ring = french();

	ring.phases = 4;
	memcpy(ring.phase_ms, (uint32_t[]){ 400, 200, 400, 1000 }, 4 * sizeof(uint32_t));
	ring.cid_standard = TN_CID_ETSI_FSK;
	tn_sim_forget(0);
	rig_clear_events();
	CHECK_INT(tn_line_ring(0, &ring), 0);
	rig_run(3000);
	CHECK(strstr(rig_heard(), "\"number\":\"0123456789\"") != NULL);
	CHECK_INT(rig_number("\"rings\""), 3);
	CHECK_INT(tn_line_ring(0, NULL), 0);
	rig_run(100);
}

/* The mark before the message must sound at the modem's own frequency: V.23 1300 Hz, Bell 202 1200 Hz. */
static void modems(void)
{
	static const struct { uint32_t standard; double mark; } modem[] = { { TN_CID_ETSI_FSK, 1300 }, { TN_CID_BELLCORE_FSK, 1200 } };

	for (int i = 0; i < 2; i++) {
		struct tn_ring ring = french();
		struct caller_id sender;
		struct spectrum heard;
		int16_t audio[16 * TN_FRAME];

		ring.cid_standard = modem[i].standard;
		CHECK_INT(caller_id_open(&sender), 0);
		CHECK(caller_id_load(&sender, &ring));
		caller_id_step(&sender, audio, sizeof(audio) / sizeof(audio[0]));
		spectrum_measure(audio + 2120, 400, &heard); /* 300 bits of seizure end at 250 ms, 180 of mark at 400 ms */
		CHECK_INT(heard.count, 1);
		CHECK_NEAR(heard.frequency[0], modem[i].mark, 5);
		caller_id_close(&sender);
	}
}

static void refusals(void)
{
	struct tn_ring ring = french(), bad = ring;

	bad.phases = 3;
	CHECK_INT(tn_line_ring(0, &bad), -EINVAL);
	bad = ring;
	bad.phase_ms[1] = 0;
	CHECK_INT(tn_line_ring(0, &bad), -EINVAL);
	bad = ring;
	bad.frequency = 440;
	CHECK_INT(tn_line_ring(0, &bad), -EINVAL);
	bad = ring;
	memset(bad.number, '1', sizeof(bad.number));
	CHECK_INT(tn_line_ring(0, &bad), -EINVAL);
	bad = ring;
	memset(bad.name, 'n', sizeof(bad.name));
	CHECK_INT(tn_line_ring(0, &bad), -EINVAL);
	bad = ring;
	strcpy(bad.date_time, "1122");
	CHECK_INT(tn_line_ring(0, &bad), -EINVAL);
	bad = ring;
	strcpy(bad.cid_absence, "X");
	CHECK_INT(tn_line_ring(0, &bad), -EINVAL);
	bad = ring;
	bad.cid_standard = 9;
	CHECK_INT(tn_line_ring(0, &bad), -EINVAL);
}

int main(void)
{
	rig_open();
	cadence();
	lifting_stops_it();
	caller_id();
	absences();
	distinctive_ring();
	modems();
	refusals();
	rig_close();
	return check_summary("line_ring");
}

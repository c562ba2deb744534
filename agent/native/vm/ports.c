/* The engine on real DAHDI ports inside a small machine: span 1 is its port (FXO signalling), span 2 the telephone that is
 * wired to it by dahdi_dynamic_loc. Runs in real time, the kernel is the clock. */
#include "../test/line_rig.h"
#include "dsp/spectrum.h"

#include <dahdi/user.h>
#include <fcntl.h>
#include <spandsp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

static struct {
	int fd;
	int16_t ear[TN_RATE];
	dtmf_tx_state_t *keypad;
	unsigned rings;
	adsi_rx_state_t *receiver;
	char caller[64];
} phone;

static void on_message(void *user, const uint8_t *message, int length)
{
	(void)user;
	phone.caller[0] = '\0';
	for (int at = 2; at + 2 <= length && at + 2 + message[at + 1] <= length; at += 2 + message[at + 1])
		if (message[at] == CLIP_CALLER_NUMBER)
			snprintf(phone.caller, sizeof(phone.caller), "%.*s", message[at + 1], (const char *)message + at + 2);
}

static void phone_step(void)
{
	int16_t frame[TN_FRAME], mouth[TN_FRAME] = { 0 };
	int event = 0;

	if (ioctl(phone.fd, DAHDI_GETEVENT, &event) == 0)
		phone.rings += event == DAHDI_EVENT_RINGBEGIN;
	if (read(phone.fd, frame, sizeof(frame)) == (ssize_t)sizeof(frame)) {
		adsi_rx(phone.receiver, frame, TN_FRAME);
		memmove(phone.ear, phone.ear + TN_FRAME, sizeof(phone.ear) - sizeof(frame));
		memcpy(phone.ear + TN_RATE - TN_FRAME, frame, sizeof(frame));
	}
	(void)dtmf_tx(phone.keypad, mouth, TN_FRAME);
	(void)!write(phone.fd, mouth, sizeof(mouth));
}

/* Lets `ms` pass for both. */
static void pass(unsigned ms)
{
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (unsigned i = 0; i < ms / 20; i++) {
		rig_run(20);
		phone_step();
		next.tv_nsec += 20000000;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

/* Until an event was told so often; an emulated machine on a busy one takes its time. */
static void await(const char *event, int count)
{
	for (int i = 0; i < 100 && rig_count(event) < count; i++)
		pass(100);
	CHECK_INT(rig_count(event), count);
}

static void hook(int what)
{
	CHECK(ioctl(phone.fd, DAHDI_HOOK, &what) == 0 || errno == EINPROGRESS);
}

/* Two spans of one channel, back to back. */
static int wire(void)
{
	int control;

	mkdir("/dev/dahdi", 0755);
	mknod("/dev/dahdi/ctl", S_IFCHR | 0600, makedev(196, 0));
	mknod("/dev/dahdi/channel", S_IFCHR | 0600, makedev(196, 254));
	control = open("/dev/dahdi/ctl", O_RDWR);
	if (!CHECK(control >= 0))
		return -1;
	for (int i = 0; i < 2; i++) {
		struct dahdi_dynamic_span span = { .driver = "loc", .numchans = 1 };

		snprintf(span.addr, sizeof(span.addr), "1:%d", i);
		CHECK_INT(ioctl(control, DAHDI_DYNAMIC_CREATE, &span), 0);
	}
	for (int i = 1; i <= 2; i++) {
		struct dahdi_lineconfig line = { .span = i };
		struct dahdi_chanconfig channel = { .chan = i, .sigtype = i == 1 ? DAHDI_SIG_FXOKS : DAHDI_SIG_FXSKS,
						    .deflaw = DAHDI_LAW_ALAW };

		CHECK_INT(ioctl(control, DAHDI_SPANCONFIG, &line), 0);
		CHECK_INT(ioctl(control, DAHDI_CHANCONFIG, &channel), 0);
	}
	for (int i = 1; i <= 2; i++)
		CHECK_INT(ioctl(control, DAHDI_STARTUP, &i), 0);
	return 0;
}

static void open_phone(void)
{
	struct dahdi_bufferinfo buffers = { .txbufpolicy = DAHDI_POLICY_IMMEDIATE, .rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
					    .numbufs = 8, .bufsize = TN_FRAME };
	int channel = 2, linear = 1;

	phone.fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK);
	CHECK_INT(ioctl(phone.fd, DAHDI_SPECIFY, &channel), 0);
	CHECK_INT(ioctl(phone.fd, DAHDI_SET_BUFINFO, &buffers), 0);
	CHECK_INT(ioctl(phone.fd, DAHDI_SETLINEAR, &linear), 0);
	for (int i = 0; i < 4; i++) /* a stock: an emulated machine is late now and then */
		(void)!write(phone.fd, phone.ear, TN_FRAME * sizeof(int16_t));
	phone.keypad = dtmf_tx_init(NULL);
	phone.receiver = adsi_rx_init(NULL, ADSI_STANDARD_CLIP, on_message, NULL);
}

static void lifts_and_hears(void)
{
	struct tn_tone tone = { .size = sizeof(tone), .segments = 1, .segment = { { .frequency = { 440 }, .level = { -130 } } } };
	struct spectrum heard;

	hook(DAHDI_OFFHOOK);
	await("\"offHook\":true", 1);
	CHECK_INT(tn_line_off_hook(0), 1);
	CHECK_INT(tn_line_tone(0, &tone), 0);
	pass(1500);
	spectrum_measure(phone.ear + TN_RATE - SPECTRUM_MAX, SPECTRUM_MAX, &heard);
	CHECK_INT(heard.count, 1);
	CHECK_NEAR(heard.frequency[0], 440, 4.4);
	CHECK_INT(tn_line_tone(0, NULL), 0);
}

static void presses_keys(void)
{
	dtmf_tx_set_timing(phone.keypad, 120, 120);
	dtmf_tx_put(phone.keypad, "0145", 4);
	pass(1500);
	await("\"event\":\"digit\"", 4);
}

static void flashes_and_hangs_up(void)
{
	hook(DAHDI_FLASH);
	await("\"event\":\"flash\"", 1);
	pass(2000);
	CHECK_INT(rig_count("\"offHook\":false"), 0);
	hook(DAHDI_ONHOOK);
	await("\"offHook\":false", 1);
	pass(1000);
}

static void rings_and_tells_who(struct tn_ring *ring, unsigned ms)
{
	rig_clear_events();
	phone.caller[0] = '\0';
	phone.rings = 0;
	CHECK_INT(tn_line_ring(0, ring), 0);
	pass(ms);
	CHECK_TEXT(phone.caller, "0123456789");
	CHECK_INT(rig_count("\"event\":\"callerId\""), 1);
	CHECK(phone.rings >= 1);
	hook(DAHDI_OFFHOOK);
	await("\"offHook\":true", 1);
	hook(DAHDI_ONHOOK);
	await("\"offHook\":false", 1);
	pass(1000);
}

int main(void)
{
	struct tn_config config = { .size = sizeof(config), .lines = 1, .backend = "dahdi" };
	struct tn_ring ring = { .size = sizeof(ring), .frequency = 50, .phases = 2, .phase_ms = { 1500, 3500 },
				.cid_standard = TN_CID_ETSI_FSK, .cid_delay_ms = 700, .number = "0123456789",
				.name = "Zo\xc3\xa9", .date_time = "11220141" };

	if (wire() || !CHECK(tn_open(&config, &rig_fd) == 0))
		return check_summary("dahdi_ports");
	open_phone();
	pass(1500);
	lifts_and_hears();
	presses_keys();
	flashes_and_hangs_up();
	rings_and_tells_who(&ring, 6500); /* in the pause of the bell */
	ring.cid_timing = TN_CID_BEFORE_RING;
	ring.cid_alert = TN_ALERT_DT_AS;
	ring.cid_delay_ms = 60;
	rings_and_tells_who(&ring, 3000);
	rig_close();
	return check_summary("dahdi_ports");
}

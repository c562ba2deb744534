/* The contract of a line driver on DAHDI's kernel driver, inside a small machine: channels 1 and 2 are the engine's ports
 * (FXO signalling), 3 and 4 the telephones wired to them by dahdi_dynamic_loc. The kernel is the clock. */
#include "../test/line_contract_suite.h"
#include "dsp/tone.h"
#include "line/ear.h"

#include <dahdi/user.h>
#include <fcntl.h>
#include <spandsp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#define FRAME_BYTES ((ssize_t)(TN_FRAME * sizeof(int16_t)))
#define RXSIG_RING 3             /* enum dahdi_rxsig of the kernel: <dahdi/kernel.h>, which is not for programs */

static struct telephone {
	int fd;
	bool lifted, bell, dialling; /* by pulses */
	unsigned rings;
	uint32_t flash_left_ms;
	struct ear ear;
	struct tone_player mouth;
	dtmf_tx_state_t *keypad;
} telephones[PORTS];

static void order(int line, unsigned long what, int value)
{
	CHECK(ioctl(telephones[line].fd, what, &value) == 0 || errno == EINPROGRESS);
}

static void hook(int line, bool lifted)
{
	struct telephone *telephone = &telephones[line];

	order(line, DAHDI_HOOK, lifted ? DAHDI_OFFHOOK : DAHDI_ONHOOK);
	telephone->lifted = lifted;
	tone_stop(&telephone->mouth);
}

static void flash(int line, uint32_t ms)
{
	order(line, DAHDI_HOOK, DAHDI_ONHOOK);
	telephones[line].flash_left_ms = ms;
}

static void pulse(int line, const char *digits)
{
	struct dahdi_dialoperation dial = { .op = DAHDI_DIAL_OP_REPLACE };

	snprintf(dial.dialstr, sizeof(dial.dialstr), "P%s", digits);
	CHECK_INT(ioctl(telephones[line].fd, DAHDI_DIAL, &dial), 0);
	telephones[line].dialling = true;
}

static void press(int line, const char *keys)
{
	dtmf_tx_put(telephones[line].keypad, keys, -1);
}

static void speak(int line, uint32_t hertz)
{
	struct tn_tone sine = { .size = sizeof(sine), .segments = 1, .segment = { { .frequency = { hertz }, .level = { -100 } } } };

	if (hertz)
		tone_start(&telephones[line].mouth, &sine);
	else
		tone_stop(&telephones[line].mouth);
}

static void forget(int line)
{
	telephones[line].rings = 0;
	ear_forget(&telephones[line].ear);
}

/* As tn_sim_heard has it. These wires have neither polarity nor charging pulses. */
static const char *telephone_heard(int line)
{
	static char json[2048];
	struct telephone *telephone = &telephones[line];
	char ear[1024];

	ear_report(&telephone->ear, ear, sizeof(ear));
	snprintf(json, sizeof(json), "{\"offHook\":%s,\"ringing\":%s,\"rings\":%u,\"reversed\":false,\"meterPulses\":0,%s}",
		 telephone->lifted ? "true" : "false", telephone->bell ? "true" : "false", telephone->rings, ear);
	return json;
}

static void end_flash(struct telephone *telephone)
{
	int off = DAHDI_OFFHOOK;

	if (!telephone->flash_left_ms)
		return;
	telephone->flash_left_ms -= telephone->flash_left_ms < 20 ? telephone->flash_left_ms : 20;
	if (!telephone->flash_left_ms)
		CHECK_INT(ioctl(telephone->fd, DAHDI_HOOK, &off), 0);
}

static void ring(struct telephone *telephone)
{
	struct dahdi_params params = { 0 };
	bool bell = ioctl(telephone->fd, DAHDI_GET_PARAMS, &params) == 0 && params.rxhooksig == RXSIG_RING && !telephone->lifted;

	telephone->rings += bell && !telephone->bell;
	telephone->bell = bell;
}

/* Of frames between the telephone and its wires, as the engine has one. */
static void stock_up(struct telephone *telephone)
{
	static const int16_t silence[TN_FRAME];

	for (int i = 0; i < 2; i++)
		(void)!write(telephone->fd, silence, sizeof(silence));
}

/* Events must be taken, or nothing can be read. */
static void take_events(struct telephone *telephone)
{
	for (;;) {
		int event = 0;

		if (ioctl(telephone->fd, DAHDI_GETEVENT, &event) || event == DAHDI_EVENT_NONE)
			return;
		if (event != DAHDI_EVENT_DIALCOMPLETE)
			continue;
		telephone->dialling = false;
		stock_up(telephone);
	}
}

static void live(struct telephone *telephone)
{
	int16_t heard[TN_FRAME] = { 0 }, said[TN_FRAME] = { 0 };
	bool loop = telephone->lifted && !telephone->flash_left_ms;

	take_events(telephone);
	end_flash(telephone);
	ring(telephone);
	if (read(telephone->fd, heard, FRAME_BYTES) == FRAME_BYTES)
		ear_hear(&telephone->ear, heard, loop, telephone->bell);
	if (telephone->ear.asked) {
		telephone->ear.asked = false;
		dtmf_tx_put(telephone->keypad, "D", 1);
	}
	if (loop) {
		(void)dtmf_tx(telephone->keypad, said, TN_FRAME);
		tone_mix(&telephone->mouth, said, TN_FRAME);
	}
	if (!telephone->dialling) /* a word would stop the kernel's dial; a rotary dial mutes its telephone, too */
		(void)!write(telephone->fd, said, FRAME_BYTES);
}

static void step(void)
{
	static struct timespec next;

	if (!next.tv_sec)
		clock_gettime(CLOCK_MONOTONIC, &next);
	for (int line = 0; line < PORTS; line++)
		live(&telephones[line]);
	next.tv_nsec += 20000000;
	next.tv_sec += next.tv_nsec / 1000000000;
	next.tv_nsec %= 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
}

static int control; /* /dev/dahdi/ctl */

static void create_span(int span)
{
	struct dahdi_dynamic_span order = { .driver = "loc", .numchans = PORTS };

	snprintf(order.addr, sizeof(order.addr), "1:%d", span - 1);
	CHECK_INT(ioctl(control, DAHDI_DYNAMIC_CREATE, &order), 0);
}

/* Span 1 has the ports, span 2 the telephones, of two channels each. */
static void start_span(int span)
{
	struct dahdi_lineconfig line = { .span = span };

	CHECK_INT(ioctl(control, DAHDI_SPANCONFIG, &line), 0);
	for (int i = 1; i <= PORTS; i++) {
		struct dahdi_chanconfig channel = { .chan = (span - 1) * PORTS + i,
						    .sigtype = span == 1 ? DAHDI_SIG_FXOKS : DAHDI_SIG_FXSKS,
						    .deflaw = DAHDI_LAW_ALAW };

		CHECK_INT(ioctl(control, DAHDI_CHANCONFIG, &channel), 0);
	}
	CHECK_INT(ioctl(control, DAHDI_STARTUP, &span), 0);
}

/* Back to back: what goes in at one span comes out of the other. */
static bool wire(void)
{
	mkdir("/dev/dahdi", 0755);
	mknod("/dev/dahdi/ctl", S_IFCHR | 0600, makedev(196, 0));
	mknod("/dev/dahdi/channel", S_IFCHR | 0600, makedev(196, 254));
	control = open("/dev/dahdi/ctl", O_RDWR);
	if (!CHECK(control >= 0))
		return false;
	for (int span = 1; span <= 2; span++)
		create_span(span);
	for (int span = 1; span <= 2; span++)
		start_span(span);
	return check_failed == 0;
}

/* The telephone's own dial asks the kernel for a zone, whatever is in it; the engine loads one for its ports only. */
static void plug_in(struct telephone *telephone, int channel)
{
	struct dahdi_bufferinfo buffers = { .txbufpolicy = DAHDI_POLICY_IMMEDIATE, .rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
					    .numbufs = 8, .bufsize = TN_FRAME };
	struct dahdi_params params = { 0 };
	int linear = 1, zone = 1;

	telephone->fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK);
	CHECK_INT(ioctl(telephone->fd, DAHDI_SPECIFY, &channel), 0);
	CHECK_INT(ioctl(telephone->fd, DAHDI_SET_BUFINFO, &buffers), 0);
	CHECK_INT(ioctl(telephone->fd, DAHDI_SETLINEAR, &linear), 0);
	CHECK_INT(ioctl(telephone->fd, DAHDI_SETTONEZONE, &zone), 0);
	CHECK_INT(ioctl(telephone->fd, DAHDI_GET_PARAMS, &params), 0);
	params.pulsebreaktime = 66; /* a French rotary dial */
	params.pulsemaketime = 33;
	CHECK_INT(ioctl(telephone->fd, DAHDI_SET_PARAMS, &params), 0);
	stock_up(telephone);
	telephone->keypad = dtmf_tx_init(NULL);
	dtmf_tx_set_timing(telephone->keypad, 80, 80);
	CHECK_INT(ear_open(&telephone->ear), 0);
}

static void load_zone(void)
{
	struct dahdi_tone_def_header zone = { .zone = 1, .ringcadence = { 1000, 4000 }, .name = "line" };

	CHECK_INT(ioctl(control, DAHDI_LOADZONE, &zone), 0);
}

/* An engine that starts again finds the handset as it is. */
static void lifted_before_the_start(const struct contract_rig *rig)
{
	struct tn_config config = { .size = sizeof(config), .lines = PORTS };

	snprintf(config.backend, sizeof(config.backend), "%s", rig->driver);
	hook(0, true);
	for (int i = 0; i < 50; i++)
		step();
	CHECK_INT(tn_open(&config, &rig_fd), 0);
	rig_clear_events();
	until_told(0, "hook", ",\"offHook\":true", 1, 1000);
	CHECK_INT(tn_line_off_hook(1), 0);
}

/* Of the span with the ports, as udev and dahdi_span_assignments(8) do it. */
static void write_span(const char *attribute, const char *text)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/dahdi_devices/devices/dynamic:loc:0/%s", attribute);
	fd = open(path, O_WRONLY);
	CHECK_INT(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

/* The board goes away in a call, and comes back. Sound is not tried after it: dynamic spans lose their clock with it. */
static void loses_its_ports(void)
{
	rig_clear_events();
	write_span("unassign_span", "1");
	until_told(0, "port", ",\"usable\":false", 1, 1000);
	until_told(0, "hook", ",\"offHook\":false", 1, 1500);
	write_span("assign_span", "1:1:1");
	start_span(1);
	until_told(0, "port", ",\"usable\":true", 1, 3000);
	until_told(0, "hook", ",\"offHook\":true", 1, 1000);
	CHECK_INT(told(1, "port", ",\"usable\":true"), 1);
}

int main(void)
{
	static const struct contract_rig rig = { .driver = "dahdi", .step = step, .hook = hook, .flash = flash, .pulse = pulse,
						 .press = press, .speak = speak, .forget = forget, .heard = telephone_heard };

	if (wire()) {
		load_zone();
		for (int i = 0; i < PORTS; i++)
			plug_in(&telephones[i], PORTS + 1 + i);
		line_contract(&rig);
		lifted_before_the_start(&rig);
		loses_its_ports();
		rig_close();
	}
	return check_summary("line_contract_dahdi");
}

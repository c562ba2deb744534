/* The contract of a line driver, told by telephones at its ports: what a subscriber does and hears, whatever the wires are
 * made of. One rig a driver (line_contract.c: the virtual telephone; vm/line_contract.c: DAHDI's ports). */
#ifndef TN_TEST_LINE_CONTRACT_H
#define TN_TEST_LINE_CONTRACT_H

#include "line_rig.h"
#include "dsp/level.h"
#include "dsp/spectrum.h"

#define PORTS 2

/* The telephones at the ports, and what the driver can: what it cannot it must say, never pretend. */
struct contract_rig {
	const char *driver;      /* as tn_config names it */
	bool reverses;           /* the polarity of the wires */
	bool meters;             /* charging pulses */
	void (*step)(void);      /* 20 ms pass on the telephones' side; NULL: they have no clock of their own */
	void (*hook)(int line, bool lifted);
	void (*flash)(int line, uint32_t ms);             /* the recall key */
	void (*pulse)(int line, const char *digits);      /* the rotary dial */
	void (*press)(int line, const char *keys);
	void (*speak)(int line, uint32_t hertz);          /* −10 dBm0; 0: falls silent */
	void (*forget)(int line);
	const char *(*heard)(int line);                   /* as tn_sim_heard has it */
};

static const struct contract_rig *contract;

/* The network's side of each line: what it sends, and the last that came from the telephone. */
static struct port {
	double hertz;            /* sent at −10 dBm0; 0: nothing */
	unsigned long sent;      /* samples */
	int16_t said[SPECTRUM_MAX];
} network[PORTS];

static void exchange(int line)
{
	struct port *port = &network[line];
	int16_t to[TN_FRAME], from[TN_FRAME];

	for (int i = 0; i < TN_FRAME; i++, port->sent++)
		to[i] = (int16_t)lrint(level_amplitude(-100) * sin(2 * M_PI * port->hertz * (double)(port->sent % TN_RATE) / TN_RATE));
	tn_line_exchange(line, port->hertz > 0 ? to : NULL, from);
	memmove(port->said, port->said + TN_FRAME, sizeof(port->said) - sizeof(from));
	memcpy(port->said + SPECTRUM_MAX - TN_FRAME, from, sizeof(from));
}

static void pass(unsigned ms)
{
	for (unsigned i = 0; i < ms / 20; i++) {
		for (int line = 0; line < PORTS; line++)
			exchange(line);
		if (contract->step)
			contract->step();
	}
}

/* How often `event` of a line was told since rig_clear_events; `more` are the members that follow, "" any. */
static int told(int line, const char *event, const char *more)
{
	char text[128];

	snprintf(text, sizeof(text), "\"event\":\"%s\",\"line\":%d%s", event, line, more);
	return rig_count(text);
}

/* Digits of a line told since rig_clear_events, in order. */
static const char *digits_told(int line)
{
	static char digits[64];
	char text[64];
	size_t count = 0;

	rig_read();
	snprintf(text, sizeof(text), "\"event\":\"digit\",\"line\":%d,\"digit\":\"", line);
	for (const char *at = rig_events; (at = strstr(at, text)) && count + 1 < sizeof(digits); at++)
		digits[count++] = at[strlen(text)];
	digits[count] = '\0';
	return digits;
}

static int heard(int line, const char *text)
{
	return strstr(contract->heard(line), text) != NULL;
}

static double heard_number(int line, const char *name)
{
	return rig_number_in(contract->heard(line), name);
}

/* Until a line told an event so often; how long that took, or `limit` ms. */
static unsigned until_told(int line, const char *event, const char *more, int count, unsigned limit)
{
	unsigned ms = 0;

	while (ms < limit && told(line, event, more) < count) {
		pass(20);
		ms += 20;
	}
	CHECK_INT(told(line, event, more), count);
	return ms;
}

static unsigned until_heard(int line, const char *text, unsigned limit)
{
	unsigned ms = 0;

	while (ms < limit && !heard(line, text)) {
		pass(20);
		ms += 20;
	}
	if (!CHECK(heard(line, text)))
		printf("  heard %s\n  not %s\n", contract->heard(line), text);
	return ms;
}

static void lift(int line)
{
	rig_clear_events();
	contract->hook(line, true);
	until_told(line, "hook", ",\"offHook\":true", 1, 1000);
	CHECK_INT(tn_line_off_hook(line), 1);
}

static void hang_up(int line)
{
	rig_clear_events();
	contract->hook(line, false);
	until_told(line, "hook", ",\"offHook\":false", 1, 1500);
	CHECK_INT(tn_line_off_hook(line), 0);
	pass(1000); /* an exchange's line needs a moment before it can ring again */
}

/* The region of most of the tests: France. */
static void set_up(int line)
{
	struct tn_line_setup setup = { .size = sizeof(setup), .flash_min_ms = 80, .flash_max_ms = 500, .offhook_ms = 40,
				       .pulse_break_min_ms = 40, .pulse_break_max_ms = 79, .pulse_make_min_ms = 20,
				       .pulse_gap_ms = 200 };

	CHECK_INT(tn_line_setup(line, &setup), 0);
}

#endif

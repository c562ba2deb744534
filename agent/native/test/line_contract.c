/* The contract of a line driver on the virtual telephone. */
#include "line_contract_suite.h"

static void hook(int line, bool lifted)
{
	CHECK_INT(tn_sim_hook(line, lifted), 0);
}

static void flash(int line, uint32_t ms)
{
	CHECK_INT(tn_sim_flash(line, ms), 0);
}

static void pulse(int line, const char *digits)
{
	CHECK_INT(tn_sim_pulse(line, digits, 66, 33), 0);
}

static void press(int line, const char *keys)
{
	CHECK_INT(tn_sim_dial(line, keys), 0);
}

static void speak(int line, uint32_t hertz)
{
	CHECK_INT(tn_sim_speak(line, hertz, 0, -100), 0);
}

static void forget(int line)
{
	CHECK_INT(tn_sim_forget(line), 0);
}

static const char *telephone_heard(int line)
{
	static char json[2048];

	CHECK(tn_sim_heard(line, json, sizeof(json)) > 0);
	return json;
}

int main(void)
{
	static const struct contract_rig rig = { .driver = "sim", .reverses = true, .meters = true, .hook = hook, .flash = flash,
						 .pulse = pulse, .press = press, .speak = speak, .forget = forget,
						 .heard = telephone_heard };

	line_contract(&rig);
	return check_summary("line_contract");
}

#include "line/hook.h"

#define PULSES_MAX 10

static enum hook_change on_hook(struct hook *hook, bool loop)
{
	hook->differs_ms = loop ? hook->differs_ms + 1 : 0;
	if (hook->differs_ms == 0 || hook->differs_ms < hook->limits.offhook_ms)
		return HOOK_NONE;
	hook->off = true;
	hook->differs_ms = hook->closed_ms = 0;
	hook->pulses = 0;
	return HOOK_LIFTED;
}

static enum hook_change open_loop(struct hook *hook)
{
	/* What looked like the end of a break was a bounce of the contact. */
	hook->differs_ms += 1 + (hook->differs_ms ? hook->closed_ms : 0);
	hook->closed_ms = 0;
	if (hook->differs_ms <= hook->limits.flash_max_ms)
		return HOOK_NONE;
	hook->off = false;
	hook->differs_ms = 0;
	hook->pulses = 0;
	return HOOK_HUNG_UP;
}

/* A break that has ended for certain. */
static enum hook_change judge(struct hook *hook, uint32_t broken, uint32_t *value)
{
	const struct hook_limits *limits = &hook->limits;

	if (broken >= limits->flash_min_ms) {
		hook->pulses = 0;
		*value = broken;
		return HOOK_FLASHED;
	}
	if (limits->pulse_gap_ms && broken >= limits->pulse_break_min_ms && broken <= limits->pulse_break_max_ms)
		hook->pulses++;
	return HOOK_NONE;
}

static enum hook_change closed_loop(struct hook *hook, uint32_t *value)
{
	uint32_t broken = hook->differs_ms;

	hook->closed_ms++;
	if (broken && hook->closed_ms >= hook->limits.make_min_ms) {
		hook->differs_ms = 0;
		return judge(hook, broken, value);
	}
	if (broken || hook->pulses == 0 || hook->closed_ms < hook->limits.pulse_gap_ms)
		return HOOK_NONE;
	*value = hook->pulses;
	hook->pulses = 0;
	return *value <= PULSES_MAX ? HOOK_DIALLED : HOOK_NONE;
}

enum hook_change hook_step(struct hook *hook, bool loop, uint32_t *value)
{
	if (!hook->off)
		return on_hook(hook, loop);
	return loop ? closed_loop(hook, value) : open_loop(hook);
}

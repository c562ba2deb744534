#include "line/hook.h"

enum hook_change hook_step(struct hook *hook, bool loop, uint32_t ms, uint32_t *flash_ms)
{
	uint32_t broken;

	if (loop != hook->off) {
		uint32_t limit = hook->off ? hook->flash_max_ms + 1 : hook->offhook_ms;

		hook->differs_ms += ms;
		if (hook->differs_ms < limit)
			return HOOK_NONE;
		hook->differs_ms = 0;
		hook->off = loop;
		return loop ? HOOK_LIFTED : HOOK_HUNG_UP;
	}
	broken = hook->differs_ms;
	hook->differs_ms = 0;
	/* A break of the loop that ended: longer than a bounce and, as we are still off-hook, not longer than a flash. */
	if (!hook->off || broken == 0 || broken < hook->flash_min_ms)
		return HOOK_NONE;
	*flash_ms = broken;
	return HOOK_FLASHED;
}

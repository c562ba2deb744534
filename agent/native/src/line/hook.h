/* Hook machine: from raw loop current to off-hook, flash and on-hook. Pure: time comes in as steps. */
#ifndef TN_LINE_HOOK_H
#define TN_LINE_HOOK_H

#include <stdbool.h>
#include <stdint.h>

enum hook_change { HOOK_NONE, HOOK_LIFTED, HOOK_FLASHED, HOOK_HUNG_UP };

struct hook {
	uint32_t flash_min_ms, flash_max_ms, offhook_ms;
	bool off;                /* debounced */
	uint32_t differs_ms;     /* how long the loop has said otherwise */
};

/* Takes one sample of the loop that stands for `ms`. `flash_ms` is set with HOOK_FLASHED. */
enum hook_change hook_step(struct hook *hook, bool loop, uint32_t ms, uint32_t *flash_ms);

#endif

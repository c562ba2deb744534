/* Hook machine: from raw loop current to off-hook, flash, dialled pulses and on-hook. Pure: time comes in as milliseconds. */
#ifndef TN_LINE_HOOK_H
#define TN_LINE_HOOK_H

#include <stdbool.h>
#include <stdint.h>

enum hook_change { HOOK_NONE, HOOK_LIFTED, HOOK_FLASHED, HOOK_DIALLED, HOOK_HUNG_UP };

/* Limits, from the region. A break is a bounce, a pulse, a flash or on-hook, in this order of length. */
struct hook_limits {
	uint32_t flash_min_ms, flash_max_ms, offhook_ms;
	uint32_t pulse_break_min_ms, pulse_break_max_ms;
	uint32_t make_min_ms;    /* a shorter closure within a break is a bounce of the contact */
	uint32_t pulse_gap_ms;   /* closed for so long, a train of pulses is complete; 0: no pulse dialling */
};

struct hook {
	struct hook_limits limits;
	bool off;                /* debounced */
	uint32_t differs_ms;     /* how long the loop has said otherwise */
	uint32_t closed_ms;      /* closed again since, within or after a break */
	unsigned pulses;         /* of the train in progress */
};

/* Takes one millisecond of the loop. `value` is set with HOOK_FLASHED (length in ms) and HOOK_DIALLED (pulses, 1 … 10). */
enum hook_change hook_step(struct hook *hook, bool loop, uint32_t *value);

#endif

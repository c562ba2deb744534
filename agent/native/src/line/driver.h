/* What a line interface must do: the boundary between the engine and an FXS chip (or the virtual telephone).
 *
 * All but `open` and `close` are called from the line clock every 20 ms or in between from the ABI, one at a time
 * for a line; none may block. `open` and `close` bracket them all. */
#ifndef TN_LINE_DRIVER_H
#define TN_LINE_DRIVER_H

#include "tonalite.h"

#include <stdbool.h>
#include <stdint.h>

struct line_driver {
	const char *name;
	/* Prepares `lines` lines (1 … TN_MAX_LINES), on-hook as far as known. 0 or a negative errno. */
	int (*open)(uint32_t lines);
	void (*close)(void);
	/* One frame (TN_FRAME samples) each way between the line and the pair of wires. Also while on-hook: caller ID is
	 * audio to an on-hook telephone ("on-hook transmission"). */
	void (*exchange)(int line, const int16_t *to_line, int16_t *from_line);
	/* Ringing voltage of `frequency` Hz onto the wires, 0 removes it. 0 or a negative errno. */
	int (*ring)(int line, uint32_t frequency);
	/* Swaps the polarity of the wires, or swaps it back. NULL where the interface cannot. 0 or a negative errno. */
	int (*reverse)(int line, bool reversed);
	/* One charging pulse of 12000 or 16000 Hz. NULL where the interface cannot. 0 or a negative errno. */
	int (*meter)(int line, uint32_t frequency, uint32_t ms);
	/* Times and impedance, where the interface itself has to know them; NULL where not. 0 or a negative errno. */
	int (*setup)(int line, const struct tn_line_setup *setup);
	/* Whether loop current flowed in each of the last 20 ms, bit 0 the oldest, not debounced. An interface that knows the
	 * present only tells it 20 times, and cannot do pulse dialling. */
	uint32_t (*loop)(int line);
	/* Why the port cannot be used at present, a positive errno; 0 while it can. Known after `loop`. NULL where it cannot be
	 * lost. */
	int (*lost)(int line);
};

/* The virtual telephone (sim.c). */
extern const struct line_driver line_driver_sim;

#endif

/* Echo of the line's own hybrid: what the far end said comes back with the subscriber's voice, and is taken out (ITU-T
 * G.168). Off from the 2100 Hz with which a fax or modem answers: its own canceller must have the line for itself. That is
 * G.168's tone disabler (§7), which here does not wait for phase reversals: a facsimile machine sends none. On again after
 * silence (its release time, 250 ± 150 ms), but not while the engine knows of data on the line. */
#ifndef TN_DSP_LINE_ECHO_H
#define TN_DSP_LINE_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#define LINE_ECHO_TAIL_MAX_MS 64

struct canceller;

struct line_echo {
	struct canceller *canceller; /* NULL: none on this line */
	uint32_t tail_ms;
	bool disabled;           /* an answering tone was heard, and no silence since */
	bool data;               /* the engine knows of data on the line */
	uint32_t silent_ms;      /* of both sides */
	uint32_t answer_ms;      /* how long 2100 Hz has sounded from either side */
};

/* A tail of 0 takes the canceller away. -ENOMEM leaves the line without one. */
int line_echo_set(struct line_echo *echo, uint32_t tail_ms);
/* A new call: learns anew. */
void line_echo_reset(struct line_echo *echo);
/* Data goes over the line: leave it alone (1), or go on (0). */
void line_echo_data(struct line_echo *echo, bool on);
/* One frame: takes the echo of `to_phone` out of `from_phone`. */
void line_echo_cancel(struct line_echo *echo, const int16_t *to_phone, int16_t *from_phone);

#endif

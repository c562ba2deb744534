/* Echo of the line's own hybrid: what the far end said comes back with the subscriber's voice, and is taken out (ITU-T
 * G.168). Off while a fax or modem answers: its own canceller must have the line for itself (ITU-T G.164 §3.1, 2100 Hz). */
#ifndef TN_DSP_LINE_ECHO_H
#define TN_DSP_LINE_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#define LINE_ECHO_TAIL_MAX_MS 64

struct canceller;

struct line_echo {
	struct canceller *canceller; /* NULL: none on this line */
	uint32_t tail_ms;
	bool disabled;           /* until the next reset: data goes over the line */
	uint32_t answer_ms;      /* how long 2100 Hz has sounded from either side */
};

/* A tail of 0 takes the canceller away. -ENOMEM leaves the line without one. */
int line_echo_set(struct line_echo *echo, uint32_t tail_ms);
/* A new call: learns anew. */
void line_echo_reset(struct line_echo *echo);
/* One frame: takes the echo of `to_phone` out of `from_phone`. */
void line_echo_cancel(struct line_echo *echo, const int16_t *to_phone, int16_t *from_phone);

#endif

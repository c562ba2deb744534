/* State of a line on the ATA's side of the driver, shared by line.c (its life), line-step.c (each 20 ms) and line-abi.c (the calls). */
#ifndef TN_LINE_LINE_H
#define TN_LINE_LINE_H

#include "dsp/keys.h"
#include "dsp/line-echo.h"
#include "dsp/tone.h"
#include "engine.h"
#include "line/driver.h"
#include "line/hook.h"
#include "line/identify.h"
#include "line/notes.h"
#include "line/ringer.h"

#include <pthread.h>

struct line {
	pthread_mutex_t lock;    /* held for the length of one step or one call; never across an event or a voice call */
	bool open;
	int number;
	struct hook hook;
	char pulsed;             /* a digit dialled by pulses that still counts as pressed, 0 none */
	uint32_t pulsed_left_ms;
	bool loop;               /* last raw sample: current flows */
	struct tone_player tone;
	struct ringer ringer;
	struct identify identify;
	bool reversed;           /* polarity of the wires as told to the driver */
	bool base_reversed;      /* polarity asked for; a burst of data swaps it meanwhile */
	struct line_echo echo;
	bool bell;               /* voltage is on the wires */
	int fault;               /* last error of the driver that was reported, 0 none */
	int lost;                /* why the port cannot be used, as last told; 0: it can */
	struct keys keys;        /* the subscriber's */
	char digit;              /* being pressed, 0 none */
	void *playout;           /* dtmf_tx_state_t of digits from the far end */
	float gain_to_phone, gain_from_phone;
	struct notes *notes;     /* of the step in progress, NULL between steps */
};

/* The line if the engine is open and has it: 0 and *line locked; -ENODEV or -EINVAL otherwise. */
int line_enter(int32_t number, struct line **line);
void line_leave(struct line *line);
/* Puts the bell on (frequency) or off (0), once; a driver's error becomes a `fault` event after the step. */
int line_bell(struct line *line, uint32_t frequency);
/* Makes the polarity of the wires the one asked for or, `reversed`, the other one; once. -ENOTSUP where the driver cannot. */
int line_reverse(struct line *line, bool reversed);
/* Ends ringing and any burst on the way, and puts the wires right. */
int line_silence(struct line *line);
/* Forgets the key being pressed and what the detector has heard. */
void line_reset_keys(struct line *line);
/* The driver all lines use, NULL when closed. */
const struct line_driver *line_driver_in_use(void);

#endif

/* The virtual telephone's state, shared by its driver side (sim.c) and its user's side (sim-abi.c). */
#ifndef TN_LINE_SIM_H
#define TN_LINE_SIM_H

#include "dsp/recorder.h"
#include "dsp/tone.h"
#include "engine.h"
#include "line/contact.h"
#include "line/ear.h"
#include "line/sim-fax.h"

#include <pthread.h>

#define SIM_KEYS_MAX 128
#define SIM_HYBRID_DELAY 48 /* samples: 6 ms */

struct sim_phone {
	pthread_mutex_t lock;    /* taken after the line's, never before it */
	bool open;
	struct contact contact;
	uint32_t bell_hz;        /* ringing voltage on the wires, 0 none */
	uint32_t rings;
	bool reversed;           /* polarity of the wires */
	uint32_t meter_pulses;   /* charging pulses counted */
	float hybrid;            /* share of what is heard that goes back, 0 none */
	int16_t heard[SIM_HYBRID_DELAY + TN_FRAME]; /* what goes back with the next frame comes first */
	char keys[SIM_KEYS_MAX]; /* still to be pressed, a ring buffer */
	size_t first_key, key_count;
	uint32_t pause_left;     /* samples of a ',' */
	void *keypad;            /* dtmf_tx_state_t */
	struct tone_player mouth;
	struct ear ear;
	struct recorder *recorder;
	struct sim_fax *fax;     /* on the same plug; NULL: none */
};

/* The telephone on a line, locked: 0; -ENODEV engine closed, -ENOTSUP another backend, -EINVAL no such line. */
int sim_enter(int32_t line, struct sim_phone **phone);
void sim_leave(struct sim_phone *phone);
/* Forgets the keys not yet pressed and stops the one being pressed. */
void sim_release_keys(struct sim_phone *phone);

#endif

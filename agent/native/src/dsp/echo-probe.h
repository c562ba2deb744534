/* A test of the way through the network: a burst of 1004 Hz each second, and how much of it comes back after how long. */
#ifndef TN_DSP_ECHO_PROBE_H
#define TN_DSP_ECHO_PROBE_H

#include "tone.h"

struct echo_probe {
	bool on;
	struct tone_player player;
	uint32_t frame;                /* frames sent so far */
	bool sounding;                 /* what came back last had the tone */
	uint32_t answered;             /* 1 + number of the last burst that came back */
	uint32_t heard;                /* bursts that came back */
	uint32_t delay_frames;         /* of all that came back together */
};

void echo_probe_start(struct echo_probe *probe);
/* The next TN_FRAME samples to send. */
void echo_probe_send(struct echo_probe *probe, int16_t *audio);
/* TN_FRAME samples that came back, NULL when there are none. Once after each echo_probe_send. */
void echo_probe_hear(struct echo_probe *probe, const int16_t *audio);
/* Whole bursts that could have come back by now. */
uint32_t echo_probe_sent(const struct echo_probe *probe);
/* Mean time from a burst's first sample to its echo's, in milliseconds, ± one frame; 0: nothing came back. */
uint32_t echo_probe_delay_ms(const struct echo_probe *probe);

#endif

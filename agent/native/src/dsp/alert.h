/* The dual-tone alerting signal that tells a telephone to listen for data (ETSI EN 300 659-1 §5.2.1 and annex A: 2130 and
 * 2750 Hz; Telcordia GR-30-CORE calls it CAS): sent by the line, heard by the virtual telephone. */
#ifndef TN_DSP_ALERT_H
#define TN_DSP_ALERT_H

#include "dsp/tone.h"
#include "engine.h"

/* Starts the signal for `ms`: 100 ± 10 to a telephone on its hook, 80 ± 5 in a call. */
void alert_start(struct tone_player *player, uint32_t ms);

struct alert_detector {
	uint32_t sounding_ms;    /* how long both tones, and hardly anything else, have been heard */
};

/* Takes one frame; true when a signal of 60 … 130 ms ended with the frame before. */
bool alert_heard(struct alert_detector *detector, const int16_t *audio);

#endif

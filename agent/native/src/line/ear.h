/* The ear of the virtual telephone: measures what comes out of the line, knows no names. */
#ifndef TN_LINE_EAR_H
#define TN_LINE_EAR_H

#include "dsp/alert.h"
#include "dsp/cadence.h"
#include "dsp/spectrum.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EAR_DIGITS_MAX 128

/* Activity since the last ear_forget, in steps of 5 ms. */
struct ear_audio {
	uint64_t heard_ms, active_ms;
	uint64_t gap_ms;         /* silence since the last activity */
	uint64_t longest_gap_ms; /* between two activities */
	double energy;           /* sum of the mean squares of the active steps */
};

/* The tone being heard. */
struct ear_tone {
	bool known;
	struct spectrum spectrum;
	struct cadence cadence;
	bool sounding;           /* debounced: sound or silence */
	bool exact;              /* the run began where we think it did: it may be counted */
	bool measured;           /* the spectrum of this run is known */
	uint32_t run_ms;         /* of the run in progress */
	uint32_t other_ms;       /* how long the opposite has lasted at its end */
	double energy;           /* of the sound in this run, sum of mean squares */
	uint32_t energy_steps;
	int32_t level;           /* tenths of dBm0 */
	size_t filled;
	int16_t window[SPECTRUM_MAX];
};

struct ear_caller {
	bool known;
	bool fresh;              /* came since the ear last asked itself */
	char number[64], name[192], date_time[16], absence[4]; /* as received; name escaped for JSON */
};

struct ear {
	bool listening;          /* the handset is lifted and the loop closed */
	struct ear_audio audio;
	struct ear_tone tone;
	void *dtmf;              /* dtmf_rx_state_t */
	uint32_t dtmf_tail_ms;   /* of silence the detector still has to see */
	char digits[EAR_DIGITS_MAX + 1];
	size_t digit_count;
	void *v23, *bell202;     /* adsi_rx_state_t */
	uint32_t pause_left_ms;  /* of the wait for caller ID after a ring */
	char cid_digits[EAR_DIGITS_MAX + 1];
	size_t cid_count;
	struct ear_caller caller;
	int lamp;                /* of waiting messages: 1 lit, 0 cleared, −1 never told */
	struct alert_detector alert;
	uint32_t attention_ms;   /* left of listening for data in a call, 0 none */
	bool asked;              /* the line asked for an acknowledgement; cleared by who sends it */
};

int ear_open(struct ear *ear);
void ear_close(struct ear *ear);
void ear_forget(struct ear *ear);
/* One frame from the line. `lifted`: through the earpiece; `bell`: ringing voltage is on. */
void ear_hear(struct ear *ear, const int16_t *audio, bool lifted, bool bell);
/* The wires changed polarity under a telephone on its hook: data may follow. */
void ear_alerted(struct ear *ear);
/* Whether the telephone keeps its user's mouth shut for data. */
bool ear_attentive(const struct ear *ear);
/* Writes the members "tone", "digits", "callerId", "lamp" and "audio"; returns the length like snprintf. */
int ear_report(const struct ear *ear, char *json, size_t capacity);

#endif

/* Caller identification and the message-waiting lamp as audio: bursts of FSK or DTMF. */
#ifndef TN_DSP_CALLER_ID_H
#define TN_DSP_CALLER_ID_H

#include "tonalite.h"
#include <stdbool.h>
#include <stddef.h>

/* Sender of one burst at a time; allocated once, reused for every call. */
struct caller_id {
	void *fsk;                /* adsi_tx_state_t */
	void *dtmf;               /* dtmf_tx_state_t */
	uint32_t standard;        /* enum tn_cid_standard of the burst loaded */
	uint32_t duration_ms;     /* of the burst loaded */
};

/* Longest message: type, length, and the fields at their greatest lengths, with room to spare. */
#define CALLER_ID_MESSAGE_MAX 128

int caller_id_open(struct caller_id *sender);
void caller_id_close(struct caller_id *sender);
/* Builds the data-link message (without checksum) of an FSK standard; returns its length. */
size_t caller_id_message(const struct tn_ring *ring, unsigned char message[CALLER_ID_MESSAGE_MAX]);
/* Builds the digits of the DTMF standard, NUL-terminated. */
void caller_id_digits(const struct tn_ring *ring, char digits[CALLER_ID_MESSAGE_MAX]);
/* Loads the burst for `ring` to a telephone on its hook; false when there is nothing to send. */
bool caller_id_load(struct caller_id *sender, const struct tn_ring *ring);
/* The same for a telephone in a call, which is listening already: no channel seizure. FSK standards only. */
bool caller_id_load_in_call(struct caller_id *sender, const struct tn_ring *ring);
/* Loads the message that lights or clears the lamp of waiting messages (EN 300 659-3 §5.2.2, GR-1401-CORE); FSK only. */
bool caller_id_load_lamp(struct caller_id *sender, uint32_t standard, bool lit);
/* Fills `audio` with the next samples, silence after the end; true with the last of the burst. */
bool caller_id_step(struct caller_id *sender, short *audio, size_t count);

#endif

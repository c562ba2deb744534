/* The detector of the subscriber's keys (DTMF, ITU-T Q.24), as every line has it. */
#ifndef TN_DSP_KEYS_H
#define TN_DSP_KEYS_H

#include <stdbool.h>
#include <stdint.h>

struct keys {
	void *receiver;          /* dtmf_rx_state_t */
	bool filtered;           /* the dial tone is taken out before detection */
};

/* Tells a key's beginning (its code) and its end (0), both about 25 ms late; a key that follows another without a pause
 * ends it. */
typedef void (*key_told)(void *user, int code, int level, int delay);

int keys_open(struct keys *keys);
void keys_close(struct keys *keys);
/* Forgets what was being pressed. */
void keys_reset(struct keys *keys, key_told told, void *user);
/* `own_tone`: our own tone sounds, comes back through the hybrid and would hide the first key. Not in a call: the filter
 * makes speech look more like keys. */
void keys_hear(struct keys *keys, const int16_t *audio, int count, bool own_tone);

#endif

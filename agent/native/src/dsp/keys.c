#include "dsp/keys.h"

#include <errno.h>
#include <spandsp.h>

int keys_open(struct keys *keys)
{
	*keys = (struct keys){ .receiver = dtmf_rx_init(NULL, NULL, NULL) };
	return keys->receiver ? 0 : -ENOMEM;
}

void keys_close(struct keys *keys)
{
	if (keys->receiver)
		dtmf_rx_free(keys->receiver);
	keys->receiver = NULL;
}

/* ITU-T Q.24 table A-1: how much louder the low tone, or the high one, may be, in dB; the widest that administrations ask
 * for short of Australia and Brazil. */
#define LOW_LOUDER_DB 8
#define HIGH_LOUDER_DB 6
#define ANY_LEVEL (-99) /* keeps the receiver's own threshold of −42 dBm0 */

static void choose(struct keys *keys, bool filtered)
{
	keys->filtered = filtered;
	dtmf_rx_parms(keys->receiver, filtered, LOW_LOUDER_DB, HIGH_LOUDER_DB, ANY_LEVEL);
}

void keys_reset(struct keys *keys, key_told told, void *user)
{
	dtmf_rx_init(keys->receiver, NULL, NULL);
	dtmf_rx_set_realtime_callback(keys->receiver, told, user);
	choose(keys, false);
}

void keys_hear(struct keys *keys, const int16_t *audio, int count, bool own_tone)
{
	if (keys->filtered != own_tone)
		choose(keys, own_tone);
	dtmf_rx(keys->receiver, audio, count);
}

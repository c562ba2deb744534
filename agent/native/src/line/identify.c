#include "line/identify.h"
#include "dsp/alert.h"
#include "engine.h"

#include <string.h>

/* EN 300 659-1 §6.3.1: 80 ± 5 ms in a call. */
#define ALERT_MS 80
/* §6.3.2: the acknowledgement begins within 100 ms (GR-30: 160 ms); the detector tells it up to 60 ms later. */
#define AWAIT_MS 240
/* §6.3.3: the data starts 50 … 500 ms after the acknowledgement, which lasts 60 … 80 ms and is known 30 ms after it began. */
#define PAUSE_MS 180

void identify_start(struct identify *identify, uint32_t delay_ms)
{
	identify->phase = IDENTIFY_DELAY;
	identify->left_ms = (int32_t)delay_ms;
}

void identify_stop(struct identify *identify)
{
	identify->phase = IDENTIFY_IDLE;
}

bool identify_busy(const struct identify *identify)
{
	return identify->phase != IDENTIFY_IDLE;
}

bool identify_mutes(const struct identify *identify)
{
	return identify->phase > IDENTIFY_DELAY;
}

void identify_key(struct identify *identify, char key)
{
	if ((identify->phase != IDENTIFY_ALERT && identify->phase != IDENTIFY_AWAIT) || (key != 'D' && key != 'A'))
		return;
	identify->phase = IDENTIFY_PAUSE;
	identify->left_ms = PAUSE_MS;
}

static void wait_over(struct identify *identify)
{
	switch (identify->phase) {
	case IDENTIFY_DELAY:
		identify->phase = IDENTIFY_ALERT;
		alert_start(&identify->alert, ALERT_MS);
		break;
	case IDENTIFY_AWAIT: /* nobody answered: an ordinary telephone */
		identify->phase = IDENTIFY_IDLE;
		break;
	case IDENTIFY_PAUSE:
		identify->phase = IDENTIFY_SENDING;
		break;
	default:
		break;
	}
}

bool identify_step(struct identify *identify, struct caller_id *sender, uint32_t ms, int16_t *audio)
{
	if (identify->phase == IDENTIFY_DELAY || identify->phase == IDENTIFY_AWAIT || identify->phase == IDENTIFY_PAUSE) {
		if (identify->left_ms <= 0)
			wait_over(identify);
		else
			identify->left_ms -= (int32_t)ms;
	}
	if (!identify_mutes(identify))
		return false;
	memset(audio, 0, TN_FRAME * sizeof(*audio));
	if (identify->phase == IDENTIFY_ALERT && tone_mix(&identify->alert, audio, TN_FRAME)) {
		identify->phase = IDENTIFY_AWAIT;
		identify->left_ms = AWAIT_MS;
	} else if (identify->phase == IDENTIFY_SENDING && caller_id_step(sender, audio, TN_FRAME)) {
		identify->phase = IDENTIFY_IDLE;
		return true;
	}
	return false;
}

/* One step of a line: 20 ms of hook, ring, tones and sound, by the media clock. */
#include "line/line.h"
#include "dsp/level.h"
#include "events.h"

#include <spandsp.h>
#include <string.h>

#define STEP_MS (TN_FRAME * 1000 / TN_RATE)
#define PULSED_MS 100

static void on_dtmf(void *user, int code, int level, int delay)
{
	struct line *line = user;

	(void)level;
	(void)delay;
	if (line->digit)
		notes_add(line->notes, NOTE_RELEASE, line->digit);
	line->digit = 0;
	if (identify_mutes(&line->identify)) { /* the telephone itself speaks, not the subscriber */
		identify_key(&line->identify, (char)code);
		return;
	}
	line->digit = (char)code;
	if (code)
		notes_add(line->notes, NOTE_PRESS, code);
}

void line_reset_keys(struct line *line)
{
	if (line->digit)
		on_dtmf(line, 0, 0, 0);
	keys_reset(&line->keys, on_dtmf, line);
}

/* A digit of a rotary dial reaches the far end as a key pressed for as long as keys are. */
static void dialled(struct line *line, uint32_t pulses)
{
	if (line->pulsed)
		notes_add(line->notes, NOTE_RELEASE, line->pulsed);
	line->pulsed = (char)('0' + pulses % 10);
	line->pulsed_left_ms = PULSED_MS;
	notes_add(line->notes, NOTE_PRESS, line->pulsed);
}

static void release_pulsed(struct line *line)
{
	if (line->pulsed)
		notes_add(line->notes, NOTE_RELEASE, line->pulsed);
	line->pulsed = 0;
}

static void change_hook(struct line *line, enum hook_change change, uint32_t value)
{
	switch (change) {
	case HOOK_LIFTED:
		line_silence(line);
		line_reset_keys(line);
		line_echo_reset(&line->echo);
		notes_add(line->notes, NOTE_HOOK, 1);
		break;
	case HOOK_FLASHED:
		notes_add(line->notes, NOTE_FLASH, (int)value);
		break;
	case HOOK_DIALLED:
		dialled(line, value);
		break;
	case HOOK_HUNG_UP:
		identify_stop(&line->identify);
		release_pulsed(line);
		line_reset_keys(line);
		dtmf_tx_init(line->playout);
		notes_add(line->notes, NOTE_HOOK, 0);
		break;
	case HOOK_NONE:
		break;
	}
}

static void step_hook(struct line *line, const struct line_driver *used)
{
	uint32_t loop = used->loop(line->number), value = 0;

	line->loop = loop >> (STEP_MS - 1) & 1;
	for (int ms = 0; ms < STEP_MS; ms++) {
		enum hook_change change = hook_step(&line->hook, loop >> ms & 1, &value);

		change_hook(line, change, value);
	}
	if (line->pulsed && line->pulsed_left_ms <= STEP_MS)
		release_pulsed(line);
	line->pulsed_left_ms -= STEP_MS;
}

static void step_port(struct line *line, const struct line_driver *used)
{
	int lost = used->lost ? used->lost(line->number) : 0;

	if (lost != line->lost)
		notes_add(line->notes, NOTE_PORT, lost);
	line->lost = lost;
}

static void apply_burst(struct line *line, const struct burst_step *step)
{
	if (step->reverse || step->restore)
		(void)line_reverse(line, step->reverse); /* where it cannot be, the alert goes alone */
	if (step->bell_on || step->bell_off)
		line_bell(line, step->bell_on ? line->ringer.plan.frequency : 0);
	if (step->sent)
		notes_add(line->notes, line->ringer.active ? NOTE_CALLER_ID : NOTE_LAMP, 0);
}

/* Audio to a telephone on its hook: data before the bell or in its pauses, otherwise nothing. */
static void fill_on_hook(struct line *line, int16_t *audio)
{
	struct ringer_step step = ringer_step(&line->ringer, STEP_MS, audio);

	if (step.paused)
		line_bell(line, 0);
	if (step.began) {
		line_bell(line, line->ringer.plan.frequency);
		notes_add(line->notes, NOTE_RING, (int)line->ringer.count);
	}
	apply_burst(line, &step.burst);
}

/* Audio to a lifted handset: a digit of the far end instead of its audio (both at once would beat against each other when
 * it sends the digit both ways), else its audio with our gain. */
static void fill_off_hook(struct line *line, const int16_t *network, int16_t *audio)
{
	int digits = dtmf_tx(line->playout, audio, TN_FRAME);
	size_t done = digits < 0 ? 0 : (size_t)digits;

	for (size_t i = done; i < TN_FRAME; i++)
		audio[i] = !network ? 0 : line->gain_to_phone == 1.0f ? network[i] : level_clip((float)network[i] * line->gain_to_phone);
}

static void step_tone(struct line *line, int16_t *audio)
{
	int16_t unheard[TN_FRAME] = { 0 };

	/* The tone's time goes on while nobody listens, so that it ends when it should. */
	if (tone_mix(&line->tone, line->hook.off ? audio : unheard, TN_FRAME))
		notes_add(line->notes, NOTE_TONE, 0);
}

static void listen(struct line *line, const int16_t *sent, int16_t *audio)
{
	if (!line->hook.off) {
		memset(audio, 0, TN_FRAME * sizeof(*audio));
		return;
	}
	if (!line->echo.data)
		keys_hear(&line->keys, audio, TN_FRAME, line->tone.playing);
	line_echo_cancel(&line->echo, sent, audio);
	if (identify_mutes(&line->identify))
		memset(audio, 0, TN_FRAME * sizeof(*audio));
	else if (line->gain_from_phone != 1.0f)
		for (int i = 0; i < TN_FRAME; i++)
			audio[i] = level_clip((float)audio[i] * line->gain_from_phone);
}

void tn_line_exchange(int number, const int16_t *to_phone, int16_t *from_phone)
{
	struct notes notes = { .count = 0 };
	const struct line_driver *used = line_driver_in_use();
	int16_t audio[TN_FRAME];
	struct line *line;

	tn_events_flush();
	if (line_enter(number, &line)) {
		memset(from_phone, 0, TN_FRAME * sizeof(*from_phone));
		return;
	}
	line->notes = &notes;
	step_hook(line, used);
	step_port(line, used);
	if (line->hook.off)
		fill_off_hook(line, to_phone, audio);
	else
		fill_on_hook(line, audio);
	step_tone(line, audio);
	if (identify_step(&line->identify, &line->ringer.burst.sender, STEP_MS, audio))
		notes_add(line->notes, NOTE_CALLER_ID, 0);
	used->exchange(number, audio, from_phone);
	listen(line, audio, from_phone);
	line->notes = NULL;
	line_leave(line);
	notes_tell(number, &notes);
}

void tn_line_data(int number, bool on)
{
	struct line *line;

	if (line_enter(number, &line))
		return;
	line_echo_data(&line->echo, on);
	line_leave(line);
}

void tn_line_play_digit(int number, char digit)
{
	struct line *line;

	if (line_enter(number, &line))
		return;
	if (line->hook.off && digit && strchr("0123456789*#ABCD", digit))
		dtmf_tx_put(line->playout, &digit, 1);
	line_leave(line);
}

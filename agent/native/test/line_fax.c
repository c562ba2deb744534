/* What the ear for facsimile hears, and what it must not take for one. */
#include "check.h"
#include "dsp/answer-tone.h"
#include "dsp/fax-ear.h"
#include "dsp/level.h"
#include "engine.h"

#include <spandsp.h>

#define STEPS 50                  /* a second */

static struct {
	unsigned frames, calling, answering, preambles, silent;
	uint8_t last;
} heard;

static void on_frame(void *argument, const uint8_t *frame, size_t length)
{
	(void)argument;
	heard.frames++;
	heard.last = length > 2 ? frame[2] : 0;
}

static void hear(struct fax_ear *ear, const int16_t *audio)
{
	struct fax_ear_heard now = fax_ear_hear(ear, audio);

	heard.calling += now.calling;
	heard.answering += now.answering;
	heard.preambles += now.preamble;
	heard.silent += now.silent;
}

static struct fax_ear *listen(void)
{
	memset(&heard, 0, sizeof(heard));
	return fax_ear_open(on_frame, NULL);
}

static void hear_tone(struct fax_ear *ear, double hertz, double decibel, int ms)
{
	static double phase;
	double amplitude = (double)level_amplitude((int32_t)(decibel * 10));

	for (int step = 0; step < ms / 20; step++) {
		int16_t audio[TN_FRAME];

		for (int i = 0; i < TN_FRAME; i++, phase += 2 * M_PI * hertz / TN_RATE)
			audio[i] = (int16_t)(amplitude * sin(phase));
		hear(ear, audio);
	}
}

static void tones(void)
{
	static const double levels[] = { -3, -13, -30, -40 };

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		struct fax_ear *ear = listen();

		hear_tone(ear, 1100, levels[i], 500);
		CHECK(heard.calling > 0 && !heard.answering);
		hear_tone(ear, 2100, levels[i], 2600);
		CHECK(heard.answering > 0 && !heard.preambles);
		fax_ear_close(ear);
	}
	/* Too short, and beside it: other tones of a telephone line. */
	struct fax_ear *ear = listen();

	hear_tone(ear, 2100, -13, 200);
	hear_tone(ear, 440, -13, 2000);
	hear_tone(ear, 1004, -13, 2000);
	hear_tone(ear, 1400, -13, 1000);
	hear_tone(ear, 2225, -13, 1000);
	hear_tone(ear, 0, -13, 1000);
	CHECK(!heard.calling && !heard.answering && !heard.preambles && !heard.frames);
	CHECK(heard.silent >= 49);
	fax_ear_close(ear);
}

/* V.8's tone from a machine is heard as one that knows nothing of V.34. */
static int kind_heard(int kind, float gain, bool flattened)
{
	modem_connect_tones_tx_state_t *sender = modem_connect_tones_tx_init(NULL, kind);
	modem_connect_tones_rx_state_t *receiver = modem_connect_tones_rx_init(NULL, MODEM_CONNECT_TONES_ANS_PR, NULL, NULL);
	struct answer_tone tone = { .level = 0 };
	int kinds = 0;

	for (int step = 0; step < 3 * STEPS; step++) {
		int16_t audio[TN_FRAME] = { 0 };

		(void)modem_connect_tones_tx(sender, audio, TN_FRAME);
		for (int i = 0; i < TN_FRAME; i++)
			audio[i] = level_clip((float)audio[i] * gain);
		if (flattened)
			answer_tone_flatten(&tone, audio);
		(void)modem_connect_tones_rx(receiver, audio, TN_FRAME);
		kinds |= 1 << modem_connect_tones_rx_get(receiver);
	}
	modem_connect_tones_tx_free(sender);
	modem_connect_tones_rx_free(receiver);
	return kinds & ~(1 << MODEM_CONNECT_TONES_NONE);
}

static void plain_answer(void)
{
	static const int kinds[] = { MODEM_CONNECT_TONES_ANSAM_PR, MODEM_CONNECT_TONES_ANSAM, MODEM_CONNECT_TONES_ANS_PR,
				     MODEM_CONNECT_TONES_ANS };
	struct answer_tone tone = { .level = 0 };
	int16_t speech[TN_FRAME], before[TN_FRAME];

	CHECK(kind_heard(MODEM_CONNECT_TONES_ANSAM_PR, 1.0f, false) & 1 << MODEM_CONNECT_TONES_ANSAM_PR);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (int quiet = 0; quiet < 2; quiet++)
			CHECK_INT(kind_heard(kinds[i], quiet ? 0.1f : 1.0f, true), 1 << MODEM_CONNECT_TONES_ANS);
	/* Anything else goes through as it is. */
	for (int i = 0; i < TN_FRAME; i++)
		before[i] = speech[i] = (int16_t)(8000 * sin(i * 0.9) + 3000 * sin(i * 0.2));
	answer_tone_flatten(&tone, speech);
	CHECK(!memcmp(before, speech, sizeof(speech)));
}

/* One second of flags and one DIS, as a machine sends them. */
static void data(float level, float noise_level)
{
	static const uint8_t dis[] = { 0xff, 0x13, 0x80, 0x00, 0xce, 0xb8 };
	struct fax_ear *ear = listen();
	awgn_state_t *noise = awgn_init_dbm0(NULL, 20, noise_level);
	hdlc_tx_state_t *frames = hdlc_tx_init(NULL, FALSE, 1, FALSE, NULL, NULL);
	fsk_tx_state_t *modem = fsk_tx_init(NULL, &preset_fsk_specs[FSK_V21CH2], (get_bit_func_t)hdlc_tx_get_bit, frames);
	bool before_frame = false;

	fsk_tx_power(modem, level);
	hdlc_tx_flags(frames, 37);
	hdlc_tx_frame(frames, dis, sizeof(dis));
	for (int step = 0; step < 2 * STEPS; step++) {
		int16_t audio[TN_FRAME];

		(void)fsk_tx(modem, audio, TN_FRAME);
		for (int i = 0; i < TN_FRAME; i++)
			audio[i] = level_clip((float)audio[i] + (float)awgn(noise));
		hear(ear, audio);
		before_frame = before_frame || (heard.preambles && !heard.frames);
	}
	CHECK(before_frame);
	CHECK_INT(heard.frames, 1);
	CHECK_INT(heard.last, 0x80);
	fsk_tx_free(modem);
	hdlc_tx_free(frames);
	awgn_free(noise);
	fax_ear_close(ear);
}

/* Ten minutes of noise shaped and cut like speech. */
static void speech(void)
{
	struct fax_ear *ear = listen();
	awgn_state_t *noise = awgn_init_dbm0(NULL, 4711, -15.0f);
	float band = 0, previous = 0;

	for (int step = 0; step < 600 * STEPS; step++) {
		int16_t audio[TN_FRAME];
		/* Syllables of 60 … 300 ms with another timbre each. */
		float centre = 0.2f + 0.75f * (float)((step / 7 * 2654435761u >> 20) & 255) / 255.0f;
		bool pause = (step / 11 * 40503u >> 8) % 5 == 0;

		for (int i = 0; i < TN_FRAME; i++) {
			float in = pause ? 0.0f : (float)awgn(noise), out;

			out = in + 2.0f * 0.95f * cosf((float)M_PI * centre) * band - 0.9f * previous;
			previous = band;
			band = out;
			audio[i] = level_clip(out * 0.3f);
		}
		hear(ear, audio);
	}
	CHECK_INT(heard.frames, 0);
	CHECK_INT(heard.preambles, 0);
	CHECK_INT(heard.answering, 0);
	CHECK_INT(heard.calling, 0);
	awgn_free(noise);
	fax_ear_close(ear);
}

int main(void)
{
	tones();
	plain_answer();
	data(-13, -60);
	data(-30, -60);
	data(-13, -33);
	data(-38, -60);
	speech();
	return check_summary("line_fax");
}

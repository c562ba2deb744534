#include "dsp/fax-ear.h"
#include "dsp/goertzel.h"
#include "dsp/level.h"

#include <spandsp.h>
#include <stdlib.h>

#define CALLING_HZ 1100           /* T.30 §4.2: ±38 Hz, 0.5 s */
#define ANSWERING_HZ 2100         /* T.30 §4.1: ±15 Hz, 2.6 … 4 s */
#define TONE_LEVEL (-430)         /* tenths of dBm0: a machine may be this faint */
#define TONE_SHARE 0.8
#define TONE_FRAMES 15            /* 300 ms */
#define MARK_HZ 1650              /* V.21 channel 2 */
#define SPACE_HZ 1850
#define MODEM_SHARE 0.25          /* of a frame's energy at those two: flags have half of it, speech seldom so much */
#define MODEM_FRAMES 50           /* the modem goes on listening for so long: it is what costs */
#define SILENT_LEVEL (-450)
#define CARRIER_DB (-43.0f)       /* V.21: so faint a carrier is received */
#define FLAGS 10                  /* in a row: 267 ms of the second that a preamble lasts */
#define FRAME_MAX 80              /* octets; signalling frames are shorter (T.30 §5.3.6) */

struct fax_ear {
	fsk_rx_state_t *modem;
	hdlc_rx_state_t *frames;
	fax_ear_frame *on_frame;
	void *argument;
	unsigned calling, answering;   /* frames in a row with the tone */
	unsigned listening;            /* frames that the modem listens to yet */
	bool preamble;
};

static void on_hdlc(void *argument, const uint8_t *frame, int length, int good)
{
	struct fax_ear *ear = argument;

	if (length == SIG_STATUS_FRAMING_OK)
		ear->preamble = true;
	else if (length > 0 && good)
		ear->on_frame(ear->argument, frame, (size_t)length);
}

struct fax_ear *fax_ear_open(fax_ear_frame *on_frame, void *argument)
{
	struct fax_ear *ear = calloc(1, sizeof(*ear));

	if (!ear)
		return NULL;
	ear->on_frame = on_frame;
	ear->argument = argument;
	ear->frames = hdlc_rx_init(NULL, FALSE, FALSE, FLAGS, on_hdlc, ear);
	ear->modem = ear->frames ? fsk_rx_init(NULL, &preset_fsk_specs[FSK_V21CH2], FSK_FRAME_MODE_SYNC,
					       (put_bit_func_t)hdlc_rx_put_bit, ear->frames)
				 : NULL;
	if (!ear->modem) {
		fax_ear_close(ear);
		return NULL;
	}
	fsk_rx_signal_cutoff(ear->modem, CARRIER_DB);
	hdlc_rx_set_max_frame_len(ear->frames, FRAME_MAX);
	return ear;
}

void fax_ear_close(struct fax_ear *ear)
{
	if (!ear)
		return;
	if (ear->modem)
		fsk_rx_free(ear->modem);
	if (ear->frames)
		hdlc_rx_free(ear->frames);
	free(ear);
}

static bool lasts(unsigned *frames, const int16_t *audio, double hertz, double energy)
{
	double tone = goertzel_energy(audio, hertz);

	*frames = tone > (double)level_mean_square(TONE_LEVEL) && tone > TONE_SHARE * energy ? *frames + 1 : 0;
	return *frames >= TONE_FRAMES;
}

struct fax_ear_heard fax_ear_hear(struct fax_ear *ear, const int16_t *audio)
{
	double energy = frame_energy(audio);
	struct fax_ear_heard heard = { .silent = energy < (double)level_mean_square(SILENT_LEVEL) };

	ear->preamble = false;
	heard.calling = lasts(&ear->calling, audio, CALLING_HZ, energy);
	heard.answering = lasts(&ear->answering, audio, ANSWERING_HZ, energy);
	if (!heard.silent &&
	    goertzel_energy(audio, MARK_HZ) + goertzel_energy(audio, SPACE_HZ) > MODEM_SHARE * energy)
		ear->listening = MODEM_FRAMES;
	if (ear->listening) {
		ear->listening--;
		(void)fsk_rx(ear->modem, audio, TN_FRAME);
	}
	heard.preamble = ear->preamble;
	return heard;
}

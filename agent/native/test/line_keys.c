/* How good the detector of keys is: what ITU-T Q.24 asks a receiver to take and to refuse, under noise, and how often speech
 * is taken for a key (talk-off). The figures are printed; limits stand in the checks. */
#include "check.h"
#include "dsp/keys.h"
#include "dsp/level.h"
#include "engine.h"

#include <spandsp.h>
#include <stdlib.h>

/* The keys that telephones have. */
static const char codes[] = "123456789*0#";
static const double rows[] = { 697, 770, 852, 941 }, columns[] = { 1209, 1336, 1477 };

static struct keys keys;
static char told[4096];
static size_t told_count;

static void on_key(void *user, int code, int level, int delay)
{
	(void)user;
	(void)level;
	(void)delay;
	if (code && told_count + 1 < sizeof(told))
		told[told_count++] = (char)code;
}

struct condition {
	const char *name;
	double level, twist;     /* of the low tone in dBm0; the high tone's over the low one's in dB */
	double offset;           /* of both frequencies, in parts of one */
	int on_ms;
	double snr;              /* against the weaker tone, dB */
	bool taken;
};

/* One key with 60 ms of silence after it. */
static void press(const struct condition *as, int code, awgn_state_t *noise)
{
	int samples = (as->on_ms + 60) * 8, start = rand() % 40;
	double low = (double)level_amplitude((int)(as->level * 10)), high = (double)level_amplitude((int)((as->level + as->twist) * 10));
	int16_t audio[8 * 200];

	for (int i = 0; i < samples; i++) {
		double t = 2 * M_PI * i / TN_RATE * (1 + as->offset);
		double sample = i >= start && i < start + as->on_ms * 8 ? low * sin(t * rows[code / 3]) + high * sin(t * columns[code % 3]) : 0;

		audio[i] = (int16_t)lrint(sample + (noise ? awgn(noise) : 0));
	}
	keys_hear(&keys, audio, samples, false);
}

static void under(const struct condition *as)
{
	double weaker = as->level + (as->twist < 0 ? as->twist : 0);
	awgn_state_t *noise = as->snr < 90 ? awgn_init_dbm0(NULL, 4711, (float)(weaker - as->snr)) : NULL;
	int right = 0, any;

	keys_reset(&keys, on_key, NULL);
	for (int i = 0; i < 1200; i++) {
		told_count = 0;
		press(as, i % 12, noise);
		right += told_count == 1 && told[0] == codes[i % 12];
		any = (int)told_count;
		if (!as->taken)
			right -= any > 1;
	}
	if (noise)
		awgn_free(noise);
	printf("line_keys: %-44s %4d of 1200\n", as->name, right);
	/* At the very edge of the frequencies the receiver misses some: a figure, and a limit to hold it. */
	CHECK(as->taken ? right >= (as->offset != 0 ? 1140 : 1188) : right <= 2);
}

static void receiver(void)
{
	static const struct condition conditions[] = {
		{ "nominal, -9 dBm0", -9, 2, 0, 70, 99, true },
		{ "-25 dBm0", -25, 0, 0, 70, 99, true },
		{ "-25 dBm0, 20 dB above noise", -25, 0, 0, 70, 20, true },
		{ "20 dB above noise, 40 ms", -13, 0, 0, 40, 20, true },
		{ "40 ms", -13, 0, 0, 40, 99, true },
		{ "high tone 5 dB louder", -16, 5, 0, 70, 99, true },
		{ "low tone 7 dB louder", -10, -7, 0, 70, 99, true },
		{ "frequencies 1.5 % high", -13, 0, 0.015, 70, 99, true },
		{ "frequencies 1.5 % low", -13, 0, -0.015, 70, 99, true },
		{ "refused: 20 ms", -13, 0, 0, 20, 99, false },
		{ "refused: frequencies 3.5 % high", -13, 0, 0.035, 70, 99, false },
		{ "refused: frequencies 3.5 % low", -13, 0, -0.035, 70, 99, false },
		{ "refused: -50 dBm0", -50, 0, 0, 70, 99, false },
		{ "refused: twist +12 dB", -20, 12, 0, 70, 99, false },
		{ "refused: twist -10 dB", -8, -10, 0, 70, 99, false },
	};

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		under(&conditions[i]);
}

/* A resonance of the vocal tract. */
struct formant {
	double a, b, y1, y2;
};

static void tune(struct formant *formant, double hertz, double width)
{
	double r = exp(-M_PI * width / TN_RATE);

	formant->a = 2 * r * cos(2 * M_PI * hertz / TN_RATE);
	formant->b = -r * r;
}

static double resonate(struct formant *formant, double x)
{
	double y = x + formant->a * formant->y1 + formant->b * formant->y2;

	formant->y2 = formant->y1;
	formant->y1 = y;
	return y;
}

static double between(double low, double high)
{
	return low + (high - low) * rand() / RAND_MAX;
}

/* Half an hour of syllables: a voice of gliding pitch through gliding formants, hisses, and pauses. */
static void talk_off(void)
{
	struct formant formant[3] = { { 0 } };
	int16_t audio[TN_FRAME];
	double phase = 0, pitch = 120, glide = 0, voiced = 1, loud = 1, mean = 1;

	keys_reset(&keys, on_key, NULL);
	told_count = 0;
	srand(1);
	for (int frame = 0; frame < 30 * 60 * 50; frame++) {
		if (frame % 8 == 0) { /* a new sound each 160 ms */
			pitch = between(85, 280);
			glide = between(-0.15, 0.15);
			voiced = rand() % 4;
			loud = rand() % 5 ? pow(10, between(-1, 0)) : 0;
			tune(&formant[0], between(250, 950), 60);
			tune(&formant[1], between(900, 2300), 80);
			tune(&formant[2], between(2200, 3200), 120);
		}
		for (int i = 0; i < TN_FRAME; i++) {
			double source, sample = 0;

			phase += (pitch += glide / 8) / TN_RATE;
			source = phase >= 1 ? 1 : 0;
			phase -= phase >= 1;
			if (voiced == 0)
				source = between(-0.1, 0.1);
			for (int k = 0; k < 3; k++)
				sample += resonate(&formant[k], source) / (k + 1);
			mean += (sample * sample - mean) * 1e-4;
			/* −15 dBm0 on average while it speaks, as active speech on a line is */
			audio[i] = level_clip((float)(sample * loud / sqrt(mean + 1e-6) * 3500));
		}
		keys_hear(&keys, audio, TN_FRAME, false);
	}
	printf("line_keys: speech taken for a key in 30 minutes: %zu\n", told_count);
	CHECK(told_count <= 10); /* Bellcore's tapes hold an hour's worth of trials each; a good receiver has some ten hits */
}

int main(void)
{
	CHECK_INT(keys_open(&keys), 0);
	receiver();
	talk_off();
	keys_close(&keys);
	return check_summary("line_keys");
}

/* Codecs: what goes in comes out, also over the wire to baresip; and what the E-model makes of a call. */
#include "voice_baresip.h"
#include "voice/codec.h"
#include "voice/quality.h"

#include <re.h>

#define FRAMES 50

static void fill(int16_t *frame, int number)
{
	for (int i = 0; i < TN_FRAME; i++) {
		double t = (number * TN_FRAME + i) / 8000.0;

		frame[i] = (int16_t)(6000 * sin(2 * M_PI * 440 * t) + 3000 * sin(2 * M_PI * 1330 * t));
	}
}

/* Ratio of the sound to what a codec makes of it, decibels; its delay is found by trying. */
static double signal_to_noise(uint32_t kind, size_t bytes)
{
	static int16_t in[FRAMES * TN_FRAME], out[FRAMES * TN_FRAME];
	struct codec *codec = codec_alloc();
	uint8_t payload[TN_FRAME];
	double best = 0;

	for (int i = 0; i < FRAMES; i++) {
		fill(in + i * TN_FRAME, i);
		CHECK_INT(codec_encode(codec, kind, in + i * TN_FRAME, payload), bytes);
		CHECK_INT(codec_decode(codec, kind, payload, bytes, out + i * TN_FRAME, TN_FRAME), TN_FRAME);
	}
	for (int delay = 0; delay < 40; delay++) {
		double signal = 0, noise = 0;

		for (int i = TN_FRAME; i < FRAMES * TN_FRAME - 40; i++) {
			double error = out[i + delay] - in[i];

			signal += (double)in[i] * in[i];
			noise += error * error;
		}
		best = fmax(best, 10 * log10(signal / noise));
	}
	mem_deref(codec);
	return best;
}

static void keeps_the_sound(void)
{
	CHECK(signal_to_noise(TN_CODEC_PCMA, 160) > 30);
	CHECK(signal_to_noise(TN_CODEC_PCMU, 160) > 30);
	CHECK(signal_to_noise(TN_CODEC_G722, 160) > 15);
	CHECK(signal_to_noise(TN_CODEC_G726_32, 80) > 20);
}

static void takes_odd_payloads(void)
{
	struct codec *codec = codec_alloc();
	uint8_t payload[4000];
	int16_t samples[320];

	for (unsigned i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 73);
	for (uint32_t kind = TN_CODEC_PCMA; kind < CODEC_COUNT; kind++)
		for (size_t length = 0; length < sizeof(payload); length += 331)
			CHECK(codec_decode(codec, kind, payload, length, samples, 320) <= 320);
	mem_deref(codec);
}

static void judges_calls(void)
{
	struct quality quality = quality_of(TN_CODEC_PCMA, 50, 0, 1000);

	CHECK_INT(quality.r_factor, 93);
	CHECK_INT(quality.mos, 441);
	/* G.107 (3-27): Idd is 3.0 at 200 ms and 24.1 at 400 ms. */
	CHECK_NEAR(93.2 - quality_of(TN_CODEC_PCMA, 200, 0, 1000).r_factor, 3.0, 0.6);
	CHECK_NEAR(93.2 - quality_of(TN_CODEC_PCMA, 400, 0, 1000).r_factor, 24.1, 0.6);
	CHECK_NEAR(quality_of(TN_CODEC_PCMA, 50, 100, 1000).r_factor, 93.2 - 95 * 10 / 35.1, 1);
	CHECK_INT(quality_of(TN_CODEC_G726_32, 50, 0, 1000).r_factor, 86);
	quality = quality_of(TN_CODEC_PCMA, 5000, 5000, 1000);
	CHECK_INT(quality.r_factor, 0);
	CHECK_INT(quality.mos, 100);
	CHECK_INT(quality_of(TN_CODEC_PCMA, 50, 0, 0).mos, 441);
}

/* baresip plays 800 Hz: it is heard for as long as we listen. */
static void speaks(const char *theirs, uint32_t ours, const char *name)
{
	struct tn_account account;
	pid_t far = baresip_start("", theirs);
	const char *event = "";
	long level;
	char heard[2048];
	int32_t call = 0;

	rig_account(&account, "unused");
	strcpy(account.domain, "127.0.0.1");
	account.codecs[0] = ours;
	account.codecs[1] = TN_CODEC_PCMA;
	CHECK_INT(tn_account(0, &account), 0);
	usleep(1000000);
	call = tn_call_dial(0, "bob");
	event = rig_wait("\"state\":\"established\"", NULL, 10000);
	if (!CHECK(strstr(event, name)))
		printf("  %s", event);
	tn_sim_hook(0, 1);
	tn_sim_speak(0, 1004, 0, -100);
	usleep(500000);
	tn_sim_forget(0);
	usleep(1000000);
	CHECK(tn_sim_heard(0, heard, sizeof(heard)) > 0);
	CHECK(rig_number(heard, "activeMs") > 300);
	/* -9.1 dBm0 were sent. */
	level = rig_number(strstr(heard, "\"audio\""), "level");
	if (!CHECK(level > -130 && level < -70))
		printf("%s %s\n", name, heard);
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	event = rig_wait("\"state\":\"ended\"", name, 2000);
	/* A busy machine loses some of it. */
	CHECK(rig_number(event, "mos") >= 100);
	CHECK(rig_number(event, "rxPackets") > 20);
	CHECK(rig_number(event, "delayMs") >= 40);
	tn_sim_hook(0, 0);
	baresip_stop(far);
}

int main(void)
{
	keeps_the_sound();
	takes_odd_payloads();
	judges_calls();
	if (!baresip_make_folder() || !CHECK(rig_open_engine() == 0))
		return check_summary("voice_codecs");
	speaks(";audio_codecs=g726-32/8000/1", TN_CODEC_G726_32, "G726-32");
	speaks(";audio_codecs=g722/16000/1", TN_CODEC_G722, "G722");
	speaks(";audio_codecs=pcmu/8000/1,pcma/8000/1", TN_CODEC_G722, "PCMA");
	rig_close();
	baresip_tidy();
	return check_summary("voice_codecs");
}

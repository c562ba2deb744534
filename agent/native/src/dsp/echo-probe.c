#include "echo-probe.h"

#include "goertzel.h"
#include "level.h"

#include <string.h>

#define TONE_HZ 1004
#define TONE_TENTHS (-160)
#define TONE_MS 400
#define PAUSE_MS 600
#define FRAMES_OF(ms) ((ms) * TN_RATE / 1000 / TN_FRAME)
#define PERIOD FRAMES_OF(TONE_MS + PAUSE_MS)
#define FAINTEST_TENTHS (-450)
#define TONAL 0.6                      /* of a frame's energy: speech and noise have less of it at one frequency */

void echo_probe_start(struct echo_probe *probe)
{
	struct tn_tone tone = { .size = sizeof(tone), .segments = 2 };

	tone.segment[0].frequency[0] = TONE_HZ;
	tone.segment[0].level[0] = TONE_TENTHS;
	tone.segment[0].duration_ms = TONE_MS;
	tone.segment[1].duration_ms = PAUSE_MS;
	memset(probe, 0, sizeof(*probe));
	tone_start(&probe->player, &tone);
	probe->on = true;
}

void echo_probe_send(struct echo_probe *probe, int16_t *audio)
{
	memset(audio, 0, TN_FRAME * sizeof(*audio));
	(void)tone_mix(&probe->player, audio, TN_FRAME);
	probe->frame++;
}

void echo_probe_hear(struct echo_probe *probe, const int16_t *audio)
{
	double all = audio ? frame_energy(audio) : 0;
	bool sounding = audio && goertzel_energy(audio, TONE_HZ) > TONAL * all && level_of(all) > FAINTEST_TENTHS;
	uint32_t burst = probe->frame / PERIOD;

	/* Each burst counts once, whatever a gap makes of its echo. */
	if (sounding && !probe->sounding && probe->frame && probe->answered != burst + 1) {
		probe->answered = burst + 1;
		probe->heard++;
		probe->delay_frames += probe->frame % PERIOD;
	}
	probe->sounding = sounding;
}

uint32_t echo_probe_sent(const struct echo_probe *probe)
{
	/* The last one counts once it had its second to come back. */
	return probe->answered > probe->frame / PERIOD ? probe->answered : probe->frame / PERIOD;
}

uint32_t echo_probe_delay_ms(const struct echo_probe *probe)
{
	return probe->heard ? probe->delay_frames * TN_FRAME * 1000 / TN_RATE / probe->heard : 0;
}

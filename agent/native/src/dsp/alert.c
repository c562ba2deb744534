#include "dsp/alert.h"
#include "dsp/level.h"

#define LOW_HZ 2130
#define HIGH_HZ 2750
#define SENT_LEVEL (-150)    /* tenths of dBm0, each tone */
#define WEAKEST_LEVEL (-400)
#define SHARE_MIN 0.8        /* of the energy: speech and music have more besides */
#define SHORTEST_MS 60
#define LONGEST_MS 130
#define FRAME_MS (TN_FRAME * 1000 / TN_RATE)

void alert_start(struct tone_player *player, uint32_t ms)
{
	struct tn_tone tone = {
		.size = sizeof(tone), .segments = 1, .repeat = 1,
		.segment = { { .frequency = { LOW_HZ, HIGH_HZ }, .level = { SENT_LEVEL, SENT_LEVEL }, .duration_ms = ms } },
	};

	tone_start(player, &tone);
}

/* Mean square of the part of a frame that lies at one frequency (Goertzel). */
static double energy_at(const int16_t *audio, double hertz)
{
	double coefficient = 2.0 * cos(2.0 * M_PI * hertz / TN_RATE), s1 = 0, s2 = 0;

	for (int i = 0; i < TN_FRAME; i++) {
		double s = audio[i] + coefficient * s1 - s2;

		s2 = s1;
		s1 = s;
	}
	return 2.0 * (s1 * s1 + s2 * s2 - coefficient * s1 * s2) / TN_FRAME / TN_FRAME;
}

static bool both(const int16_t *audio)
{
	double low = energy_at(audio, LOW_HZ), high = energy_at(audio, HIGH_HZ), total = 0;

	for (int i = 0; i < TN_FRAME; i++)
		total += (double)audio[i] * audio[i] / TN_FRAME;
	return low > (double)level_mean_square(WEAKEST_LEVEL) && high > (double)level_mean_square(WEAKEST_LEVEL) &&
	       low + high > SHARE_MIN * total;
}

bool alert_heard(struct alert_detector *detector, const int16_t *audio)
{
	uint32_t lasted = detector->sounding_ms;

	if (both(audio)) {
		detector->sounding_ms += FRAME_MS;
		return false;
	}
	detector->sounding_ms = 0;
	return lasted >= SHORTEST_MS && lasted <= LONGEST_MS;
}

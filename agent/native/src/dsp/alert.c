#include "dsp/alert.h"
#include "dsp/goertzel.h"
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

static bool both(const int16_t *audio)
{
	double low = goertzel_energy(audio, LOW_HZ), high = goertzel_energy(audio, HIGH_HZ);

	return low > (double)level_mean_square(WEAKEST_LEVEL) && high > (double)level_mean_square(WEAKEST_LEVEL) &&
	       low + high > SHARE_MIN * frame_energy(audio);
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

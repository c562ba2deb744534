#include "quality.h"

#include "codec.h"

#include <math.h>

#define R_BEST 93.2               /* G.107 §7.7 with all defaults, without delay and loss */
#define DELAY_FREE_MS 100.0

/* Idd of G.107 (3-27, 3-28): what delay alone costs. */
static double delay_impairment(double delay_ms)
{
	double x;

	if (delay_ms <= DELAY_FREE_MS)
		return 0;
	x = log2(delay_ms / DELAY_FREE_MS);
	return 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
}

/* Ie-eff (G.107 (3-29)), losses taken as random. */
static double equipment_impairment(const struct codec_facts *codec, double loss_percent)
{
	return codec->impairment + (95 - codec->impairment) * loss_percent / (loss_percent + codec->robustness);
}

struct quality quality_of(uint32_t codec, uint32_t delay_ms, uint32_t lost, uint32_t expected)
{
	double loss = expected ? 100.0 * (lost < expected ? lost : expected) / expected : 0;
	double r = R_BEST - delay_impairment(delay_ms) - equipment_impairment(codec_facts(codec), loss);
	double mos;

	if (r < 0)
		r = 0;
	/* G.107 annex B; the polynomial is below 1 for a small R. */
	mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
	if (mos < 1)
		mos = 1;
	return (struct quality){ .r_factor = (unsigned)lround(r), .mos = (unsigned)lround(100 * mos) };
}

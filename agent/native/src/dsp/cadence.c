#include "dsp/cadence.h"

#include <string.h>

#define CONTINUOUS_MS 3000 /* no supervisory tone sounds longer within its cadence (the longest is 2.4 s) */
#define TOLERANCE_MS 25    /* or 5 %: runs taken for the same */

void cadence_clear(struct cadence *cadence)
{
	cadence->count = 0;
}

void cadence_push(struct cadence *cadence, bool sound, uint32_t ms)
{
	if (sound != (cadence->count % 2 == 0)) {
		cadence_clear(cadence); /* a run is missing: the history does not hang together */
		if (!sound)
			return;
	}
	if (sound && ms >= CONTINUOUS_MS) {
		cadence_clear(cadence);
		return;
	}
	if (cadence->count == CADENCE_RUNS) {
		cadence->count -= 2;
		memmove(cadence->run_ms, cadence->run_ms + 2, cadence->count * sizeof(cadence->run_ms[0]));
	}
	cadence->run_ms[cadence->count++] = ms;
}

static bool same(uint32_t a, uint32_t b)
{
	uint32_t apart = a > b ? a - b : b - a, larger = a > b ? a : b;

	return apart <= TOLERANCE_MS || apart <= larger / 20;
}

static bool periodic(const struct cadence *cadence, unsigned from, unsigned period)
{
	for (unsigned i = from; i + period < cadence->count; i++)
		if (!same(cadence->run_ms[i], cadence->run_ms[i + period]))
			return false;
	return true;
}

unsigned cadence_pattern(const struct cadence *cadence, uint32_t pattern[CADENCE_PATTERN])
{
	unsigned period = 0, from = 0;

	/* Two full turns at the end are the best evidence: whatever came before may have been another tone. */
	for (unsigned p = 2; p <= CADENCE_PATTERN && 2 * p <= cadence->count && !period; p += 2)
		if (periodic(cadence, cadence->count - 2 * p, p)) {
			period = p;
			from = (cadence->count - 2 * p + 1) & ~1u; /* a pattern begins with sound */
			while (from >= 2 && periodic(cadence, from - 2, p))
				from -= 2;
		}
	/* Else the last sound with its silence: most cadences are just that. */
	if (!period && cadence->count >= 2) {
		from = (cadence->count & ~1u) - 2;
		pattern[0] = cadence->run_ms[from];
		pattern[1] = cadence->run_ms[from + 1];
		return 2;
	}
	for (unsigned k = 0; k < period; k++) {
		uint64_t sum = 0;
		unsigned seen = 0;

		for (unsigned i = from + k; i < cadence->count; i += period) {
			sum += cadence->run_ms[i];
			seen++;
		}
		pattern[k] = (uint32_t)((sum + seen / 2) / seen);
	}
	return period;
}

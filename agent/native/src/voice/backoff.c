#include "backoff.h"

#define FIRST_S 4
#define BASE_S 30
#define REFUSED_BASE_S 300
#define MAX_S 1800

uint32_t backoff_ms(unsigned failures, bool refused, uint16_t random)
{
	uint32_t bound_s = refused ? REFUSED_BASE_S : BASE_S;
	unsigned doublings = failures > 0 ? failures - 1 : 0;

	if (!refused && failures <= 1) {
		bound_s = FIRST_S;
	} else {
		if (!refused)
			doublings--;
		bound_s = doublings >= 6 ? MAX_S : bound_s << doublings;
		if (bound_s > MAX_S)
			bound_s = MAX_S;
	}
	return bound_s * 500 + (uint32_t)((uint64_t)bound_s * 500 * random / UINT16_MAX);
}

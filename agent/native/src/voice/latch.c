#include "latch.h"

#include "../engine.h"

#define SILENCE_US 2000000        /* a far end that went silent so long may have moved */

void latch_open(struct latch *latch, const struct sa *negotiated)
{
	latch->negotiated = *negotiated;
	latch->latched = false;
}

bool latch_admits(const struct latch *latch, const struct sa *source)
{
	return !latch->latched || sa_cmp(source, &latch->source, SA_ALL) || sa_cmp(source, &latch->negotiated, SA_ALL) ||
	       tn_monotonic_us() - latch->heard_us > SILENCE_US;
}

void latch_confirm(struct latch *latch, const struct sa *source)
{
	latch->source = *source;
	latch->latched = true;
	latch->heard_us = tn_monotonic_us();
}

const struct sa *latch_peer(const struct latch *latch)
{
	return latch->latched ? &latch->source : &latch->negotiated;
}

#include "latch.h"

#include "../engine.h"

#define SILENCE_US 1000000

void latch_open(struct latch *latch, const struct sa *negotiated)
{
	latch->negotiated = latch->source = *negotiated;
	latch->heard_us = tn_monotonic_us();
}

bool latch_admits(const struct latch *latch, const struct sa *source)
{
	return sa_cmp(source, &latch->source, SA_ALL) || sa_cmp(source, &latch->negotiated, SA_ALL) ||
	       tn_monotonic_us() - latch->heard_us > SILENCE_US;
}

void latch_confirm(struct latch *latch, const struct sa *source)
{
	latch->source = *source;
	latch->heard_us = tn_monotonic_us();
}

const struct sa *latch_peer(const struct latch *latch)
{
	return &latch->source;
}

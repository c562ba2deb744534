/* Symmetric RTP (RFC 4961) with care: which source is the far end, where to send to. The address that was negotiated always
 * counts; another one takes its place only after a second of silence, so that a stranger who guesses the port can neither
 * be heard nor draw our sound to himself. */
#ifndef TN_VOICE_LATCH_H
#define TN_VOICE_LATCH_H

#include <re.h>
#include <stdbool.h>

struct latch {
	struct sa negotiated, source;
	uint64_t heard_us;             /* monotonic time of the last packet from `source`, or of the beginning */
};

void latch_open(struct latch *latch, const struct sa *negotiated);
/* Whether a packet may come from `source`: the present one, the negotiated one, or anyone while nobody is heard. */
bool latch_admits(const struct latch *latch, const struct sa *source);
/* A valid packet came from an admitted source. */
void latch_confirm(struct latch *latch, const struct sa *source);
/* Where to send. */
const struct sa *latch_peer(const struct latch *latch);

#endif

/* How losses are spread over a call (RFC 3611 §4.7.2): a burst is heard, one lost packet here and there is concealed. Pure. */
#ifndef TN_VOICE_BURST_H
#define TN_VOICE_BURST_H

#include <stdbool.h>
#include <stdint.h>

#define BURST_GMIN 16             /* packets that have to come between two losses that are no burst */

struct burst {
	bool started;
	uint16_t newest;               /* sequence number */
	uint32_t heard;                /* bit i: packet newest - i was played */
	uint32_t age;                  /* packets since the beginning, at most what is judged later */
	uint32_t since;                /* packets played since the last loss */
	uint32_t run, run_lost;        /* packets from the first loss that may be a burst to the last, those lost; 0: none */
	uint32_t packets, lost;        /* judged so far */
	uint32_t bursts, burst_packets, burst_lost;
};

/* A packet came; `in_time`: it is played. It may be out of order by some packets. */
void burst_take(struct burst *burst, uint16_t sequence, bool in_time);
/* All that came counts as judged; for a copy, when the call goes on. */
void burst_settle(struct burst *burst);

#endif

/* How a call sounded, by the E-model (ITU-T G.107) with its defaults for everything that a box cannot know. Pure. */
#ifndef TN_VOICE_QUALITY_H
#define TN_VOICE_QUALITY_H

#include <stdint.h>

struct quality {
	unsigned r_factor;             /* 0 … 93 */
	unsigned mos;                  /* conversational quality, hundredths: 100 … 441 */
};

/* `delay_ms` mouth to ear, one way; `lost` of `expected` packets never were played; codec is an enum tn_codec. */
struct quality quality_of(uint32_t codec, uint32_t delay_ms, uint32_t lost, uint32_t expected);

#endif

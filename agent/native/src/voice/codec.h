/* The codecs of a call: 8 kHz samples to payloads of RTP and back, 20 ms a packet. One of each direction belongs to a stream. */
#ifndef TN_VOICE_CODEC_H
#define TN_VOICE_CODEC_H

#include "../engine.h"

#include <stdbool.h>

#define CODEC_COUNT (TN_CODEC_G726_32 + 1)

/* What SDP and the E-model say of a codec. */
struct codec_facts {
	const char *name;              /* encoding name (RFC 3551 §6), "" for TN_CODEC_NONE */
	const char *payload;           /* static payload type, or the one we offer */
	int fixed;                     /* static payload type, -1: dynamic */
	bool stateful;                 /* a packet out of order would spoil the next ones */
	unsigned impairment;           /* Ie (ITU-T G.113 appendix I) */
	double robustness;             /* Bpl, with our concealment */
};

struct codec;

const struct codec_facts *codec_facts(uint32_t codec);
/* NULL without memory. Freed with mem_deref. */
struct codec *codec_alloc(void);
/* Encodes one frame; bytes written, at most TN_FRAME. */
size_t codec_encode(struct codec *codec, uint32_t kind, const int16_t samples[TN_FRAME], uint8_t *payload);
/* Decodes a payload into at most `capacity` samples; their count. A new `kind` starts anew. */
unsigned codec_decode(struct codec *codec, uint32_t kind, const uint8_t *payload, size_t length, int16_t *samples,
		      unsigned capacity);

#endif

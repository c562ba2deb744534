#include "codec.h"

#include <re.h>
#include <spandsp.h>
#include <string.h>

struct codec {
	uint32_t sending, receiving;   /* kinds that the states below belong to */
	g722_encode_state_t *g722_out;
	g722_decode_state_t *g722_in;
	g726_state_t *g726_out, *g726_in;
};

/* G.711: appendix I of G.113, with a concealment after G.711 appendix I. For the others no Bpl is published: that of G.711
 * without concealment, the cautious one. */
static const struct codec_facts facts[CODEC_COUNT] = {
	[TN_CODEC_NONE] = { "", "", -1, false, 0, 4.3 },
	[TN_CODEC_PCMA] = { "PCMA", "8", 8, false, 0, 25.1 },
	[TN_CODEC_PCMU] = { "PCMU", "0", 0, false, 0, 25.1 },
	[TN_CODEC_G722] = { "G722", "9", 9, true, 0, 4.3 },
	[TN_CODEC_G726_32] = { "G726-32", "99", -1, true, 7, 4.3 },
};

const struct codec_facts *codec_facts(uint32_t codec)
{
	return &facts[codec < CODEC_COUNT ? codec : TN_CODEC_NONE];
}

static void codec_free(void *argument)
{
	struct codec *codec = argument;

	if (codec->g722_out)
		g722_encode_free(codec->g722_out);
	if (codec->g722_in)
		g722_decode_free(codec->g722_in);
	if (codec->g726_out)
		g726_free(codec->g726_out);
	if (codec->g726_in)
		g726_free(codec->g726_in);
}

struct codec *codec_alloc(void)
{
	return mem_zalloc(sizeof(struct codec), codec_free);
}

/* The line has 8 kHz: of G.722's two bands the lower one is ours. */
static void begin_sending(struct codec *codec, uint32_t kind)
{
	codec->sending = kind;
	if (kind == TN_CODEC_G722)
		codec->g722_out = g722_encode_init(codec->g722_out, 64000, G722_SAMPLE_RATE_8000);
	else if (kind == TN_CODEC_G726_32)
		codec->g726_out = g726_init(codec->g726_out, 32000, G726_ENCODING_LINEAR, G726_PACKING_NONE);
}

static void begin_receiving(struct codec *codec, uint32_t kind)
{
	codec->receiving = kind;
	if (kind == TN_CODEC_G722)
		codec->g722_in = g722_decode_init(codec->g722_in, 64000, G722_SAMPLE_RATE_8000);
	else if (kind == TN_CODEC_G726_32)
		codec->g726_in = g726_init(codec->g726_in, 32000, G726_ENCODING_LINEAR, G726_PACKING_NONE);
}

/* RFC 3551 §4.5.4: the first code in the low half of the byte. */
static size_t encode_g726(struct codec *codec, const int16_t *samples, uint8_t *payload)
{
	uint8_t codes[TN_FRAME];

	(void)g726_encode(codec->g726_out, codes, samples, TN_FRAME);
	for (int i = 0; i < TN_FRAME / 2; i++)
		payload[i] = (uint8_t)((codes[2 * i] & 0x0f) | (codes[2 * i + 1] << 4));
	return TN_FRAME / 2;
}

size_t codec_encode(struct codec *codec, uint32_t kind, const int16_t samples[TN_FRAME], uint8_t *payload)
{
	if (codec->sending != kind)
		begin_sending(codec, kind);
	if (kind == TN_CODEC_G722 && codec->g722_out)
		return (size_t)g722_encode(codec->g722_out, payload, samples, TN_FRAME);
	if (kind == TN_CODEC_G726_32 && codec->g726_out)
		return encode_g726(codec, samples, payload);
	for (int i = 0; i < TN_FRAME; i++)
		payload[i] = kind == TN_CODEC_PCMU ? linear_to_ulaw(samples[i]) : linear_to_alaw(samples[i]);
	return TN_FRAME;
}

static unsigned decode_g726(struct codec *codec, const uint8_t *payload, unsigned length, int16_t *samples)
{
	for (unsigned i = 0; i < length; i++) {
		uint8_t codes[2] = { payload[i] & 0x0f, payload[i] >> 4 };

		(void)g726_decode(codec->g726_in, samples + 2 * i, codes, 2);
	}
	return 2 * length;
}

unsigned codec_decode(struct codec *codec, uint32_t kind, const uint8_t *payload, size_t length, int16_t *samples,
		      unsigned capacity)
{
	unsigned count = length > capacity ? capacity : (unsigned)length;

	if (codec->receiving != kind)
		begin_receiving(codec, kind);
	if (kind == TN_CODEC_G722)
		return codec->g722_in ? (unsigned)g722_decode(codec->g722_in, samples, payload, (int)count) : 0;
	if (kind == TN_CODEC_G726_32)
		return codec->g726_in ? decode_g726(codec, payload, length > capacity / 2 ? capacity / 2 : (unsigned)length,
						    samples)
				      : 0;
	for (unsigned i = 0; i < count; i++)
		samples[i] = kind == TN_CODEC_PCMU ? ulaw_to_linear(payload[i]) : alaw_to_linear(payload[i]);
	return count;
}

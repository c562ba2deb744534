/* SRTP and SRTCP (RFC 3711) of a stream, below libre's RTP: what it sends is sealed, what it receives was opened and is
 * authentic. While there are keys, nothing passes in the clear. */
#include "stream-state.h"

#include <errno.h>
#include <string.h>

#define GUARD_LAYER 10            /* above the latch: only packets of the far end are worth deciphering */

static bool seal(int *err, struct sa *peer, struct mbuf *packet, void *argument)
{
	struct stream *stream = argument;

	(void)peer;
	*err = stream->cipher_out ? srtp_encrypt(stream->cipher_out, packet) : 0;
	return *err != 0;
}

static bool seal_report(int *err, struct sa *peer, struct mbuf *packet, void *argument)
{
	struct stream *stream = argument;

	(void)peer;
	*err = stream->cipher_out ? srtcp_encrypt(stream->cipher_out, packet) : 0;
	return *err != 0;
}

/* True: forged, replayed or in the clear; it goes no further. */
static bool is_forged(struct sa *source, struct mbuf *packet, void *argument)
{
	struct stream *stream = argument;

	(void)source;
	return stream->cipher_in && srtp_decrypt(stream->cipher_in, packet);
}

static bool is_forged_report(struct sa *source, struct mbuf *packet, void *argument)
{
	struct stream *stream = argument;

	(void)source;
	return stream->cipher_in && srtcp_decrypt(stream->cipher_in, packet);
}

int stream_guard(struct stream *stream)
{
	int err = udp_register_helper(NULL, rtp_sock(stream->rtp), GUARD_LAYER, seal, is_forged, stream);

	return err ? err
		   : udp_register_helper(NULL, rtcp_sock(stream->rtp), GUARD_LAYER, seal_report, is_forged_report, stream);
}

/* An unchanged key keeps its context: its packet counter must never start again (RFC 3711 §9.1). */
static int take_key(struct srtp **cipher, bool was_secure, const struct stream_terms *before, const struct stream_terms *now,
		    const uint8_t *key_before, const uint8_t *key_now)
{
	struct srtp *made = NULL;
	int err = 0;

	if (now->secure && was_secure && before->suite == now->suite && !memcmp(key_before, key_now, SDES_KEY))
		return 0;
	if (now->secure)
		err = srtp_alloc(&made, now->suite, key_now, SDES_KEY, 0);
	if (err)
		return err;
	mem_deref(*cipher);
	*cipher = made;
	return 0;
}

int stream_take_keys(struct stream *stream, const struct stream_terms *terms)
{
	const struct stream_terms *before = &stream->terms;
	int err = take_key(&stream->cipher_out, before->secure && stream->cipher_out, before, terms, before->key_out,
			   terms->key_out);

	return err ? err
		   : take_key(&stream->cipher_in, before->secure && stream->cipher_in, before, terms, before->key_in,
			      terms->key_in);
}

/* A packet at the sound's ports: RTP through codec, jitter buffer and events (first byte 0), or RTCP (anything else). */
#include "voice/codec.h"
#include "voice/jitter.h"
#include "voice/telephone-event.h"
#include "voice/voip-metrics.h"

#include <re.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void receive_sound(struct mbuf *buffer)
{
	static struct jitter jitter;
	static struct codec *codec;
	static struct telephone_event_receiver events;
	int16_t samples[JITTER_PACKET_MAX], frame[TN_FRAME];
	struct rtp_header header;

	if (!codec) {
		codec = codec_alloc();
		jitter_open(&jitter, 20, 120);
	}
	if (rtp_hdr_decode(&header, buffer))
		return;
	(void)telephone_event_receive(&events, header.ts, mbuf_buf(buffer), mbuf_get_left(buffer));
	for (uint32_t kind = TN_CODEC_PCMA; kind < CODEC_COUNT; kind++)
		jitter_put(&jitter, header.ts, samples,
			   codec_decode(codec, kind, mbuf_buf(buffer), mbuf_get_left(buffer), samples, JITTER_PACKET_MAX));
	(void)jitter_get(&jitter, frame);
	jitter_comfort(&jitter, header.ts, mbuf_buf(buffer), mbuf_get_left(buffer));
	(void)jitter_get(&jitter, frame);
}

static void receive_report(struct mbuf *buffer)
{
	struct rtcp_msg *message = NULL;
	struct voip_metrics metrics;

	(void)voip_metrics_read(&metrics, 0x11223344u, mbuf_buf(buffer), mbuf_get_left(buffer));
	while (mbuf_get_left(buffer) >= 4 && !rtcp_decode(&message, buffer))
		message = mem_deref(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mbuf *buffer;

	if (!size)
		return 0;
	buffer = mbuf_alloc(size);
	(void)mbuf_write_mem(buffer, data + 1, size - 1);
	buffer->pos = 0;
	if (data[0])
		receive_report(buffer);
	else
		receive_sound(buffer);
	mem_deref(buffer);
	return 0;
}

/* What comes at the port of a T.38 session: a description of it (first byte 0), or datagrams (anything else), each with its length
 * in two octets before it, through UDPTL, spandsp's gateway and the modems. */
#include "voice/fax-relay.h"
#include "voice/t30-watch.h"

#include <string.h>

#define DATAGRAMS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct t30_watch watch;

static void on_datagram(void *argument, const uint8_t *datagram, size_t length)
{
	(void)argument;
	(void)datagram;
	(void)length;
}

static void on_frame(void *argument, const uint8_t *frame, size_t length)
{
	(void)argument;
	(void)t30_watch_frame(&watch, frame, length, 0);
}

static void read_description(const char *text, size_t size)
{
	struct t38_description description;
	struct mbuf *buffer = mbuf_alloc(size + 1), *out = mbuf_alloc(256);
	struct pl session;

	(void)mbuf_write_mem(buffer, (const uint8_t *)text, size);
	buffer->pos = 0;
	t38_sdp_session(buffer, &session);
	if (!t38_sdp_read(text, size, &description))
		(void)t38_sdp_write(out, &session, &description.layout, 4000, &description.terms);
	t38_sdp_strip(buffer);
	mem_deref(buffer);
	mem_deref(out);
}

static void receive(const uint8_t *data, size_t size)
{
	struct fax_relay_setup setup = { .low_depth = 1, .high_depth = 1, .send = on_datagram, .frame = on_frame,
					 .terms = { .max_rate = 14400, .max_datagram = 400 } };
	struct fax_relay *relay = fax_relay_alloc(&setup);
	int16_t sound[TN_FRAME], silence[TN_FRAME] = { 0 };

	watch = (struct t30_watch){ .began = false };
	for (int i = 0; i < DATAGRAMS_MAX && size >= 2; i++) {
		size_t length = (size_t)(data[0] << 8 | data[1]);

		length = length < size - 2 ? length : size - 2;
		fax_relay_receive(relay, data + 2, length);
		fax_relay_speak(relay, sound);
		fax_relay_hear(relay, silence);
		data += 2 + length;
		size -= 2 + length;
	}
	mem_deref(relay);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0])
		receive(data + 1, size - 1);
	else
		read_description((const char *)data + 1, size - 1);
	return 0;
}

/* The pure parts of facsimile: UDPTL packets, the image line of a description, frames of T.30. */
#include "check.h"
#include "voice/t30-watch.h"
#include "voice/t38-sdp.h"
#include "voice/udptl.h"

#include <errno.h>
#include <stdlib.h>

static struct {
	char text[512];
} heard;

static void on_message(void *argument, uint16_t sequence, const uint8_t *data, size_t length)
{
	size_t at = strlen(heard.text);

	(void)argument;
	snprintf(heard.text + at, sizeof(heard.text) - at, "%u:%.*s ", sequence, (int)length, (const char *)data);
}

static const char *hears(struct udptl_receiver *receiver, const void *packet, size_t length)
{
	uint8_t *exact = malloc(length ? length : 1);

	heard.text[0] = '\0';
	memcpy(exact, packet, length);
	udptl_receive(receiver, exact, length, on_message, NULL);
	free(exact);
	return heard.text;
}

#define HEARS(receiver, literal) hears(receiver, literal, sizeof(literal) - 1)

/* The octets of T.38 §9.1, written by hand. */
static void reads_and_writes_packets(void)
{
	static const uint8_t wanted[] = { 0x00, 0x02, 0x01, 'c', 0x00, 0x02, 0x01, 'b', 0x01, 'a' };
	struct udptl_sender sender = { .limit = UDPTL_DATAGRAM_MAX };
	uint8_t datagram[UDPTL_DATAGRAM_MAX], big[200] = { 'x' };
	struct udptl_packet packet;
	size_t length;

	CHECK_INT(udptl_send(&sender, (const uint8_t *)"a", 1, 3, datagram), 6);
	CHECK_INT(udptl_send(&sender, (const uint8_t *)"b", 1, 3, datagram), 8);
	CHECK(udptl_send(&sender, (const uint8_t *)"c", 1, 3, datagram) == sizeof(wanted));
	CHECK(!memcmp(datagram, wanted, sizeof(wanted)));
	length = udptl_send(&sender, big, sizeof(big), 1, datagram);
	CHECK_INT(length, 2 + 2 + 200 + 2 + 2);
	CHECK(datagram[2] == 0x80 && datagram[3] == 200);
	CHECK(udptl_decode(datagram, length, &packet));
	CHECK_INT(packet.sequence, 3);
	CHECK_INT(packet.primary.length, 200);
	CHECK_INT(packet.count, 1);
	/* What the far end has no room for is left out. */
	sender.limit = 210;
	CHECK_INT(udptl_send(&sender, (const uint8_t *)"d", 1, 3, datagram), 2 + 2 + 2 + 202 + 2);
	CHECK_INT(udptl_send(&sender, big, UDPTL_DATAGRAM_MAX, 0, datagram), 0);
}

static void mends_by_repetition(void)
{
	struct udptl_receiver receiver = { .started = false };

	CHECK_TEXT(HEARS(&receiver, "\0\0\1a\0\0"), "0:a ");
	CHECK_TEXT(HEARS(&receiver, "\0\0\1a\0\0"), "");
	CHECK_TEXT(HEARS(&receiver, "\0\3\1d\0\2\1c\1b"), "1:b 2:c 3:d ");
	CHECK_TEXT(HEARS(&receiver, "\0\2\1c\0\1\1b"), "");
	CHECK_TEXT(HEARS(&receiver, "\0\6\1g\0\1\1f"), "5:f 6:g ");
	CHECK_INT(receiver.repaired, 3);
	CHECK_INT(receiver.lost, 1);
	/* The count goes round. */
	receiver = (struct udptl_receiver){ .started = true, .expected = 0xffff };
	CHECK_TEXT(HEARS(&receiver, "\0\0\1b\0\1\1a"), "65535:a 0:b ");
	/* The first packet may already mend. */
	receiver = (struct udptl_receiver){ .started = false };
	CHECK_TEXT(HEARS(&receiver, "\0\1\1b\0\3\1a\1z\1y"), "0:a 1:b ");
}

static void mends_by_parity(void)
{
	struct udptl_sender sender = { .limit = UDPTL_DATAGRAM_MAX, .parity = true };
	struct udptl_receiver receiver = { .started = false };
	uint8_t datagram[UDPTL_DATAGRAM_MAX];
	unsigned delivered = 0;

	for (unsigned i = 0; i < 40; i++) {
		char text[8];
		size_t length = (size_t)snprintf(text, sizeof(text), "m%u", i);
		size_t size = udptl_send(&sender, (const uint8_t *)text, length, 3, datagram);

		/* Three in a row are as many as there are parities. */
		if (i >= 20 && i < 23)
			continue;
		for (const char *at = hears(&receiver, datagram, size); (at = strchr(at, 'm')); at++)
			delivered++;
		if (i == 23)
			CHECK_TEXT(heard.text, "20:m20 21:m21 22:m22 23:m23 ");
	}
	CHECK_INT(delivered, 40);
	CHECK_INT(receiver.repaired, 3);
	CHECK_INT(receiver.lost, 0);
}

/* What comes at the port must neither hurt nor stop what the far end sends. */
static void survives_what_is_no_packet(void)
{
	struct udptl_receiver receiver = { .started = false };
	uint8_t rtp[172] = { 0x80, 0x08, 0x12, 0x34 }, big[UDPTL_DATAGRAM_MAX + 1] = { 0 };

	CHECK_TEXT(HEARS(&receiver, "\0\0\1a\0\0"), "0:a ");
	CHECK_TEXT(HEARS(&receiver, ""), "");
	CHECK_TEXT(HEARS(&receiver, "\0"), "");
	CHECK_TEXT(HEARS(&receiver, "\0\1"), "");
	CHECK_TEXT(HEARS(&receiver, "\0\1\5abc"), "");
	CHECK_TEXT(HEARS(&receiver, "\0\1\0\0\0"), "");
	CHECK_TEXT(HEARS(&receiver, "\0\1\1b\0\2\1a"), "");
	CHECK_TEXT(HEARS(&receiver, "\0\1\xff""b\0\0"), "");
	CHECK_TEXT(HEARS(&receiver, "\0\1\1b\x80\1\377\1\1a"), "1:b ");
	CHECK_TEXT(hears(&receiver, big, sizeof(big)), "");
	/* The call's sound that is still under way. */
	for (int i = 0; i < 10; i++)
		CHECK_TEXT(hears(&receiver, rtp, sizeof(rtp)), "");
	/* A single wild number changes nothing; a far end that began anew is followed. */
	CHECK_TEXT(HEARS(&receiver, "\x55\x55\1z\0\0"), "");
	CHECK_TEXT(HEARS(&receiver, "\0\2\1c\0\0"), "2:c ");
	CHECK_TEXT(HEARS(&receiver, "\x66\1\1x\0\0"), "");
	CHECK_TEXT(HEARS(&receiver, "\x66\2\1y\0\0"), "");
	CHECK_TEXT(HEARS(&receiver, "\x66\3\1z\0\0"), "26115:z ");
	CHECK_TEXT(HEARS(&receiver, "\x66\4\1a\0\0"), "26116:a ");
}

static void reads(int expected, const char *text, struct t38_description *description)
{
	if (!CHECK(t38_sdp_read(text, strlen(text), description) == expected))
		printf("%s", text);
}

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static void reads_descriptions(void)
{
	struct t38_description got;

	reads(0, HEAD "m=image 4006 udptl t38\r\na=T38FaxVersion:3\r\na=T38MaxBitRate:9600\r\na=T38FaxFillBitRemoval\r\n"
			     "a=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxBuffer:260\r\na=T38FaxMaxDatagram:316\r\n"
			     "a=T38FaxUdpEC:t38UDPFEC\r\n", &got);
	CHECK(got.terms.version == 3 && got.terms.max_rate == 9600 && got.terms.max_datagram == 316);
	CHECK(!got.terms.local_tcf && got.terms.recovery == T38_RECOVERY_PARITY);
	CHECK(got.layout.count == 1 && got.layout.image == 0);
	CHECK_INT(sa_port(&got.peer), 4006);
	/* Its own address, other case, another line first. */
	reads(0, HEAD "m=audio 0 RTP/AVP 8\r\nm=image 4006 UDPTL T38\r\nc=IN IP4 192.0.2.9\r\n"
			     "a=T38FaxRateManagement:localTCF\r\n", &got);
	CHECK(got.terms.local_tcf && got.terms.max_rate == 14400 && got.terms.recovery == T38_RECOVERY_NONE);
	CHECK(got.layout.count == 2 && got.layout.image == 1);
	CHECK_TEXT(got.layout.refused[0], "m=audio 0 RTP/AVP 8");
	CHECK(got.peer.u.in.sin_addr.s_addr == htonl(0xc0000209));
	/* Sound, a refused image, sound with an image beside it. */
	reads(ENOENT, HEAD "m=audio 4000 RTP/AVP 8\r\n", &got);
	reads(ENOENT, HEAD "m=image 0 udptl t38\r\n", &got);
	reads(ENOENT, HEAD "m=audio 4000 RTP/AVP 8\r\nm=image 4006 udptl t38\r\n", &got);
	reads(ENOENT, HEAD "m=image 4006 tcp t38\r\n", &got);
	reads(EBADMSG, "v=0\r\nm=image 4006 udptl t38\r\n", &got);
	reads(ENOENT, HEAD "m=image 70000 udptl t38\r\n", &got);
	reads(EBADMSG, HEAD "m=nonsense\r\nm=image 4006 udptl t38\r\n", &got);
	reads(EBADMSG, HEAD "m=a 0 b c\nm=a 0 b c\nm=a 0 b c\nm=a 0 b c\nm=image 4006 udptl t38\n", &got);
	reads(ENOENT, "", &got);
}

static void writes_descriptions(void)
{
	static const struct t38_terms terms = { .max_rate = 9600, .recovery = T38_RECOVERY_REDUNDANCY };
	struct t38_layout layout = { .count = 2, .image = 1, .refused = { "m=audio 0 RTP/AVP 8" } };
	struct mbuf *whole = mbuf_alloc(64), *out = mbuf_alloc(64);
	struct t38_description got;
	struct pl session;

	mbuf_write_str(whole, HEAD "m=audio 4000 RTP/AVP 8\r\na=ptime:20\r\nm=image 0 udptl t38\r\na=x\r\nm=video 0 RTP/AVP 96\r\n");
	mbuf_set_pos(whole, 0);
	t38_sdp_session(whole, &session);
	CHECK_INT(t38_sdp_write(out, &session, &layout, 4006, &terms), 0);
	mbuf_set_pos(out, 0);
	mbuf_write_u8(whole, 0);
	mbuf_set_pos(whole, 0);
	CHECK_INT(t38_sdp_read((const char *)out->buf, out->end, &got), 0);
	CHECK(got.terms.max_rate == 9600 && got.terms.recovery == T38_RECOVERY_REDUNDANCY && got.terms.max_datagram == T38_DATAGRAM);
	CHECK(got.layout.count == 2 && got.layout.image == 1);
	CHECK(t38_sdp_has_image((const char *)whole->buf, whole->end));
	t38_sdp_strip(whole);
	CHECK(!t38_sdp_has_image((const char *)whole->buf, whole->end));
	CHECK(memmem(whole->buf, whole->end, "m=video", 7));
	mem_deref(whole);
	mem_deref(out);
}

static enum t30_note sees(struct t30_watch *watch, const char *frame, size_t length, uint64_t now_ms)
{
	return t30_watch_frame(watch, (const uint8_t *)frame, length, now_ms);
}

static void watches_frames(void)
{
	struct t30_watch watch = { .began = false };

	CHECK_INT(sees(&watch, "\xff\x13", 2, 0), T30_NOTE_NONE);
	CHECK_INT(sees(&watch, "\x00\x13\x80", 3, 0), T30_NOTE_NONE);
	CHECK_INT(sees(&watch, "\xff\x13\x80\x00\xce\xb8", 6, 0), T30_NOTE_BEGAN);
	CHECK_INT(sees(&watch, "\xff\x13\x83\x00\x0c\xf8\x04", 7, 1000), T30_NOTE_NONE);
	CHECK(watch.rate == 7200 && watch.ecm);
	CHECK_INT(sees(&watch, "\xff\x13\xbf\x4f", 4, 9000), T30_NOTE_NONE);
	CHECK_INT(sees(&watch, "\xff\x13\x8c", 3, 10000), T30_NOTE_PAGE);
	CHECK(watch.more && !t30_watch_complete(&watch));
	CHECK_INT(sees(&watch, "\xff\x13\x8c", 3, 10100), T30_NOTE_NONE);
	/* A part of a page. */
	CHECK_INT(sees(&watch, "\xff\x13\xbf\x00", 4, 20000), T30_NOTE_NONE);
	CHECK_INT(sees(&watch, "\xff\x13\x8c", 3, 21000), T30_NOTE_NONE);
	CHECK_INT(sees(&watch, "\xff\x13\x2f", 3, 30000), T30_NOTE_NONE);
	CHECK_INT(sees(&watch, "\xff\x13\x4c", 3, 31000), T30_NOTE_NONE);
	CHECK_INT(sees(&watch, "\xff\x13\x2f", 3, 40000), T30_NOTE_NONE);
	CHECK_INT(sees(&watch, "\xff\x13\x8c", 3, 41000), T30_NOTE_PAGE);
	CHECK(watch.pages == 2 && t30_watch_complete(&watch));
	CHECK_INT(sees(&watch, "\xff\x13\xfb", 3, 42000), T30_NOTE_OVER);
	CHECK_INT(sees(&watch, "\xff\x13\xfb", 3, 42000), T30_NOTE_NONE);
}

int main(void)
{
	reads_and_writes_packets();
	mends_by_repetition();
	mends_by_parity();
	survives_what_is_no_packet();
	reads_descriptions();
	writes_descriptions();
	watches_frames();
	return check_summary("fax_parts");
}

/* For tests: the state and the SIP of a far end with a fax machine. A registrar that lets anybody in. */
#ifndef TN_TEST_FAX_FAR_SIP_H
#define TN_TEST_FAX_FAR_SIP_H

#include "fax_page.h"
#include "voice/udptl.h"
#include "voice_rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <spandsp/expose.h>

enum fax_far_way { FAX_FAR_TAKES, FAX_FAR_OFFERS, FAX_FAR_REFUSES, FAX_FAR_IGNORES };

static struct {
	pthread_t thread;
	int sip, media;
	atomic_bool stop, rejected;
	atomic_int answered;           /* T.38 offers of the box that were answered with 200 */
	enum fax_far_way way;          /* what it does about T.38 */
	bool sends;                    /* its machine has the pages */
	unsigned loss;                 /* each such packet of T.38 is lost, both ways; 0: none */
	const char *path;
	atomic_int result;             /* of its machine; -1: none yet */
	struct sockaddr_in box, box_media;
	char from[300], to[300], call_id[300], contact[300];
	bool up, imaging;
	int steps;
	uint16_t sequence;
	unsigned counted;
	fax_state_t *machine;
	t38_terminal_state_t *terminal;
	struct udptl_sender sender;
	struct udptl_receiver receiver;
} far_fax;

static void fax_far_on_end(t30_state_t *t30, void *argument, int result)
{
	(void)t30;
	(void)argument;
	atomic_store(&far_fax.result, result);
}

static void fax_far_prepare(t30_state_t *t30)
{
	t30_set_phase_e_handler(t30, fax_far_on_end, NULL);
	t30_set_ecm_capability(t30, TRUE);
	t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION |
						    T30_SUPPORT_T6_COMPRESSION);
	t30_set_supported_modems(t30, T30_SUPPORT_V27TER | T30_SUPPORT_V29 | T30_SUPPORT_V17);
	if (far_fax.sends)
		t30_set_tx_file(t30, far_fax.path, -1, -1);
	else
		t30_set_rx_file(t30, far_fax.path, -1);
}

static bool fax_far_loses(void)
{
	return far_fax.loss && ++far_fax.counted % far_fax.loss == 0;
}

static int fax_far_send(t38_core_state_t *core, void *argument, const uint8_t *data, int length, int count)
{
	uint8_t datagram[UDPTL_DATAGRAM_MAX];
	size_t size = udptl_send(&far_fax.sender, data, (size_t)length, 2, datagram);

	(void)core;
	(void)argument;
	for (int i = 0; i < (count & 0xff); i++)
		if (!fax_far_loses())
			(void)!sendto(far_fax.media, datagram, size, 0, (struct sockaddr *)&far_fax.box_media,
				      sizeof(far_fax.box_media));
	return 0;
}

static void fax_far_deliver(void *argument, uint16_t sequence, const uint8_t *data, size_t length)
{
	(void)argument;
	(void)t38_core_rx_ifp_packet(t38_terminal_get_t38_core_state(far_fax.terminal), data, (int)length, sequence);
}

/* ---- SIP ---- */

static const char *fax_far_header(const char *message, const char *name, char *value, size_t capacity)
{
	char start[64];
	const char *found;

	snprintf(start, sizeof(start), "\r\n%s:", name);
	found = strcasestr(message, start);
	found = found ? found + strlen(start) : "";
	found += strspn(found, " ");
	snprintf(value, capacity, "%.*s", (int)strcspn(found, "\r\n"), found);
	return value;
}

static void fax_far_put(const char *message)
{
	(void)!sendto(far_fax.sip, message, strlen(message), 0, (struct sockaddr *)&far_fax.box, sizeof(far_fax.box));
}

static const char *fax_far_description(bool image)
{
	static char text[400];
	static unsigned version;
	struct sockaddr_in own;
	socklen_t size = sizeof(own);

	getsockname(far_fax.media, (struct sockaddr *)&own, &size);
	snprintf(text, sizeof(text), "v=0\r\no=- 7 %u IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=%s %u %s\r\n",
		 ++version, image ? "image" : "audio", ntohs(own.sin_port),
		 image ? "udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\na=T38FaxRateManagement:transferredTCF\r\n"
			 "a=T38FaxMaxDatagram:1400\r\na=T38FaxUdpEC:t38UDPRedundancy"
		       : "RTP/AVP 8");
	return text;
}

static void fax_far_switch(const char *message)
{
	const char *image = strstr(message, "m=image "), *media = image ? image : strstr(message, "m=audio ");

	if (!media)
		return;
	far_fax.box_media = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(media + 8)),
						  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (image && !far_fax.terminal) {
		far_fax.terminal = t38_terminal_init(NULL, far_fax.sends, fax_far_send, NULL);
		fax_far_prepare(t38_terminal_get_t30_state(far_fax.terminal));
	}
	far_fax.imaging = image != NULL;
}

static void fax_far_reply(const char *request, const char *status, const char *body)
{
	char reply[4096], via[512], from[300], to[300], call_id[300], number[64], contact[300], own[64];

	snprintf(own, sizeof(own), "<sip:far@127.0.0.1:%u>", RIG_FAR_PORT);
	fax_far_header(request, "To", to, sizeof(to));
	snprintf(reply, sizeof(reply),
		 "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
		 status, fax_far_header(request, "Via", via, sizeof(via)), fax_far_header(request, "From", from, sizeof(from)), to,
		 strstr(to, "tag=") ? "" : ";tag=far", fax_far_header(request, "Call-ID", call_id, sizeof(call_id)),
		 fax_far_header(request, "CSeq", number, sizeof(number)),
		 strncmp(request, "REGISTER", 8) ? own : fax_far_header(request, "Contact", contact, sizeof(contact)),
		 *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	fax_far_put(reply);
}

static void fax_far_request(const char *method, const char *body)
{
	char request[4096], uri[300];

	snprintf(uri, sizeof(uri), "%.*s", (int)strcspn(far_fax.contact + 1, ">"), far_fax.contact + 1);
	snprintf(request, sizeof(request),
		 "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKfar%s%d\r\nFrom: %s%s\r\nTo: %s\r\nCall-ID: %s\r\n"
		 "CSeq: 1 %s\r\nContact: <sip:far@127.0.0.1:%u>\r\nMax-Forwards: 70\r\n%sContent-Length: %zu\r\n\r\n%s",
		 method, uri, RIG_FAR_PORT, method, far_fax.steps, far_fax.to, strstr(far_fax.to, "tag=") ? "" : ";tag=far",
		 far_fax.from, far_fax.call_id, method, RIG_FAR_PORT, *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	fax_far_put(request);
}

static void fax_far_invited(const char *request)
{
	bool image = strstr(request, "m=image ");

	if (image && far_fax.way == FAX_FAR_REFUSES) {
		atomic_store(&far_fax.rejected, true);
		fax_far_reply(request, "488 Not Acceptable Here", "");
		return;
	}
	if (image && far_fax.way == FAX_FAR_IGNORES) {
		/* An answer that refuses the image line itself (RFC 3264 §6). */
		atomic_store(&far_fax.rejected, true);
		fax_far_reply(request, "200 OK", "v=0\r\no=- 7 99 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=image 0 udptl t38\r\n");
		return;
	}
	fax_far_header(request, "From", far_fax.from, sizeof(far_fax.from));
	fax_far_header(request, "To", far_fax.to, sizeof(far_fax.to));
	fax_far_header(request, "Call-ID", far_fax.call_id, sizeof(far_fax.call_id));
	fax_far_header(request, "Contact", far_fax.contact, sizeof(far_fax.contact));
	atomic_fetch_add(&far_fax.answered, image);
	fax_far_switch(request);
	far_fax.up = true;
	fax_far_reply(request, "200 OK", fax_far_description(image));
}

static void fax_far_take_sip(void)
{
	static char text[8192];
	socklen_t size = sizeof(far_fax.box);
	ssize_t count = recvfrom(far_fax.sip, text, sizeof(text) - 1, MSG_DONTWAIT, (struct sockaddr *)&far_fax.box, &size);

	if (count <= 0)
		return;
	text[count] = '\0';
	if (!strncmp(text, "SIP/2.0 200", 11) && strstr(text, "m=")) {
		fax_far_request("ACK", "");
		fax_far_switch(text);
	} else if (!strncmp(text, "INVITE", 6)) {
		fax_far_invited(text);
	} else if (!strncmp(text, "BYE", 3)) {
		far_fax.up = false;
		fax_far_reply(text, "200 OK", "");
	} else if (strncmp(text, "SIP", 3) && strncmp(text, "ACK", 3)) {
		fax_far_reply(text, "200 OK", "");
	}
}

#endif

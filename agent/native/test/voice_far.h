/* For tests of the voice room: a far end that says exactly what a test tells it to, over UDP on loopback. */
#ifndef TN_TEST_VOICE_FAR_H
#define TN_TEST_VOICE_FAR_H

#include "sip_text.h"

#include <stdarg.h>

#define FAR_PATIENCE_MS 15000
#define FAR_MESSAGE 8192

struct far {
	int fd;
	struct sockaddr_in box;        /* where the last message came from */
	char message[FAR_MESSAGE];     /* the last one that was waited for */
	char known[128];               /* method and branch of its request, to know its repetitions by */
	unsigned number;               /* of what it sends */
};

static inline bool far_open(struct far *far, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	memset(far, 0, sizeof(*far));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	far->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return CHECK(far->fd >= 0 && !bind(far->fd, (struct sockaddr *)&address, sizeof(address)));
}

static inline void far_close(struct far *far)
{
	close(far->fd);
}

/* Waits for a message that begins with a word ("INVITE ", "SIP/2.0 200") and is no repetition of the last one waited for;
 * others are passed over. "" when none comes in time. */
static inline const char *far_wait(struct far *far, const char *word, int timeout_ms)
{
	uint64_t until = tn_monotonic_us() + (uint64_t)timeout_ms * 1000;

	while (tn_monotonic_us() < until) {
		struct pollfd poll_fd = { far->fd, POLLIN, 0 };
		socklen_t length = sizeof(far->box);
		char text[FAR_MESSAGE];
		char known[sizeof(far->known)];
		bool is_request;
		ssize_t count;

		if (poll(&poll_fd, 1, 50) <= 0)
			continue;
		count = recvfrom(far->fd, text, sizeof(text) - 1, 0, (struct sockaddr *)&far->box, &length);
		if (count <= 0)
			continue;
		text[count] = '\0';
		is_request = strncmp(text, "SIP/2.0", 7) != 0;
		snprintf(known, sizeof(known), "%.*s%s", (int)strcspn(text, " "), text, sip_parameter(sip_header(text, "Via"), "branch="));
		if (strncmp(text, word, strlen(word)) || (is_request && !strcmp(known, far->known)))
			continue;
		if (is_request)
			strcpy(far->known, known);
		memcpy(far->message, text, (size_t)count + 1);
		return far->message;
	}
	return "";
}

static inline const char *far_expect(struct far *far, const char *word)
{
	const char *message = far_wait(far, word, FAR_PATIENCE_MS);

	if (!CHECK(*message))
		printf("the far end waited for %s in vain\n", word);
	return message;
}

static inline void far_send(struct far *far, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void far_send(struct far *far, const char *format, ...)
{
	char text[FAR_MESSAGE];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	CHECK(sendto(far->fd, text, (size_t)length, 0, (struct sockaddr *)&far->box, sizeof(far->box)) == length);
}

/* Answers a request: `tag` is put behind To when it has none; `more` are whole header lines. */
static inline void far_answer(struct far *far, const char *request, const char *status, const char *tag, const char *more,
			      const char *body)
{
	char text[FAR_MESSAGE], lines[FAR_MESSAGE / 2];

	snprintf(lines, sizeof(lines), "%sContent-Length: %zu\r\n\r\n%s", more, strlen(body), body);
	sip_write_answer(text, sizeof(text), request, status, tag, lines);
	far_send(far, "%s", text);
}

/* A request to the box, within the dialog that the box's request `opened` and this far end's `tag` made. */
static inline void far_request_in(struct far *far, const char *method, const char *opened, const char *tag, const char *more,
				  const char *body)
{
	const char *from = sip_header(opened, "From");

	far->number++;
	far_send(far,
		 "%s sip:alice@127.0.0.1:%u SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKfar%u\r\nMax-Forwards: 70\r\n"
		 "From: <sip:far@tonalite.test>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
		 "Contact: <sip:far@127.0.0.1:%u>\r\n%sContent-Length: %zu\r\n\r\n%s",
		 method, RIG_BOX_PORT, RIG_FAR_PORT, far->number, tag, from, sip_header(opened, "Call-ID"), far->number, method,
		 RIG_FAR_PORT, more, strlen(body), body);
}

/* An offer or an answer of PCMA at a port of the far end. */
static inline const char *far_sound(uint16_t port)
{
	static char texts[4][256];
	static unsigned next;
	char *text = texts[next++ % 4];

	snprintf(text, sizeof(texts[0]),
		 "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %u RTP/AVP 8\r\n"
		 "a=rtpmap:8 PCMA/8000\r\n",
		 port);
	return text;
}

#define FAR_SDP "Content-Type: application/sdp\r\n"

/* INVITE, or its ACK, from `who` outside of the other dialogs; `tag` is the box's, "" before its answer. */
static inline void far_call(struct far *far, const char *method, const char *who, const char *tag, const char *more, const char *body)
{
	far_send(far,
		 "%s sip:alice@127.0.0.1:%u SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s%s%u\r\nMax-Forwards: 70\r\n"
		 "From: <sip:%s@tonalite.test>;tag=tag-of-%s\r\nTo: <sip:alice@tonalite.test>%s%s\r\nCall-ID: %s@far\r\n"
		 "CSeq: 1 %s\r\nContact: <sip:%s@127.0.0.1:%u>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		 method, RIG_BOX_PORT, RIG_FAR_PORT, who, method, ++far->number, who, who, *tag ? ";tag=" : "", tag, who, method, who,
		 RIG_FAR_PORT, more, *body ? FAR_SDP : "", strlen(body), body);
}

/* Lets the box register. */
static inline void far_registers(struct far *far)
{
	char contact[256];
	const char *request = far_expect(far, "REGISTER ");

	snprintf(contact, sizeof(contact), "Contact: %s\r\n", sip_header(request, "Contact"));
	far_answer(far, request, "200 OK", "registrar", contact, "");
}

#endif

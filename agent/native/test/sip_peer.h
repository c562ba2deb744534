/* A far end that the test plays by hand, message by message over UDP: what sipp cannot do, cross and lose messages at will. */
#ifndef TN_TEST_SIP_PEER_H
#define TN_TEST_SIP_PEER_H

#include "sip_text.h"

#include <stdarg.h>

#define PEER_KEPT 128
#define PEER_MESSAGE 4096
#define PEER_TAG "far"

/* A message from the box; "" once a wait has taken it. */
struct peer_message {
	char text[PEER_MESSAGE];
	uint64_t at_us;
};

static struct {
	int fd;
	struct peer_message kept[PEER_KEPT];
	unsigned count;                /* of all that came: the oldest are overwritten */
	int sequence;                  /* makes branches and Call-IDs */
	const char *refusal;           /* of REGISTER, as "503 …"; NULL: granted */
} peer;

static inline void peer_open(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	peer.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK_INT(bind(peer.fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static inline void peer_say(const char *text)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(RIG_BOX_PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	CHECK(sendto(peer.fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to)) > 0);
}

/* Answers a request of the box; `lines` are whole header lines, or lines and a body after an empty one. */
static inline void peer_answer(const char *request, const char *status, const char *tag, const char *lines)
{
	static char text[PEER_MESSAGE];

	sip_write_answer(text, sizeof(text), request, status, tag, *lines ? lines : "Content-Length: 0\r\n\r\n");
	peer_say(text);
}

static inline void peer_register(const char *request)
{
	char granted[1200];

	snprintf(granted, sizeof(granted), "Contact: %s\r\nContent-Length: 0\r\n\r\n", sip_header(request, "Contact"));
	peer_answer(request, peer.refusal ? peer.refusal : "200 OK", PEER_TAG, peer.refusal ? "" : granted);
}

/* Takes in what came; REGISTER is answered at once. */
static inline void peer_read(int timeout_ms)
{
	struct pollfd poll_fd = { peer.fd, POLLIN, 0 };

	while (poll(&poll_fd, 1, timeout_ms) > 0) {
		struct peer_message *message = &peer.kept[peer.count % PEER_KEPT];
		ssize_t length = recv(peer.fd, message->text, PEER_MESSAGE - 1, 0);

		timeout_ms = 0;
		if (length < 20)
			continue;
		message->text[length] = '\0';
		message->at_us = tn_monotonic_us();
		if (!strncmp(message->text, "REGISTER ", 9)) {
			peer_register(message->text);
			continue;
		}
		peer.count++;
	}
}

static inline struct peer_message *peer_find(const char *begin, const char *contains)
{
	unsigned first = peer.count > PEER_KEPT ? peer.count - PEER_KEPT : 0;

	for (unsigned i = first; i < peer.count; i++) {
		struct peer_message *message = &peer.kept[i % PEER_KEPT];

		if (!strncmp(message->text, begin, strlen(begin)) && strstr(message->text, contains))
			return message;
	}
	return NULL;
}

/* Waits for a message that begins so and contains a text, and takes it; "" when none comes. */
static inline const char *peer_wait(const char *begin, const char *contains, int timeout_ms)
{
	static char taken[4][PEER_MESSAGE];
	static unsigned turn;
	uint64_t until = tn_monotonic_us() + (uint64_t)timeout_ms * 1000;
	struct peer_message *message;

	while (!(message = peer_find(begin, contains)) && tn_monotonic_us() < until)
		peer_read(20);
	if (!message) {
		printf("no message \"%s…\" with \"%s\"\n", begin, contains);
		return "";
	}
	memcpy(taken[turn % 4], message->text, PEER_MESSAGE);
	message->text[0] = '\0';
	return taken[turn++ % 4];
}

/* A dialog as the far end sees it. */
struct peer_dialog {
	char call_id[256], local[512], remote[512], uri[256];
	int sequence;                  /* of the last request it sent */
};

static inline void peer_copy(char *to, size_t capacity, const char *text)
{
	snprintf(to, capacity, "%s", text);
}

/* The dialog that the far end's answer with `tag` makes of the box's INVITE. */
static inline void peer_accepts(struct peer_dialog *dialog, const char *invite, const char *tag)
{
	const char *contact = strchr(sip_header(invite, "Contact"), '<');

	snprintf(dialog->local, sizeof(dialog->local), "%s;tag=%s", sip_header(invite, "To"), tag);
	peer_copy(dialog->remote, sizeof(dialog->remote), sip_header(invite, "From"));
	peer_copy(dialog->call_id, sizeof(dialog->call_id), sip_header(invite, "Call-ID"));
	snprintf(dialog->uri, sizeof(dialog->uri), "%.*s", contact ? (int)strcspn(contact + 1, ">") : 0, contact ? contact + 1 : "");
	dialog->sequence = 0;
}

/* The far end's own call to a user of the box, before its first answer. */
static inline void peer_begins(struct peer_dialog *dialog, const char *user)
{
	snprintf(dialog->local, sizeof(dialog->local), "<sip:0972000000@tonalite.test>;tag=" PEER_TAG);
	snprintf(dialog->remote, sizeof(dialog->remote), "<sip:%s@tonalite.test>", user);
	snprintf(dialog->call_id, sizeof(dialog->call_id), "peer-%d-%d", getpid(), ++peer.sequence);
	snprintf(dialog->uri, sizeof(dialog->uri), "sip:%s@127.0.0.1:%u", user, RIG_BOX_PORT);
	dialog->sequence = 0;
}

static inline void peer_send(struct peer_dialog *dialog, const char *method, int sequence, const char *suffix, const char *lines)
{
	static char text[PEER_MESSAGE];

	snprintf(text, sizeof(text),
		 "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK-%s-%d%s;rport\r\nMax-Forwards: 70\r\nFrom: %s\r\n"
		 "To: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:far@127.0.0.1:%u>\r\n%s",
		 method, dialog->uri, RIG_FAR_PORT, dialog->call_id, sequence, suffix,
		 dialog->local, dialog->remote, dialog->call_id, sequence, method, RIG_FAR_PORT,
		 *lines ? lines : "Content-Length: 0\r\n\r\n");
	peer_say(text);
}

/* A request with the next number of the sequence. */
static inline void peer_request(struct peer_dialog *dialog, const char *method, const char *lines)
{
	peer_send(dialog, method, ++dialog->sequence, "", lines);
}

/* RFC 3261 §9.1, §17.1.1.3: CANCEL, and the ACK of a refusal, have the branch of their INVITE; the ACK of a 200 its own. */
static inline void peer_cancel(struct peer_dialog *dialog, int sequence)
{
	peer_send(dialog, "CANCEL", sequence, "", "");
}

static inline void peer_accept_refusal(struct peer_dialog *dialog, int sequence)
{
	peer_send(dialog, "ACK", sequence, "", "");
}

static inline void peer_confirm(struct peer_dialog *dialog, int sequence)
{
	peer_send(dialog, "ACK", sequence, "-ack", "");
}

/* A description with G.711, `way` as "sendrecv"; as lines for the functions above. */
static inline const char *peer_description(const char *way)
{
	static char lines[1024];
	char body[512];

	snprintf(body, sizeof(body),
		 "v=0\r\no=far 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %u RTP/AVP 8 101\r\n"
		 "a=rtpmap:101 telephone-event/8000\r\na=%s\r\n",
		 RIG_MEDIA_PORT, way);
	snprintf(lines, sizeof(lines), "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
	return lines;
}

/* How many such messages came and were not taken; they are taken now. */
static inline int peer_take_all(const char *begin, const char *contains)
{
	int count = 0;

	peer_read(20);
	for (struct peer_message *message; (message = peer_find(begin, contains)); count++)
		message->text[0] = '\0';
	return count;
}

#endif

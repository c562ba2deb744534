#include "far-end.h"

#include "engine.h"

#include <arpa/inet.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <spandsp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEP_US 20000
#define LOUD 2000
#define PEERS 2

static struct {
	pthread_t thread;
	int sip, rtp;
	uint16_t sip_port, rtp_port;
	atomic_bool stop, sounding;
	atomic_uint_fast64_t sounded, heard;
	struct sockaddr_in peers[PEERS]; /* media of the calls that are up; port 0: free */
	uint32_t timestamp;
	uint16_t sequence;
} far_end;

static int bind_loopback(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || getsockname(fd, (struct sockaddr *)&address, &size))
		abort();
	*port = ntohs(address.sin_port);
	return fd;
}

/* Copies the header lines of a name, each with its end. */
static size_t copy_headers(char *out, const char *message, const char *name)
{
	size_t length = 0;

	for (const char *line = message; (line = strstr(line, name)); line++) {
		const char *end = strstr(line, "\r\n");

		if (line[-1] != '\n' || !end)
			continue;
		memcpy(out + length, line, (size_t)(end + 2 - line));
		length += (size_t)(end + 2 - line);
	}
	out[length] = '\0';
	return length;
}

static void answer(const char *request, const struct sockaddr_in *peer)
{
	char reply[8192] = "SIP/2.0 200 OK\r\n", body[256] = "", to[512];
	const char *end;

	for (const char *const *name = (const char *const[]){ "Via:", "From:", "Call-ID:", "CSeq:", "Contact:", NULL }; *name; name++)
		if (strcmp(*name, "Contact:") || !strncmp(request, "REGISTER", 8))
			copy_headers(reply + strlen(reply), request, *name);
	copy_headers(to, request, "To:");
	end = strstr(to, "\r\n");
	snprintf(reply + strlen(reply), 600, "%.*s%s\r\n", end ? (int)(end - to) : 0, to, strstr(to, "tag=") ? "" : ";tag=far");
	if (!strncmp(request, "INVITE", 6))
		snprintf(body, sizeof(body),
			 "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %u RTP/AVP 8\r\n",
			 far_end.rtp_port);
	if (*body)
		snprintf(reply + strlen(reply), 128, "Contact: <sip:far@127.0.0.1:%u>\r\nContent-Type: application/sdp\r\n",
			 far_end.sip_port);
	snprintf(reply + strlen(reply), 400, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	(void)!sendto(far_end.sip, reply, strlen(reply), 0, (const struct sockaddr *)peer, sizeof(*peer));
}

static void take_call(const char *request)
{
	const char *media = strstr(request, "m=audio ");

	for (int i = 0; media && i < PEERS; i++)
		if (!far_end.peers[i].sin_port) {
			far_end.peers[i] = (struct sockaddr_in){ .sin_family = AF_INET,
								 .sin_port = htons((uint16_t)atoi(media + 8)),
								 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
			return;
		}
}

/* A re-sent request has the Via of the one before. */
static bool is_repeated(const char *request)
{
	static char last[256];
	const char *branch = strstr(request, "branch=");
	bool same = branch && !strncmp(branch, last, 30);

	if (branch)
		snprintf(last, sizeof(last), "%.200s", branch);
	return same;
}

static void take_sip(void)
{
	static char request[8192];
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	ssize_t count = recvfrom(far_end.sip, request, sizeof(request) - 1, 0, (struct sockaddr *)&peer, &size);

	if (count <= 0)
		return;
	request[count] = '\0';
	if (!strncmp(request, "ACK", 3) || !strncmp(request, "SIP/2.0", 7))
		return;
	if (!strncmp(request, "INVITE", 6) && !is_repeated(request))
		take_call(request);
	if (!strncmp(request, "BYE", 3) && !is_repeated(request))
		memset(far_end.peers, 0, sizeof(far_end.peers));
	answer(request, &peer);
}

static void take_rtp(void)
{
	uint8_t packet[2048];
	ssize_t count = recv(far_end.rtp, packet, sizeof(packet), 0);

	for (ssize_t i = 12; i < count; i++)
		if (abs(alaw_to_linear(packet[i])) > LOUD) {
			uint_fast64_t none = 0;

			atomic_compare_exchange_strong(&far_end.heard, &none, tn_monotonic_us());
			return;
		}
}

static void send_step(void)
{
	uint8_t packet[12 + TN_FRAME] = { 0x80, 8, (uint8_t)(far_end.sequence >> 8), (uint8_t)far_end.sequence };
	bool sounding = atomic_load(&far_end.sounding);

	for (int i = 0; i < 4; i++) {
		packet[4 + i] = (uint8_t)(far_end.timestamp >> (24 - 8 * i));
		packet[8 + i] = (uint8_t)(0x1234 >> (24 - 8 * i));
	}
	for (uint32_t i = 0; i < TN_FRAME; i++)
		packet[12 + i] = linear_to_alaw(
			sounding ? (int16_t)(8000 * sin(2 * M_PI * 1004 * (far_end.timestamp + i) / TN_RATE)) : 0);
	if (sounding && !atomic_load(&far_end.sounded))
		atomic_store(&far_end.sounded, tn_monotonic_us());
	for (int i = 0; i < PEERS; i++)
		if (far_end.peers[i].sin_port)
			(void)!sendto(far_end.rtp, packet, sizeof(packet), 0, (struct sockaddr *)&far_end.peers[i],
				      sizeof(far_end.peers[i]));
	far_end.sequence++;
	far_end.timestamp += TN_FRAME;
}

static void *run(void *argument)
{
	struct sched_param parameter = { .sched_priority = 30 };
	uint64_t next = tn_monotonic_us();

	(void)argument;
	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter);
	while (!atomic_load(&far_end.stop)) {
		struct pollfd fds[2] = { { far_end.sip, POLLIN, 0 }, { far_end.rtp, POLLIN, 0 } };
		int64_t left = (int64_t)(next - tn_monotonic_us());
		struct timespec wait = { 0, left > 0 ? left * 1000 : 0 };

		if (ppoll(fds, 2, &wait, NULL) > 0) {
			if (fds[0].revents)
				take_sip();
			if (fds[1].revents)
				take_rtp();
		}
		if (tn_monotonic_us() >= next) {
			send_step();
			next += STEP_US;
		}
	}
	return NULL;
}

uint16_t far_end_start(void)
{
	far_end.sip = bind_loopback(&far_end.sip_port);
	far_end.rtp = bind_loopback(&far_end.rtp_port);
	if (pthread_create(&far_end.thread, NULL, run, NULL))
		abort();
	return far_end.sip_port;
}

void far_end_stop(void)
{
	atomic_store(&far_end.stop, true);
	pthread_join(far_end.thread, NULL);
	close(far_end.sip);
	close(far_end.rtp);
}

void far_end_sound(bool on)
{
	atomic_store(&far_end.sounded, 0);
	atomic_store(&far_end.sounding, on);
}

uint64_t far_end_sounded(void)
{
	return atomic_load(&far_end.sounded);
}

void far_end_listen(void)
{
	atomic_store(&far_end.heard, 0);
}

uint64_t far_end_heard(void)
{
	return atomic_load(&far_end.heard);
}

#include "probe.h"
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* RFC 4330 §3 and §4: one packet each way, and how many seconds 1900 lies before 1970, 1970 before 2036. */
enum { NTP_PACKET = 48, ORIGINATE = 24, TRANSMIT = 40 };
/* A name may have many addresses, and the first one may be out. */
enum { ADDRESSES_MAX = 4 };
static const int64_t to_first_era = -2208988800, to_second_era = 2085978496;

/* Seconds since 1970, or -1 for what is no answer of a server that knows the time (RFC 4330 §5). */
static int64_t told(const uint8_t answer[NTP_PACKET], const uint8_t cookie[8])
{
	int unsynchronized = answer[0] >> 6 == 3, mode = answer[0] & 7, stratum = answer[1];
	if (mode != 4 || unsynchronized || stratum < 1 || stratum > 15 || memcmp(answer + ORIGINATE, cookie, 8) != 0)
		return -1;
	const uint8_t *at = answer + TRANSMIT;
	int64_t seconds = (int64_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
	return seconds == 0 ? -1 : seconds + (seconds >> 31 ? to_first_era : to_second_era);
}

static int64_t ask(const struct addrinfo *server, int64_t until)
{
	uint8_t packet[NTP_PACKET] = {0b00100011}, cookie[8]; /* version 4, client */
	if (getrandom(cookie, sizeof cookie, 0) != sizeof cookie)
		return -1;
	/* What the server sends back instead of our clock, which nobody need know (RFC 4330 §5). */
	memcpy(packet + TRANSMIT, cookie, sizeof cookie);
	int fd = socket(server->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int64_t seconds = -1;
	if (fd >= 0 && connect(fd, server->ai_addr, server->ai_addrlen) == 0 && send(fd, packet, sizeof packet, 0) == NTP_PACKET) {
		struct pollfd waiting = {.fd = fd, .events = POLLIN};
		for (int64_t left; seconds < 0 && (left = until - probe_now()) > 0;) {
			if (poll(&waiting, 1, (int)(left / 1000) + 1) > 0 && recv(fd, packet, sizeof packet, 0) < NTP_PACKET)
				break;
			if (waiting.revents)
				seconds = told(packet, cookie);
		}
	}
	if (fd >= 0)
		close(fd);
	return seconds;
}

int probe_clock(const char *host, const char *port, int timeout_ms)
{
	struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_DGRAM};
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return 1;
	int64_t seconds = -1;
	int tries = 0;
	for (const struct addrinfo *server = found; server && seconds < 0 && tries < ADDRESSES_MAX; server = server->ai_next, tries++)
		seconds = ask(server, probe_now() + (int64_t)timeout_ms * 1000);
	freeaddrinfo(found);
	if (seconds < 0)
		return 1;
	printf("%lld\n", (long long)seconds);
	return 0;
}

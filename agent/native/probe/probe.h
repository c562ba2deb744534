/* What the tests of tonalite-probe share. Times in microseconds on CLOCK_MONOTONIC. */
#ifndef TONALITE_PROBE_H
#define TONALITE_PROBE_H
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

enum { PROBE_TEXT_MAX = INET6_ADDRSTRLEN, PROBE_PAYLOAD_MAX = 65000 };

struct probe_order {
	struct sockaddr_storage to;
	socklen_t to_length;
	const char *interface; /* NULL: the route's */
	int count;             /* echo requests, or tries a hop */
	int timeout_ms;
	int size; /* bytes of payload */
	int dscp;
	int maximum_hops;
};

int64_t probe_now(void);
void probe_sleep(int64_t us);
void probe_address(const struct sockaddr *address, char text[static PROBE_TEXT_MAX]);
int probe_same_host(const struct sockaddr *a, const struct sockaddr *b);
/* Marks and binds a socket as ordered. 0, or an errno. */
int probe_prepare(int socket, const struct probe_order *order);
/* Says why nothing can be sent at all; the exit code of the program. */
int probe_failed(const char *what, int error);

/* Write one JSON object a line; return the exit code. */
int probe_ping(const struct probe_order *order);
int probe_trace(const struct probe_order *order);
/* Writes what time a server gives (SNTP, RFC 4330), in seconds since 1970, and sets nothing; 1 when none came.
 * The timeout is each address's, of four at most. */
int probe_clock(const char *host, const char *port, int timeout_ms);
#endif

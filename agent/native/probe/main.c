/*
 * tonalite-probe: ICMP echo and the route to a host, for the agent's diagnostics; the time a server gives, for root's
 * service that keeps the clock. A program of its own: it may block, it ends when it is killed, and the engine's process
 * holds no socket that it does not need. Needs no privilege where net.ipv4.ping_group_range lets this group send echoes;
 * the route never does (IP_RECVERR).
 */
#include "probe.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t probe_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void probe_sleep(int64_t us)
{
	struct timespec rest = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	while (us > 0 && nanosleep(&rest, &rest) && errno == EINTR)
		;
}

void probe_address(const struct sockaddr *address, char text[static PROBE_TEXT_MAX])
{
	const void *from = address->sa_family == AF_INET6
		? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
		: (const void *)&((const struct sockaddr_in *)address)->sin_addr;
	text[0] = '\0';
	inet_ntop(address->sa_family, from, text, PROBE_TEXT_MAX);
}

int probe_same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	char left[PROBE_TEXT_MAX], right[PROBE_TEXT_MAX];
	probe_address(a, left);
	probe_address(b, right);
	return strcmp(left, right) == 0;
}

int probe_prepare(int socket, const struct probe_order *order)
{
	int six = order->to.ss_family == AF_INET6;
	int class = order->dscp << 2, yes = 1;
	if (order->dscp && setsockopt(socket, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_TCLASS : IP_TOS, &class, sizeof class))
		return errno;
	if (setsockopt(socket, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVERR : IP_RECVERR, &yes, sizeof yes))
		return errno;
	if (order->interface &&
	    setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, order->interface, (socklen_t)strlen(order->interface)))
		return errno;
	return 0;
}

int probe_failed(const char *what, int error)
{
	int route = error == ENETUNREACH || error == EHOSTUNREACH || error == EADDRNOTAVAIL || error == ENETDOWN;
	printf("{\"failed\":\"%s\",\"what\":\"%s: %s\"}\n", route ? "no-route" : "internal", what, strerror(error));
	return 1;
}

static int number(const char *text, int least, int most, int *value)
{
	char *end;
	errno = 0;
	long found = strtol(text, &end, 10);
	if (errno || end == text || *end || found < least || found > most)
		return 0;
	*value = (int)found;
	return 1;
}

static int usage(void)
{
	fputs("usage: tonalite-probe ping|trace ADDRESS COUNT TIMEOUT_MS SIZE DSCP INTERFACE|- [MAXIMUM_HOPS]\n"
	      "       tonalite-probe clock HOST PORT TIMEOUT_MS\n",
	      stderr);
	return 64;
}

int main(int argc, char **argv)
{
	int port, timeout_ms;
	if (argc == 5 && strcmp(argv[1], "clock") == 0)
		return number(argv[3], 1, 65535, &port) && number(argv[4], 1, 60000, &timeout_ms)
			? probe_clock(argv[2], argv[3], timeout_ms)
			: usage();
	int trace = argc > 1 && strcmp(argv[1], "trace") == 0;
	if (argc != (trace ? 9 : 8) || (!trace && strcmp(argv[1], "ping") != 0))
		return usage();
	struct probe_order order = {.interface = strcmp(argv[7], "-") ? argv[7] : NULL};
	struct sockaddr_in *four = (struct sockaddr_in *)&order.to;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&order.to;
	if (inet_pton(AF_INET, argv[2], &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		order.to_length = sizeof *four;
	} else if (inet_pton(AF_INET6, argv[2], &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		order.to_length = sizeof *six;
	} else
		return usage();
	if (!number(argv[3], 1, 10000, &order.count) || !number(argv[4], 1, 600000, &order.timeout_ms) ||
	    !number(argv[5], 0, PROBE_PAYLOAD_MAX, &order.size) || !number(argv[6], 0, 63, &order.dscp) ||
	    (order.interface && strlen(order.interface) >= IFNAMSIZ) ||
	    (trace && !number(argv[8], 1, 64, &order.maximum_hops)))
		return usage();
	/* The agent reads each line as it comes, and stops when the agent is gone. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	return trace ? probe_trace(&order) : probe_ping(&order);
}

#include "probe.h"
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Between two requests: what Linux' own ping allows an unprivileged user. */
enum { INTERVAL_US = 200000, HEADER = 8, IPV4_HEADER_MAX = 60 };

struct socket_of {
	int fd;
	int raw;
	int six;
	uint16_t id;
};

static uint16_t checksum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | (i + 1 < length ? bytes[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The unprivileged kind first; a raw one where that group is not allowed and we are root. 0, or an errno. */
static int open_socket(const struct probe_order *order, struct socket_of *made)
{
	int protocol = order->to.ss_family == AF_INET6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP;
	*made = (struct socket_of){.six = order->to.ss_family == AF_INET6, .id = (uint16_t)getpid()};
	made->fd = socket(order->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
	if (made->fd < 0) {
		made->raw = 1;
		made->fd = socket(order->to.ss_family, SOCK_RAW | SOCK_CLOEXEC, protocol);
	}
	return made->fd < 0 ? errno : probe_prepare(made->fd, order);
}

static int send_echo(const struct socket_of *socket, const struct probe_order *order, uint16_t sequence)
{
	static uint8_t packet[HEADER + PROBE_PAYLOAD_MAX];
	size_t length = HEADER + (size_t)order->size;
	for (size_t i = HEADER; i < length; i += 1)
		packet[i] = (uint8_t)i;
	packet[0] = socket->six ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	packet[1] = packet[2] = packet[3] = 0;
	packet[4] = (uint8_t)(socket->id >> 8);
	packet[5] = (uint8_t)socket->id;
	packet[6] = (uint8_t)(sequence >> 8);
	packet[7] = (uint8_t)sequence;
	if (!socket->six) {
		uint16_t sum = checksum(packet, length);
		packet[2] = (uint8_t)(sum >> 8);
		packet[3] = (uint8_t)sum;
	}
	ssize_t sent = sendto(socket->fd, packet, length, 0, (const struct sockaddr *)&order->to, order->to_length);
	return sent < 0 ? errno : 0;
}

/* Whether the next datagram is the answer to this request. */
static int is_answer(const struct socket_of *socket, const struct probe_order *order, uint16_t sequence)
{
	static uint8_t packet[IPV4_HEADER_MAX + HEADER + PROBE_PAYLOAD_MAX];
	struct sockaddr_storage from;
	socklen_t from_length = sizeof from;
	ssize_t length = recvfrom(socket->fd, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);
	if (length < 0)
		return 0;
	const uint8_t *answer = packet;
	if (socket->raw && !socket->six) {
		size_t header = (size_t)(packet[0] & 0x0f) * 4;
		if ((size_t)length < header)
			return 0;
		answer += header;
		length -= (ssize_t)header;
	}
	if (length < HEADER || answer[0] != (socket->six ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY))
		return 0;
	/* An unprivileged socket gets its own answers only; the kernel chose their id. */
	if (socket->raw && (answer[4] << 8 | answer[5]) != socket->id)
		return 0;
	return (answer[6] << 8 | answer[7]) == sequence &&
		probe_same_host((struct sockaddr *)&from, (const struct sockaddr *)&order->to);
}

/* Takes an error that a router reported off the socket. */
static void drop_error(int fd)
{
	uint8_t byte, control[512];
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
}

/* Microseconds until the answer; -1: none in time; -2: a router said there is no way. */
static int64_t wait_answer(const struct socket_of *socket, const struct probe_order *order, uint16_t sequence, int64_t sent)
{
	int64_t end = sent + (int64_t)order->timeout_ms * 1000;
	for (;;) {
		int64_t left = end - probe_now();
		struct pollfd poll_for = {.fd = socket->fd, .events = POLLIN};
		if (left <= 0 || poll(&poll_for, 1, (int)((left + 999) / 1000)) == 0)
			return -1;
		int64_t now = probe_now();
		if (poll_for.revents & POLLERR) {
			drop_error(socket->fd);
			return -2;
		}
		if (poll_for.revents & POLLIN && is_answer(socket, order, sequence))
			return now - sent;
	}
}

int probe_ping(const struct probe_order *order)
{
	struct socket_of socket;
	int error = open_socket(order, &socket);
	if (error)
		return probe_failed("no echo can be sent", error);
	for (int number = 1; number <= order->count; number += 1) {
		int64_t sent = probe_now();
		error = send_echo(&socket, order, (uint16_t)number);
		if (error && error != EHOSTUNREACH && error != ECONNREFUSED)
			return probe_failed("an echo was not sent", error);
		int64_t took = error ? -2 : wait_answer(&socket, order, (uint16_t)number, sent);
		if (took >= 0)
			printf("{\"answer\":%d,\"us\":%lld}\n", number, (long long)took);
		else
			printf("{\"lost\":%d,\"why\":\"%s\"}\n", number, took == -2 ? "unreachable" : "timeout");
		if (number < order->count)
			probe_sleep(INTERVAL_US - (probe_now() - sent));
	}
	return 0;
}

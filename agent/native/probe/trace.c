#include "probe.h"
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where nobody listens; the first port of the classic traceroute. */
enum { FIRST_PORT = 33434 };

struct hop {
	struct sockaddr_storage from;
	int type, code; /* ICMP; type 0: forwarded and the time to live was over */
	int64_t us;     /* -1: nobody answered */
	int reached;
};

static void set_port(struct sockaddr_storage *address, int port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
}

/* Reads what a router or the host reported about our datagram. */
static int read_report(int fd, struct hop *hop)
{
	uint8_t byte, control[512];
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return 0;
	for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
		int four = item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_RECVERR;
		int six = item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_RECVERR;
		if (!four && !six)
			continue;
		struct sock_extended_err *report = (struct sock_extended_err *)CMSG_DATA(item);
		if (report->ee_origin != SO_EE_ORIGIN_ICMP && report->ee_origin != SO_EE_ORIGIN_ICMP6)
			continue;
		memcpy(&hop->from, SO_EE_OFFENDER(report), six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		int over = report->ee_type == (six ? ICMP6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED);
		/* Port unreachable, from the host itself: it is there. */
		hop->reached = six ? report->ee_type == ICMP6_DST_UNREACH && report->ee_code == ICMP6_DST_UNREACH_NOPORT
				   : report->ee_type == ICMP_UNREACH && report->ee_code == ICMP_UNREACH_PORT;
		hop->type = over || hop->reached ? 0 : report->ee_type;
		hop->code = over || hop->reached ? 0 : report->ee_code;
		return 1;
	}
	return 0;
}

/* One datagram that lives for so many hops. 0, or an errno that says nothing can be sent. */
static int try_hop(const struct probe_order *order, int hops, int port, struct hop *hop)
{
	static uint8_t payload[PROBE_PAYLOAD_MAX];
	int six = order->to.ss_family == AF_INET6;
	struct sockaddr_storage to = order->to;
	set_port(&to, port);
	*hop = (struct hop){.us = -1};
	int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	int error = probe_prepare(fd, order);
	if (!error && setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_UNICAST_HOPS : IP_TTL, &hops, sizeof hops))
		error = errno;
	if (!error && connect(fd, (struct sockaddr *)&to, order->to_length))
		error = errno;
	int64_t sent = probe_now();
	if (!error && send(fd, payload, (size_t)order->size, 0) < 0)
		error = errno;
	int64_t end = sent + (int64_t)order->timeout_ms * 1000;
	while (!error && hop->us < 0) {
		int64_t left = end - probe_now();
		struct pollfd poll_for = {.fd = fd, .events = POLLIN};
		if (left <= 0 || poll(&poll_for, 1, (int)((left + 999) / 1000)) == 0)
			break;
		int64_t now = probe_now();
		if (poll_for.revents & POLLERR) {
			if (read_report(fd, hop))
				hop->us = now - sent;
		} else if (poll_for.revents & POLLIN) {
			/* Somebody does listen there: the host is reached. */
			*hop = (struct hop){.from = order->to, .us = now - sent, .reached = 1};
		}
	}
	close(fd);
	return error;
}

int probe_trace(const struct probe_order *order)
{
	int port = FIRST_PORT;
	for (int hops = 1; hops <= order->maximum_hops; hops += 1) {
		int ended = 0;
		for (int number = 1; number <= order->count; number += 1, port += 1) {
			struct hop hop;
			char from[PROBE_TEXT_MAX] = "";
			int error = try_hop(order, hops, port, &hop);
			if (error)
				return probe_failed("a datagram was not sent", error);
			if (hop.us < 0) {
				printf("{\"hop\":%d,\"silent\":true}\n", hops);
				continue;
			}
			probe_address((struct sockaddr *)&hop.from, from);
			printf("{\"hop\":%d,\"from\":\"%s\",\"us\":%lld,\"type\":%d,\"code\":%d,\"reached\":%s}\n", hops, from,
			       (long long)hop.us, hop.type, hop.code, hop.reached ? "true" : "false");
			ended = ended || hop.reached || hop.type != 0;
		}
		if (ended)
			return 0;
	}
	return 0;
}

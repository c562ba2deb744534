#include "network.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME_SERVERS_MAX 4
#define NOISE_LAYER 10

/* Connecting a datagram socket sends nothing: it asks the routing table. */
static int source_towards(const struct sa *peer, struct sa *address)
{
	int fd = socket(sa_af(peer), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = 0;

	if (fd < 0)
		return errno;
	address->len = sizeof(address->u);
	if (connect(fd, &peer->u.sa, peer->len) || getsockname(fd, &address->u.sa, &address->len))
		result = errno;
	close(fd);
	sa_set_port(address, 0);
	return result;
}

int network_local_address(const struct tn_config *config, const char *host, struct sa *address)
{
	struct sa peer;

	if (*config->local_address)
		return sa_set_str(address, config->local_address, 0);
	/* RFC 5737 §3: an address nobody has, for the default route. */
	if (sa_set_str(&peer, host, SIP_PORT))
		sa_set_str(&peer, "192.0.2.1", SIP_PORT);
	return source_towards(&peer, address);
}

int network_bind_clear(struct sip *sip, const struct tn_config *config, const struct sa *address)
{
	struct sa local = *address;
	int err;

	sa_set_port(&local, (uint16_t)config->sip_port);
	err = sip_transp_add(sip, SIP_TRANSP_UDP, &local);
	return err ? err : sip_transp_add(sip, SIP_TRANSP_TCP, &local);
}

int network_bind_tls(struct sip *sip, const struct sa *address, struct tls *tls)
{
	struct sa local = *address;

	sa_set_port(&local, 0);
	return sip_transp_add(sip, SIP_TRANSP_TLS, &local, tls);
}

void network_refresh_name_servers(struct dnsc *dns)
{
	struct sa servers[NAME_SERVERS_MAX];
	uint32_t count = NAME_SERVERS_MAX;

	if (!dns_srv_get(NULL, 0, servers, &count) && count)
		dnsc_srv_set(dns, servers, count);
}

void network_mark_udp(struct udp_sock *socket, uint32_t dscp)
{
	int field = (int)dscp << 2;

	if (!dscp || !socket)
		return;
	/* One of the two fits the socket's family; a refused mark is no reason to refuse the call. */
	(void)udp_setsockopt(socket, IPPROTO_IP, IP_TOS, &field, sizeof(field));
	(void)udp_setsockopt(socket, IPPROTO_IPV6, IPV6_TCLASS, &field, sizeof(field));
}

static bool is_noise(struct sa *source, struct mbuf *packet, void *argument)
{
	struct sip_msg *message = NULL;
	size_t position = packet->pos;
	int err = sip_msg_decode(&message, packet);

	(void)source;
	(void)argument;
	packet->pos = position;
	mem_deref(message);
	return err != 0;
}

void network_adopt(const struct sip_msg *message, uint32_t dscp)
{
	const int on = 1, idle_s = 60, probe_s = 15, probes = 3;
	int field = (int)dscp << 2, fd;

	if (message->tp == SIP_TRANSP_UDP) {
		network_mark_udp(message->sock, dscp);
		/* Without memory for it the noise is printed: no reason to fail. */
		if (!udp_helper_find(message->sock, NOISE_LAYER))
			(void)udp_register_helper(NULL, message->sock, NOISE_LAYER, NULL, is_noise, NULL);
		return;
	}
	fd = tcp_conn_fd(sip_msg_tcpconn(message));
	if (fd < 0)
		return;
	/* Small messages that wait for the last one's acknowledgement cost 40 ms each. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* A peer that is gone without a word is found out within two minutes, and a NAT keeps the way open. */
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe_s, sizeof(probe_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	if (dscp) {
		(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &field, sizeof(field));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &field, sizeof(field));
	}
}

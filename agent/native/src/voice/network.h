/* Where the SIP thread stands on the network: local address, transports, name servers, marking. */
#ifndef TN_VOICE_NETWORK_H
#define TN_VOICE_NETWORK_H

#include "../engine.h"

#include <re.h>

/* The address that reaches `host` (a name: the default route), or the configured one; errno when there is none. */
int network_local_address(const struct tn_config *config, const char *host, struct sa *address);
/* Binds SIP over UDP and TCP to `address`. */
int network_bind_clear(struct sip *sip, const struct tn_config *config, const struct sa *address);
/* Lets SIP use TLS from `address`. Nobody can connect to us this way: a box has no certificate; calls come by the connection
 * that registered (RFC 5923). */
int network_bind_tls(struct sip *sip, const struct sa *address, struct tls *tls);
/* Reads the system's name servers again: they change with the lease. */
void network_refresh_name_servers(struct dnsc *dns);
/* Marks a UDP socket (RFC 2474); 0 leaves it alone. */
void network_mark_udp(struct udp_sock *socket, uint32_t dscp);
/* Marks the socket a message came by, sends at once on a connection, and keeps from libre what is not SIP: it would print a line for each such packet.
 * libre tells its transport sockets only this way. */
void network_adopt(const struct sip_msg *message, uint32_t dscp);

#endif

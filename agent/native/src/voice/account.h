/* A SIP account as the engine uses it: checked, and with the texts that go into SIP messages made once. */
#ifndef TN_VOICE_ACCOUNT_H
#define TN_VOICE_ACCOUNT_H

#include "../engine.h"

#include <stdbool.h>

#define ACCOUNT_CODECS 4
#define ACCOUNT_HOSTS 4           /* the proxy and its alternates, as configured */
#define ACCOUNT_ROUTES 8          /* the addresses they may have come to */
#define ACCOUNT_URI 400           /* sip: + user + @ + domain, escaped */

struct account {
	uint32_t expires_s;
	uint32_t transport;            /* enum tn_transport */
	uint32_t calls;                /* 1 … TN_LINE_CALLS */
	uint32_t media_security;       /* enum tn_media_security */
	uint32_t codecs[ACCOUNT_CODECS]; /* enum tn_codec; never empty, TN_CODEC_NONE ends */
	char user[128];
	char auth_user[128];
	char password[128];
	char domain[128];
	char hosts[ACCOUNT_ROUTES][128]; /* where requests go: proxy or domain, then the alternates; with TLS the names they prove */
	uint32_t silence;              /* bits of enum tn_codec: whose silence may be told instead of sent */
	uint32_t dtmf;                 /* enum tn_dtmf */
	uint32_t keep_alive_s;
	uint32_t messages_s;           /* how long to ask for waiting messages at a time; 0: not */
	uint32_t fax;                  /* enum tn_fax */
	uint32_t fax_max_rate;         /* bit/s, 0: any */
	uint32_t fax_no_ecm, fax_low_redundancy, fax_high_redundancy;
	char ca_file[256];
	char display_name[128];        /* quoted-string content, escaped */
	char registrar_uri[ACCOUNT_URI];
	char address_uri[ACCOUNT_URI]; /* address of record */
	char route_uris[ACCOUNT_ROUTES][ACCOUNT_URI];
	uint16_t ports[ACCOUNT_ROUTES]; /* 0: by SRV records, or the usual one */
	unsigned routes;               /* 1 … ACCOUNT_ROUTES */
};

/* Checks `from` and fills `account`; -EINVAL for anything that could not stand in a SIP message. */
int account_read(struct account *account, const struct tn_account *from);
/* Request URI for a dialled number: sip:number@domain, escaped (RFC 3261 §25.1); -EINVAL when empty, too long or not text. */
int account_number_uri(const struct account *account, const char *number, char uri[ACCOUNT_URI]);
/* "udp", "tcp" or "tls". */
const char *account_transport_name(uint32_t transport);
bool account_same(const struct account *one, const struct account *other);

#endif

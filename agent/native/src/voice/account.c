#include "account.h"

#include "../args.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPIRES_DEFAULT_S 3600
#define NUMBER_MAX 63
#define KEEP_ALIVE_MAX_S 86400
#define FAX_RATE_MAX 65535
#define FAX_LOW_MAX 5             /* TR-104 FaxT38.LowSpeedRedundancy and .HighSpeedRedundancy */
#define FAX_HIGH_MAX 3
#define MESSAGES_MAX_S 86400

/* Characters a user part may hold unescaped: unreserved and user-unreserved of RFC 3261 §25.1. */
static bool is_user_character(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-_.!~*'()&=+$,;?/", c));
}

static bool is_user(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!is_user_character(*text))
			return false;
	return true;
}

/* Host name, IPv4 address or IPv6 reference in brackets. */
static bool is_host(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("-._:[]", *text))
			return false;
	return true;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static bool is_acceptable(const struct tn_account *from)
{
	return args_text(from->user, sizeof(from->user)) && is_user(from->user) &&
	       args_text(from->auth_user, sizeof(from->auth_user)) && is_printable(from->auth_user) &&
	       !strpbrk(from->auth_user, "\"\\") && args_text(from->password, sizeof(from->password)) &&
	       is_printable(from->password) && args_text(from->domain, sizeof(from->domain)) && is_host(from->domain) &&
	       args_text(from->proxy, sizeof(from->proxy)) && (!*from->proxy || is_host(from->proxy)) &&
	       args_text(from->display_name, sizeof(from->display_name)) && is_printable(from->display_name) &&
	       args_text(from->alternates, sizeof(from->alternates)) && from->keep_alive_s <= KEEP_ALIVE_MAX_S &&
	       from->messages_s <= MESSAGES_MAX_S &&
	       args_text(from->ca_file, sizeof(from->ca_file)) && is_printable(from->ca_file) &&
	       from->proxy_port <= 65535 && from->transport <= TN_TRANSPORT_TLS && from->calls <= TN_LINE_CALLS && from->dtmf <= TN_DTMF_INFO &&
	       from->media_security <= TN_SECURITY_REQUIRED && from->fax <= TN_FAX_ALWAYS && from->fax_max_rate <= FAX_RATE_MAX &&
	       from->fax_low_redundancy <= FAX_LOW_MAX && from->fax_high_redundancy <= FAX_HIGH_MAX;
}

static bool has_codec(const struct account *account, unsigned count, uint32_t codec)
{
	for (unsigned i = 0; i < count; i++)
		if (account->codecs[i] == codec)
			return true;
	return false;
}

static int read_codecs(struct account *account, const struct tn_account *from)
{
	unsigned count = 0;

	for (unsigned i = 0; i < ACCOUNT_CODECS && from->codecs[i] != TN_CODEC_NONE; i++) {
		if (from->codecs[i] > TN_CODEC_G726_32)
			return -EINVAL;
		if (!has_codec(account, count, from->codecs[i]))
			account->codecs[count++] = from->codecs[i];
	}
	if (!count) {
		account->codecs[0] = TN_CODEC_PCMA;
		account->codecs[1] = TN_CODEC_PCMU;
	}
	return 0;
}

/* RFC 3261 §25.1 quoted-string: a quote or backslash is preceded by a backslash. */
static void quote(char *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*out++ = '\\';
		*out++ = *text;
	}
	*out = '\0';
}

/* RFC 6761 §6.3: "localhost" is the loopback, whatever name servers say; libre does not read the hosts file. */
static const char *resolvable(const char *host)
{
	return strcmp(host, "localhost") ? host : "127.0.0.1";
}

/* Without a port libre asks for SRV records and ends at 5060 (RFC 3263 §4.2). */
static void add_route(struct account *account, const char *host, uint32_t port)
{
	char text[16] = "";

	host = resolvable(host);
	strcpy(account->hosts[account->routes], host);
	account->ports[account->routes] = (uint16_t)port;
	if (port)
		snprintf(text, sizeof(text), ":%u", port);
	snprintf(account->route_uris[account->routes], ACCOUNT_URI, "sip:%s%s;transport=%s", host, text,
		 account_transport_name(account->transport));
	account->routes++;
}

/* host, host:port, [IPv6], [IPv6]:port */
static int add_alternate(struct account *account, char *word)
{
	char *end = *word == '[' ? strchr(word, ']') : word + strcspn(word, ":[]");
	unsigned long port = 0;

	if (!end)
		return -EINVAL;
	end += *word == '[';
	if (*end) {
		char *rest;

		if (*end != ':' || !isdigit((unsigned char)end[1]))
			return -EINVAL;
		*end = '\0';
		port = strtoul(end + 1, &rest, 10);
		if (*rest || port > 65535)
			return -EINVAL;
	}
	if (!is_host(word) || account->routes == ACCOUNT_HOSTS)
		return -EINVAL;
	add_route(account, word, (uint32_t)port);
	return 0;
}

static int add_alternates(struct account *account, const char *text)
{
	int result = 0;

	while (*text && !result) {
		char word[sizeof(account->hosts[0])];
		size_t length = strcspn(text, " ");

		if (length >= sizeof(word))
			return -EINVAL;
		memcpy(word, text, length);
		word[length] = '\0';
		if (length)
			result = add_alternate(account, word);
		text += length + (text[length] == ' ');
	}
	return result;
}

int account_read(struct account *account, const struct tn_account *from)
{
	memset(account, 0, sizeof(*account));
	if (!is_acceptable(from) || read_codecs(account, from))
		return -EINVAL;
	account->expires_s = from->expires_s ? from->expires_s : EXPIRES_DEFAULT_S;
	account->transport = from->transport;
	account->calls = from->calls ? from->calls : 1;
	account->media_security = from->media_security;
	account->dtmf = from->dtmf;
	account->keep_alive_s = from->keep_alive_s;
	account->silence = from->silence;
	account->fax = from->fax;
	account->fax_max_rate = from->fax_max_rate;
	account->fax_no_ecm = from->fax_no_ecm != 0;
	account->fax_low_redundancy = from->fax_low_redundancy;
	account->fax_high_redundancy = from->fax_high_redundancy;
	account->messages_s = from->messages_s;
	strcpy(account->user, from->user);
	strcpy(account->auth_user, *from->auth_user ? from->auth_user : from->user);
	strcpy(account->password, from->password);
	strcpy(account->domain, from->domain);
	strcpy(account->ca_file, from->ca_file);
	quote(account->display_name, from->display_name);
	snprintf(account->registrar_uri, sizeof(account->registrar_uri), "sip:%s", account->domain);
	snprintf(account->address_uri, sizeof(account->address_uri), "sip:%s@%s", account->user, account->domain);
	add_route(account, *from->proxy ? from->proxy : from->domain, from->proxy_port);
	return add_alternates(account, from->alternates);
}

const char *account_transport_name(uint32_t transport)
{
	return transport == TN_TRANSPORT_TLS ? "tls" : transport == TN_TRANSPORT_TCP ? "tcp" : "udp";
}

int account_number_uri(const struct account *account, const char *number, char uri[ACCOUNT_URI])
{
	size_t length = strlen(number), at = 4;

	if (!length || length > NUMBER_MAX || !is_printable(number))
		return -EINVAL;
	strcpy(uri, "sip:");
	for (; *number; number++) {
		if (is_user_character(*number))
			uri[at++] = *number;
		else
			at += (size_t)snprintf(uri + at, 4, "%%%02X", (unsigned char)*number);
	}
	snprintf(uri + at, ACCOUNT_URI - at, "@%s", account->domain);
	return 0;
}

bool account_same(const struct account *one, const struct account *other)
{
	return memcmp(one, other, sizeof(*one)) == 0;
}

#include "sdes.h"

#include <stdio.h>
#include <string.h>

#define TAG_MAX 9999999u

static const enum srtp_suite suites[SDES_SUITES] = { SRTP_AES_CM_128_HMAC_SHA1_80, SRTP_AES_CM_128_HMAC_SHA1_32 };

enum srtp_suite sdes_suite(unsigned index)
{
	return suites[index];
}

static bool read_suite(struct sdes_line *line, const struct pl *name)
{
	for (unsigned i = 0; i < SDES_SUITES; i++)
		if (!pl_strcasecmp(name, srtp_suite_name(suites[i]))) {
			line->suite = suites[i];
			return true;
		}
	return false;
}

/* RFC 4568 §6.1: "inline:" key||salt ["|" lifetime] ["|" MKI ":" length]. No call lasts a lifetime (2^48 packets by default,
 * 2^31 is years); an MKI would stand in every packet, so such a line is not for us. */
static bool read_key(struct sdes_line *line, const struct pl *parameters)
{
	struct pl text, lifetime;
	size_t length = sizeof(line->key);

	if (re_regex(parameters->p, parameters->l, "inline:[^|]+[^]*", &text, &lifetime))
		return false;
	if (pl_strchr(&lifetime, ':'))
		return false;
	return !base64_decode(text.p, text.l, line->key, &length) && length == SDES_KEY;
}

/* Session parameters that ask for less protection (RFC 4568 §6.3) are refused with the line, as is what we do not know. */
bool sdes_read(struct sdes_line *line, const char *value)
{
	struct pl tag, suite, parameters, session;

	if (re_regex(value, strlen(value), "[0-9]+[ ]+[^ ]+[ ]+[^ ]+[^]*", &tag, NULL, &suite, NULL, &parameters, &session))
		return false;
	for (size_t i = 0; i < session.l; i++)
		if (session.p[i] != ' ')
			return false;
	line->tag = pl_u32(&tag);
	return tag.l <= 7 && line->tag >= 1 && line->tag <= TAG_MAX && read_suite(line, &suite) && read_key(line, &parameters);
}

void sdes_write(const struct sdes_line *line, char text[SDES_TEXT])
{
	char key[64];
	size_t length = sizeof(key) - 1;

	(void)base64_encode(line->key, SDES_KEY, key, &length);
	key[length] = '\0';
	snprintf(text, SDES_TEXT, "%u %s inline:%s", line->tag, srtp_suite_name(line->suite), key);
}

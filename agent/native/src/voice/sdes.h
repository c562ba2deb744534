/* Keys of SRTP in a session description (RFC 4568): a crypto attribute read and written. Pure. */
#ifndef TN_VOICE_SDES_H
#define TN_VOICE_SDES_H

#include <re.h>
#include <stdbool.h>

#define SDES_KEY 30               /* bytes: 128 bits of master key, 112 of salt (RFC 4568 §6.2) */
#define SDES_SUITES 2
#define SDES_TEXT 160

struct sdes_line {
	unsigned tag;                  /* 1 … 9999999 */
	enum srtp_suite suite;         /* SRTP_AES_CM_128_HMAC_SHA1_80 or _32 */
	uint8_t key[SDES_KEY];
};

/* The suites we speak, the better one first; `index` below SDES_SUITES. */
enum srtp_suite sdes_suite(unsigned index);
/* Reads the value of a=crypto; false for another suite or method, parameters that we would have to obey, or a wrong length. */
bool sdes_read(struct sdes_line *line, const char *value);
void sdes_write(const struct sdes_line *line, char text[SDES_TEXT]);

#endif

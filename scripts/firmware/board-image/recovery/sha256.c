#include "sha256.h"
#include <string.h>

/* FIPS 180-4 §4.2.2: fractional parts of the cube roots of the first 64 primes. */
static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t value, int by)
{
	return value >> by | value << (32 - by);
}

/* §6.2.2 */
static void compress(uint32_t state[static 8], const uint8_t block[static 64])
{
	uint32_t w[64], s[8];
	for (int t = 0; t < 16; t++)
		w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 |
			block[4 * t + 3];
	for (int t = 16; t < 64; t++)
		w[t] = (turn(w[t - 2], 17) ^ turn(w[t - 2], 19) ^ w[t - 2] >> 10) + w[t - 7] +
			(turn(w[t - 15], 7) ^ turn(w[t - 15], 18) ^ w[t - 15] >> 3) + w[t - 16];
	memcpy(s, state, sizeof s);
	for (int t = 0; t < 64; t++) {
		uint32_t one = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) +
			k[t] + w[t];
		uint32_t two = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
			((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		memmove(s + 1, s, 7 * sizeof *s);
		s[4] += one;
		s[0] = one + two;
	}
	for (int t = 0; t < 8; t++)
		state[t] += s[t];
}

void sha256_begin(struct sha256 *hash)
{
	/* §5.3.3 */
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	memcpy(hash->state, start, sizeof start);
	hash->length = 0;
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	while (length > 0) {
		size_t filled = hash->length % 64;
		if (filled == 0 && length >= 64) {
			compress(hash->state, at);
			hash->length += 64;
			at += 64;
			length -= 64;
			continue;
		}
		size_t part = length < 64 - filled ? length : 64 - filled;
		memcpy(hash->block + filled, at, part);
		hash->length += part;
		at += part;
		length -= part;
		if (filled + part == 64)
			compress(hash->state, hash->block);
	}
}

void sha256_end(struct sha256 *hash, uint8_t digest[static SHA256_BYTES])
{
	/* §5.1.1: a bit, zeros, the length in bits. */
	static const uint8_t padding[64] = {0x80};
	uint64_t bits = hash->length * 8;
	uint8_t length[8];
	for (int at = 0; at < 8; at++)
		length[at] = (uint8_t)(bits >> (56 - 8 * at));
	sha256_add(hash, padding, 1 + (119 - hash->length % 64) % 64);
	sha256_add(hash, length, sizeof length);
	for (int at = 0; at < SHA256_BYTES; at++)
		digest[at] = (uint8_t)(hash->state[at / 4] >> (24 - 8 * (at % 4)));
}

/*
 * The receiving side of a stream of numbered parts: selective repeat. Parts may come in any order and more than once; they
 * are given on in order, each once.
 */
#ifndef RECOVERY_WINDOW_H
#define RECOVERY_WINDOW_H

#include "frame.h"

/* Parts that may be ahead of the one that is missing, that one included; and most bytes of one. */
#define WINDOW_PARTS 16
#define WINDOW_PART_MAX 2048

struct window {
	/* the part that is waited for */
	uint32_t next;
	/* bit n: part next + 1 + n is here */
	uint32_t ahead;
	uint16_t lengths[WINDOW_PARTS];
	uint8_t parts[WINDOW_PARTS][WINDOW_PART_MAX];
};

/* Keeps a part; what is old, too far ahead or of no allowed length is left out. */
void window_put(struct window *window, uint32_t number, const uint8_t *bytes, size_t length);

/* Takes the part that is next. Returns its length, 0 while it is missing; bytes stay until the next call of window_put. */
size_t window_take(struct window *window, const uint8_t **bytes);

#endif

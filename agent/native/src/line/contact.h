/* A contact that closes the loop, the virtual telephone's or a real one's as its driver tells of it: cradle, flash key and rotary dial, millisecond by millisecond. */
#ifndef TN_LINE_CONTACT_H
#define TN_LINE_CONTACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTACT_DIGITS_MAX 32

struct contact {
	bool lifted;             /* the handset */
	uint32_t flash_left_ms;
	char digits[CONTACT_DIGITS_MAX]; /* still to be dialled */
	size_t count;
	uint32_t break_ms, make_ms;
	unsigned breaks_left;    /* of the digit being dialled, the one under way included */
	bool broken;             /* by the dial, now */
	uint32_t left_ms;        /* of this break, make, or pause between digits */
	bool closed;             /* the loop, at the end of the last frame */
};

void contact_lift(struct contact *contact, bool lifted);
/* Lets `ms` (at most 32) pass and returns the loop in each of them, bit 0 first. */
uint32_t contact_step(struct contact *contact, uint32_t ms);

#endif

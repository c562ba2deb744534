#include "line/contact.h"

#include <string.h>

#define BETWEEN_DIGITS_MS 700

void contact_lift(struct contact *contact, bool lifted)
{
	*contact = (struct contact){ .lifted = lifted, .closed = lifted };
}

static void next_digit(struct contact *contact)
{
	char digit = contact->digits[0];

	memmove(contact->digits, contact->digits + 1, --contact->count);
	contact->breaks_left = digit == '0' ? 10 : (unsigned)(digit - '0');
	contact->broken = true;
	contact->left_ms = contact->break_ms;
}

/* One millisecond of the dial; false while it breaks the loop. */
static bool turn_dial(struct contact *contact)
{
	if (contact->left_ms > 0) {
		contact->left_ms--;
		return !contact->broken;
	}
	if (contact->broken) {
		contact->broken = false;
		contact->left_ms = --contact->breaks_left ? contact->make_ms : BETWEEN_DIGITS_MS;
	} else if (contact->breaks_left) {
		contact->broken = true;
		contact->left_ms = contact->break_ms;
	} else if (contact->count) {
		next_digit(contact);
	} else {
		return true;
	}
	contact->left_ms--;
	return !contact->broken;
}

uint32_t contact_step(struct contact *contact, uint32_t ms)
{
	uint32_t loop = 0;

	for (uint32_t i = 0; i < ms; i++) {
		bool made = turn_dial(contact) && contact->flash_left_ms == 0;

		contact->flash_left_ms -= contact->flash_left_ms > 0;
		contact->closed = contact->lifted && made;
		loop |= (uint32_t)contact->closed << i;
	}
	return loop;
}

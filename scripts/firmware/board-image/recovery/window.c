#include "window.h"
#include <string.h>

/* Length 0 marks a place without a part. */
void window_put(struct window *window, uint32_t number, const uint8_t *bytes, size_t length)
{
	uint32_t distance = number - window->next;
	if (distance >= WINDOW_PARTS || length == 0 || length > WINDOW_PART_MAX)
		return;
	uint32_t place = number % WINDOW_PARTS;
	memcpy(window->parts[place], bytes, length);
	window->lengths[place] = (uint16_t)length;
	if (distance > 0)
		window->ahead |= 1u << (distance - 1);
}

size_t window_take(struct window *window, const uint8_t **bytes)
{
	uint32_t place = window->next % WINDOW_PARTS;
	size_t length = window->lengths[place];
	if (length == 0)
		return 0;
	*bytes = window->parts[place];
	window->lengths[place] = 0;
	window->next++;
	window->ahead >>= 1;
	return length;
}

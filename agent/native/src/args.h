/* Checks of what crosses the ABI: struct sizes and texts. */
#ifndef TN_ARGS_H
#define TN_ARGS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Copies a caller's struct (first member: its size in bytes) into `to`; what an older, shorter struct lacks becomes 0.
 * -EINVAL without a struct or with an impossible size, -E2BIG for a struct of a newer ABI. */
static inline int args_copy(void *to, size_t capacity, const void *from)
{
	uint32_t size;

	if (!from)
		return -EINVAL;
	memcpy(&size, from, sizeof(size));
	if (size > capacity)
		return -E2BIG;
	if (size < 2 * sizeof(size))
		return -EINVAL;
	memset(to, 0, capacity);
	memcpy(to, from, size);
	return 0;
}

/* Whether a text ends within its array. */
static inline bool args_text(const char *text, size_t capacity)
{
	return memchr(text, '\0', capacity) != NULL;
}

#endif

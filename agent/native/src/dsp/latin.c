#include "dsp/latin.h"

#include <stdint.h>

/* Base letters of U+00C0 … U+017F (Latin-1 Supplement, Latin Extended-A). */
static const char base_letters[] =
	"AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTs"
	"aaaaaaaceeeeiiiidnooooo/ouuuuyty"
	"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGg"
	"GgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
	"lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSs"
	"SsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
_Static_assert(sizeof(base_letters) == 0x180 - 0xc0 + 1, "one letter a code point");

/* Reads one code point; what is not UTF-8 counts octet by octet and yields 0. */
static const char *next_code_point(const char *text, uint32_t *code)
{
	const unsigned char *at = (const unsigned char *)text;
	int more = at[0] < 0x80 ? 0 : at[0] >= 0xf0 ? 3 : at[0] >= 0xe0 ? 2 : at[0] >= 0xc0 ? 1 : -1;

	*code = 0;
	if (more < 0)
		return text + 1;
	*code = more == 0 ? at[0] : (uint32_t)(at[0] & (0x3f >> more));
	for (int i = 1; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80) {
			*code = 0;
			return text + i;
		}
		*code = *code << 6 | (at[i] & 0x3f);
	}
	return text + more + 1;
}

size_t latin_fold(char *out, size_t capacity, const char *text)
{
	size_t length = 0;

	while (*text && length + 1 < capacity) {
		uint32_t code;

		text = next_code_point(text, &code);
		if (code >= 0xc0 && code < 0x180)
			out[length++] = base_letters[code - 0xc0];
		else if (code == 0xa0)
			out[length++] = ' ';
		else if (code == 0x2019)
			out[length++] = '\''; /* the typographic apostrophe of French names */
		else
			out[length++] = code >= 0x20 && code < 0x7f ? (char)code : '?';
	}
	out[length] = '\0';
	return length;
}

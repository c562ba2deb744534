/* SIP messages as text, for far ends that a test plays by hand. */
#ifndef TN_TEST_SIP_TEXT_H
#define TN_TEST_SIP_TEXT_H

#include "voice_rig.h"

/* The value of a header, of all lines with that name when it is Via; in one of a few buffers that take turns. */
static inline const char *sip_header(const char *message, const char *name)
{
	static char values[8][1024];
	static unsigned turn;
	char *value = values[turn++ % 8];
	size_t length = strlen(name);

	*value = '\0';
	for (const char *line = strstr(message, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
		const char *end = strstr(line + 2, "\r\n");

		if (!end || end == line + 2)
			break;
		if (strncasecmp(line + 2, name, length) || line[2 + length] != ':')
			continue;
		for (line += 3 + length; *line == ' '; line++)
			;
		snprintf(value + strlen(value), 1024 - strlen(value), "%s%.*s", *value ? ", " : "", (int)(end - line), line);
		line = end - 2;
	}
	return value;
}

/* The value of a parameter within a text, up to what may not stand in one. */
static inline const char *sip_parameter(const char *text, const char *name)
{
	static char values[8][256];
	static unsigned next;
	char *value = values[next++ % 8];
	const char *found = strstr(text, name);

	*value = '\0';
	if (found)
		snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(found + strlen(name), ";>, \r\n"), found + strlen(name));
	return value;
}

/* The answer of a far end at RIG_FAR_PORT; `tag` is put behind To when it has none; `lines` are whole header lines, an empty one and
 * a body. */
static inline void sip_write_answer(char *text, size_t capacity, const char *request, const char *status, const char *tag,
				    const char *lines)
{
	const char *to = sip_header(request, "To");
	bool has_tag = strstr(to, ";tag=") != NULL;

	snprintf(text, capacity,
		 "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:far@127.0.0.1:%u>\r\n%s",
		 status, sip_header(request, "Via"), sip_header(request, "From"), to, has_tag ? "" : ";tag=", has_tag ? "" : tag,
		 sip_header(request, "Call-ID"), sip_header(request, "CSeq"), RIG_FAR_PORT, lines);
}

#endif

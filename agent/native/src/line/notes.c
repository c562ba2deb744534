#include "line/notes.h"
#include "engine.h"

#include <string.h>

void notes_add(struct notes *notes, enum note_kind kind, int value)
{
	if (!notes || notes->count == NOTES_MAX)
		return;
	notes->note[notes->count].kind = kind;
	notes->note[notes->count++].value = value;
}

static void tell(int line, enum note_kind kind, int value)
{
	switch (kind) {
	case NOTE_HOOK:
		tn_emit("\"event\":\"hook\",\"line\":%d,\"offHook\":%s", line, value ? "true" : "false");
		break;
	case NOTE_FLASH:
		tn_emit("\"event\":\"flash\",\"line\":%d,\"ms\":%d", line, value);
		break;
	case NOTE_PRESS:
		tn_voice_digit(line, (char)value, 1);
		break;
	case NOTE_RELEASE:
		tn_voice_digit(line, (char)value, 0);
		tn_emit("\"event\":\"digit\",\"line\":%d,\"digit\":\"%c\"", line, value);
		break;
	case NOTE_RING:
		tn_emit("\"event\":\"ring\",\"line\":%d,\"count\":%d", line, value);
		break;
	case NOTE_CALLER_ID:
		tn_emit("\"event\":\"callerId\",\"line\":%d", line);
		break;
	case NOTE_LAMP:
		tn_emit("\"event\":\"lamp\",\"line\":%d", line);
		break;
	case NOTE_TONE:
		tn_emit("\"event\":\"tone\",\"line\":%d,\"state\":\"ended\"", line);
		break;
	case NOTE_FAULT:
		tn_emit("\"event\":\"fault\",\"line\":%d,\"code\":%d,\"message\":\"ringing failed: %s\"", line, -value,
			strerrordesc_np(-value));
		break;
	case NOTE_PORT:
		tn_emit("\"event\":\"port\",\"line\":%d,\"usable\":%s,\"code\":%d,\"reason\":\"%s\"", line,
			value ? "false" : "true", value, value ? strerrordesc_np(value) : "");
		break;
	}
}

void notes_tell(int line, const struct notes *notes)
{
	for (unsigned i = 0; i < notes->count; i++)
		tell(line, notes->note[i].kind, notes->note[i].value);
}

/* What a step has to tell: collected under the line's lock, told after it, so that no event and no call into the voice room
 * ever happens with the lock held. */
#ifndef TN_LINE_NOTES_H
#define TN_LINE_NOTES_H

enum note_kind { NOTE_HOOK, NOTE_FLASH, NOTE_PRESS, NOTE_RELEASE, NOTE_RING, NOTE_CALLER_ID, NOTE_LAMP, NOTE_TONE, NOTE_FAULT, NOTE_PORT };

#define NOTES_MAX 16 /* a step of 20 ms has six at most: hook, two edges of a digit, ring or caller ID, tone, port */

struct notes {
	unsigned count;
	struct {
		enum note_kind kind;
		int value;       /* off-hook, ms, digit, count, negative errno, or positive errno of a port, 0: it works again */
	} note[NOTES_MAX];
};

/* Adds a note; without `notes` (outside a step) it does nothing. */
void notes_add(struct notes *notes, enum note_kind kind, int value);
/* Emits the events and tells the voice room of digits, in order. */
void notes_tell(int line, const struct notes *notes);

#endif

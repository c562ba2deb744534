/*
 * What a board that runs the recovery image and the station say to each other (docs/decisions/025-recovery-image.md). A
 * frame's content is kind 1, session 2, and what follows here; an answer has its question's kind with the highest bit.
 */
#ifndef RECOVERY_SESSION_H
#define RECOVERY_SESSION_H

#include "port.h"
#include "records.h"
#include "window.h"

#define SESSION_VERSION 1
#define SESSION_HEAD 3

enum session_kind {
	/* version 1; answer: version 1, parts 1, part 2, baud 4, disk 8, next part 4, problem 1, profile. Unasked, of session 0,
	   while nobody has opened one. Another session than before begins the stream anew. */
	SESSION_OPEN = 1,
	/* baud 4; answered the same, at the old speed. It is held for SESSION_TRIAL_MS, and longer when kept. */
	SESSION_SPEED = 2,
	/* any bytes; answered the same */
	SESSION_TEST = 3,
	/* nothing */
	SESSION_KEEP = 4,
	/* number 4, bytes of the stream (records.h); answer: next part 4, those ahead of it 4, problem 1 */
	SESSION_DATA = 5,
	/* offset 8, block 4, count 2; answer: offset 8, and 8 bytes of each block's SHA-256 */
	SESSION_SURVEY = 6,
	/* offset 8, length 4; answer: offset 8, length 4, CRC-32 4, SHA-256 32; without the last two when it cannot be read */
	SESSION_DIGEST = 7,
	/* nothing; the board starts anew after its answer */
	SESSION_END = 8,
};
#define SESSION_ANSWER 0x80

#define SESSION_SURVEY_MAX 128
#define SESSION_SURVEY_BYTES 8
#define SESSION_DIGEST_MAX (64u << 20)

#define SESSION_TRIAL_MS 4000
/* Nothing heard at a raised speed: back to the first one. */
#define SESSION_DEAF_MS 6000
#define SESSION_HELLO_MS 500
/* Nobody there: the board starts anew, it may be a customer's. */
#define SESSION_PATIENCE_MS 30000
/* What the field tool types to find a boot loader, so often and no frame among it: the board starts anew. */
#define SESSION_KNOCKS 3
#define SESSION_KNOCK_MS 1500

struct session {
	const struct port *port;
	const char *profile;
	struct disk *disk;
	uint16_t id;
	uint32_t slow, baud;
	/* times in ms of a clock that never goes back; trial_ends 0: the speed is kept */
	uint64_t heard, said, trial_ends;
	unsigned knocks, knock_at;
	int acknowledge, over;
	struct frame_reader reader;
	struct window window;
	struct records records;
};

/* baud: what port and station speak at first. */
void session_begin(struct session *session, uint64_t now);
void session_hear(struct session *session, const uint8_t *bytes, size_t length, uint64_t now);
/* Does what is due. Returns the ms until there may be more; the session is over when `over` is set. */
int session_tick(struct session *session, uint64_t now);

#endif

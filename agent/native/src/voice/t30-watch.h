/* What the frames of a facsimile call tell an onlooker (ITU-T T.30 §5.3): speed, error correction, pages, how it ended. Pure. */
#ifndef TN_VOICE_T30_WATCH_H
#define TN_VOICE_T30_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum t30_note { T30_NOTE_NONE, T30_NOTE_BEGAN, T30_NOTE_PAGE, T30_NOTE_OVER };

struct t30_watch {
	bool began, over;              /* a first frame was seen; DCN was */
	bool ecm;
	uint32_t rate;                 /* bit/s of the last DCS; 0: none yet */
	uint32_t pages;                /* confirmed by their receiver */
	uint64_t confirmed_ms;         /* when the last one was */
	bool partial;                  /* what is confirmed next is a part of a page */
	bool asked;                    /* a page is sent and not confirmed yet … */
	bool more;                     /* … and another one follows it, or follows the last confirmed one */
};

/* Takes a frame with a right check sum, from its address on, from either side, at a time of any clock. What is new. */
enum t30_note t30_watch_frame(struct t30_watch *watch, const uint8_t *frame, size_t length, uint64_t now_ms);
/* All pages went through, as far as anybody on the way can know. */
bool t30_watch_complete(const struct t30_watch *watch);

#endif

#include "t30-watch.h"

#include <spandsp.h>

#define ADDRESS 0xff
#define DCS_RATE 4                /* octet of the frame with bits 9 … 16 */
#define DCS_RATE_MASK 0x3c        /* T.30 table 2: bits 11 … 14 */
#define PAGE_MS 3000              /* no page is quicker: a confirmation before that is an echo of the last one */
#define DCS_ECM 6
#define DCS_ECM_BIT 0x04          /* bit 27 */

static uint32_t rate_of(uint8_t bits)
{
	switch (bits & DCS_RATE_MASK) {
	case 0x20:
		return 14400;
	case 0x28:
		return 12000;
	case 0x24:
	case 0x04:
		return 9600;
	case 0x2c:
	case 0x0c:
		return 7200;
	case 0x08:
		return 4800;
	default:
		return 2400;
	}
}

static void end_page(struct t30_watch *watch, uint8_t command)
{
	watch->partial = command == T30_NULL;
	if (watch->partial)
		return;
	watch->asked = true;
	watch->more = command != T30_EOP && command != T30_PRI_EOP;
}

/* A page may be confirmed though the command after it was not seen. */
static bool confirm_page(struct t30_watch *watch, uint64_t now_ms)
{
	bool counts = watch->asked || (!watch->partial && now_ms - watch->confirmed_ms > PAGE_MS);

	watch->partial = false;
	if (!counts)
		return false;
	if (!watch->asked)
		watch->more = false;
	watch->asked = false;
	watch->confirmed_ms = now_ms;
	watch->pages++;
	return true;
}

enum t30_note t30_watch_frame(struct t30_watch *watch, const uint8_t *frame, size_t length, uint64_t now_ms)
{
	bool began = watch->began;
	uint8_t command;

	if (length < 3 || frame[0] != ADDRESS || watch->over)
		return T30_NOTE_NONE;
	watch->began = true;
	command = frame[2] & 0xfe; /* the lowest bit says which side sends */
	switch (command) {
	case T30_DCS:
		if (length > DCS_RATE)
			watch->rate = rate_of(frame[DCS_RATE]);
		watch->ecm = length > DCS_ECM && frame[DCS_ECM] & DCS_ECM_BIT;
		break;
	case T30_PPS:
	case T30_EOR:
		if (length > 3)
			end_page(watch, frame[3] & 0xfe);
		break;
	case T30_EOP:
	case T30_MPS:
	case T30_EOM:
	case T30_PRI_EOP:
	case T30_PRI_MPS:
	case T30_PRI_EOM:
		end_page(watch, command);
		break;
	case T30_MCF:
	case T30_RTP:
	case T30_PIP:
		if (confirm_page(watch, now_ms))
			return T30_NOTE_PAGE;
		break;
	case T30_RTN:
	case T30_PIN:
		watch->asked = false;
		watch->more = true;
		break;
	case T30_DCN:
		/* Alone it is the echo of a good-bye. */
		watch->began = began;
		watch->over = began;
		return began ? T30_NOTE_OVER : T30_NOTE_NONE;
	default:
		break;
	}
	return began ? T30_NOTE_NONE : T30_NOTE_BEGAN;
}

bool t30_watch_complete(const struct t30_watch *watch)
{
	return watch->pages > 0 && !watch->asked && !watch->more;
}

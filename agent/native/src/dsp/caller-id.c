/* Caller ID: messages of ETSI EN 300 659-3 §5 (V.23) and Telcordia GR-30-CORE (Bell 202), which share their coding, and
 * the DTMF form of EN 300 659-1 annex B. Modems and DTMF are spandsp's; the message is built here because its
 * adsi_add_field() writes the length of a field of 16 octets twice. */
#include "dsp/caller-id.h"
#include "dsp/latin.h"

#include <errno.h>
#include <spandsp.h>
#include <string.h>

enum { CALL_SETUP = 0x80, MESSAGE_WAITING = 0x82, LAMP = 0x0b, DATE_TIME = 0x01, NUMBER = 0x02, NO_NUMBER = 0x04, NAME = 0x07, NO_NAME = 0x08 };

/* EN 300 659-1, GR-30-CORE: 300 bits of channel seizure, 180 of mark before an on-hook message; then
 * 1 … 10 bits of mark out. 80 bits of mark alone in a call (§6.3). 1200 bit/s, 10 bits an octet. */
enum { SEIZURE_BITS = 300, MARK_BITS = 180, IN_CALL_MARK_BITS = 80, MARK_OUT_BITS = 5, BITS_PER_SECOND = 1200 };
/* EN 300 659-1 annex B: 70 ms of each. */
enum { DTMF_ON_MS = 70, DTMF_OFF_MS = 70 };
/* EN 300 659-3 §5; GR-1188-CORE has 15 characters for a name. */
enum { NUMBER_MAX = 20, ETSI_NAME_MAX = 50, BELLCORE_NAME_MAX = 15 };

int caller_id_open(struct caller_id *sender)
{
	*sender = (struct caller_id){ 0 };
	sender->fsk = adsi_tx_init(NULL, ADSI_STANDARD_CLIP);
	sender->dtmf = dtmf_tx_init(NULL);
	if (sender->fsk && sender->dtmf)
		return 0;
	caller_id_close(sender);
	return -ENOMEM;
}

void caller_id_close(struct caller_id *sender)
{
	if (sender->fsk)
		adsi_tx_free(sender->fsk);
	if (sender->dtmf)
		dtmf_tx_free(sender->dtmf);
	sender->fsk = sender->dtmf = NULL;
}

/* The dialable part of a number: a user part of a SIP address may hold anything, a telephone shows digits. */
static size_t dialable(char digits[NUMBER_MAX + 1], const char *number, const char *allowed)
{
	size_t count = 0;

	for (; *number && count < NUMBER_MAX; number++)
		if (strchr(allowed, *number))
			digits[count++] = *number;
	digits[count] = '\0';
	return count;
}

/* Why no number is sent: what the caller of tn_line_ring said, or "unavailable" when nothing of the number can be shown. */
static char absence_of(const struct tn_ring *ring, size_t digits)
{
	return ring->cid_absence[0] ? ring->cid_absence[0] : digits == 0 ? 'O' : '\0';
}

static size_t put_field(unsigned char *message, size_t length, int type, const char *body, size_t size)
{
	message[length++] = (unsigned char)type;
	message[length++] = (unsigned char)size;
	memcpy(message + length, body, size);
	return length + size;
}

size_t caller_id_message(const struct tn_ring *ring, unsigned char message[CALLER_ID_MESSAGE_MAX])
{
	char number[NUMBER_MAX + 1], name[ETSI_NAME_MAX + 1];
	size_t digits = dialable(number, ring->number, "0123456789*#+");
	size_t letters = latin_fold(name, ring->cid_standard == TN_CID_BELLCORE_FSK ? BELLCORE_NAME_MAX + 1 : ETSI_NAME_MAX + 1,
				    ring->name);
	char absence = absence_of(ring, digits);
	size_t length = 2;

	message[0] = CALL_SETUP;
	if (ring->date_time[0])
		length = put_field(message, length, DATE_TIME, ring->date_time, 8);
	if (absence)
		length = put_field(message, length, NO_NUMBER, &absence, 1);
	else
		length = put_field(message, length, NUMBER, number, digits);
	if (absence == 'P') /* a caller who withholds the number withholds the name */
		length = put_field(message, length, NO_NAME, &absence, 1);
	else if (letters)
		length = put_field(message, length, NAME, name, letters);
	message[1] = (unsigned char)(length - 2);
	return length;
}

void caller_id_digits(const struct tn_ring *ring, char digits[CALLER_ID_MESSAGE_MAX])
{
	char number[NUMBER_MAX + 1];
	size_t count = dialable(number, ring->number, "0123456789");
	char absence = absence_of(ring, count);

	/* Start code A: number; B: information, 00 unavailable, 10 restricted; C ends. */
	if (absence)
		strcpy(digits, absence == 'P' ? "B10C" : "B00C");
	else
		snprintf(digits, CALLER_ID_MESSAGE_MAX, "A%sC", number);
}

static void load_fsk(struct caller_id *sender, const unsigned char *message, size_t length, int seizure, int mark)
{
	adsi_tx_init(sender->fsk, sender->standard == TN_CID_BELLCORE_FSK ? ADSI_STANDARD_CLASS : ADSI_STANDARD_CLIP);
	adsi_tx_set_preamble(sender->fsk, seizure, mark, MARK_OUT_BITS, 1);
	adsi_tx_put_message(sender->fsk, message, (int)length);
	sender->duration_ms = (uint32_t)(((size_t)(seizure + mark + MARK_OUT_BITS) + (length + 1) * 10) * 1000 / BITS_PER_SECOND) + 1;
}

static void load_dtmf(struct caller_id *sender, const struct tn_ring *ring)
{
	char digits[CALLER_ID_MESSAGE_MAX];

	caller_id_digits(ring, digits);
	dtmf_tx_init(sender->dtmf);
	dtmf_tx_set_timing(sender->dtmf, DTMF_ON_MS, DTMF_OFF_MS);
	dtmf_tx_put(sender->dtmf, digits, -1);
	sender->duration_ms = (uint32_t)strlen(digits) * (DTMF_ON_MS + DTMF_OFF_MS);
}

bool caller_id_load(struct caller_id *sender, const struct tn_ring *ring)
{
	unsigned char message[CALLER_ID_MESSAGE_MAX];

	sender->standard = ring->cid_standard;
	if (sender->standard == TN_CID_NONE)
		return false;
	if (sender->standard == TN_CID_ETSI_DTMF)
		load_dtmf(sender, ring);
	else
		load_fsk(sender, message, caller_id_message(ring, message), SEIZURE_BITS, MARK_BITS);
	return true;
}

static bool is_fsk(uint32_t standard)
{
	return standard == TN_CID_ETSI_FSK || standard == TN_CID_BELLCORE_FSK;
}

bool caller_id_load_in_call(struct caller_id *sender, const struct tn_ring *ring)
{
	unsigned char message[CALLER_ID_MESSAGE_MAX];

	if (!is_fsk(ring->cid_standard))
		return false;
	sender->standard = ring->cid_standard;
	load_fsk(sender, message, caller_id_message(ring, message), 0, IN_CALL_MARK_BITS);
	return true;
}

bool caller_id_load_lamp(struct caller_id *sender, uint32_t standard, bool lit)
{
	const unsigned char message[] = { MESSAGE_WAITING, 3, LAMP, 1, lit ? 0xff : 0x00 };

	if (!is_fsk(standard))
		return false;
	sender->standard = standard;
	load_fsk(sender, message, sizeof(message), SEIZURE_BITS, MARK_BITS);
	return true;
}

bool caller_id_step(struct caller_id *sender, short *audio, size_t count)
{
	int filled = sender->standard == TN_CID_ETSI_DTMF ? dtmf_tx(sender->dtmf, audio, (int)count)
							   : adsi_tx(sender->fsk, audio, (int)count);
	size_t done = filled < 0 ? 0 : (size_t)filled;

	if (done >= count)
		return false;
	memset(audio + done, 0, (count - done) * sizeof(*audio));
	return true;
}

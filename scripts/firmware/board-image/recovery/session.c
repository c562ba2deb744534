#include "session.h"
#include <string.h>

static void say(struct session *session, unsigned kind, const uint8_t *body, size_t length)
{
	uint8_t content[FRAME_CONTENT_MAX], wire[FRAME_WIRE_MAX];
	put16(put8(content, kind | SESSION_ANSWER), session->id);
	memcpy(content + SESSION_HEAD, body, length);
	size_t bytes = frame_encode(content, SESSION_HEAD + length, wire);
	if (port_write(session->port, wire, bytes))
		session->over = 1;
}

static void introduce(struct session *session)
{
	uint8_t body[128];
	uint8_t *at = put16(put8(put8(body, SESSION_VERSION), WINDOW_PARTS), WINDOW_PART_MAX);
	at = put64(put32(at, session->baud), session->disk->bytes);
	at = put8(put32(at, session->window.next), session->records.problem);
	size_t name = strnlen(session->profile, sizeof body - (size_t)(at - body));
	memcpy(at, session->profile, name);
	say(session, SESSION_OPEN, body, (size_t)(at - body) + name);
}

static void change_speed(struct session *session, uint32_t baud)
{
	session->baud = baud;
	(void)port_speed(session->port, baud);
}

static void fall_back(struct session *session, uint64_t now)
{
	session->trial_ends = 0;
	session->heard = now;
	if (session->baud != session->slow)
		change_speed(session, session->slow);
}

static void take_part(struct session *session, const uint8_t *body, size_t length)
{
	const uint8_t *bytes;
	if (length <= 4)
		return;
	window_put(&session->window, get32(body), body + 4, length - 4);
	for (size_t part; (part = window_take(&session->window, &bytes)) > 0;)
		records_take(&session->records, bytes, part);
	session->acknowledge = 1;
}

static void acknowledge(struct session *session)
{
	uint8_t body[9];
	put8(put32(put32(body, session->window.next), session->window.ahead), session->records.problem);
	session->acknowledge = 0;
	say(session, SESSION_DATA, body, sizeof body);
}

static void survey(struct session *session, const uint8_t *body, size_t length)
{
	static uint8_t block[RECORD_MAX];
	uint8_t answer[8 + SESSION_SURVEY_MAX * SESSION_SURVEY_BYTES], hash[SHA256_BYTES];
	struct sha256 sum;
	if (length != 14)
		return;
	uint64_t offset = get64(body);
	uint32_t size = get32(body + 8);
	unsigned count = get16(body + 12);
	if (size == 0 || size > sizeof block || count > SESSION_SURVEY_MAX ||
	    !disk_holds(session->disk, offset, (uint64_t)size * count))
		return;
	uint8_t *at = put64(answer, offset);
	for (unsigned done = 0; done < count; done++, offset += size) {
		/* A block that cannot be read is one that differs. */
		if (disk_read(session->disk, offset, block, size))
			memset(block, 0xa5, size);
		sha256_begin(&sum);
		sha256_add(&sum, block, size);
		sha256_end(&sum, hash);
		memcpy(at, hash, SESSION_SURVEY_BYTES);
		at += SESSION_SURVEY_BYTES;
	}
	say(session, SESSION_SURVEY, answer, (size_t)(at - answer));
}

static void digest(struct session *session, const uint8_t *body, size_t length)
{
	uint8_t answer[12 + 4 + SHA256_BYTES];
	struct digest found;
	if (length != 12 || get32(body + 8) > SESSION_DIGEST_MAX || !disk_holds(session->disk, get64(body), get32(body + 8)))
		return;
	memcpy(answer, body, 12);
	if (disk_digest(session->disk, get64(body), get32(body + 8), &found)) {
		say(session, SESSION_DIGEST, answer, 12);
		return;
	}
	memcpy(put32(answer + 12, found.crc32), found.sha256, SHA256_BYTES);
	say(session, SESSION_DIGEST, answer, sizeof answer);
}

static void open_session(struct session *session, uint16_t id)
{
	if (id != session->id) {
		session->id = id;
		memset(&session->window, 0, sizeof session->window);
		session->records.have = 0;
		session->records.problem = RECORD_GOOD;
	}
	introduce(session);
}

static void on_frame(struct session *session, const uint8_t *content, size_t length, uint64_t now)
{
	if (length < SESSION_HEAD || content[0] & SESSION_ANSWER)
		return;
	uint16_t id = get16(content + 1);
	const uint8_t *body = content + SESSION_HEAD;
	length -= SESSION_HEAD;
	if (id == 0 || (content[0] != SESSION_OPEN && id != session->id))
		return;
	session->knocks = 0;
	switch (content[0]) {
	case SESSION_OPEN:
		if (length == 1 && body[0] == SESSION_VERSION)
			open_session(session, id);
		break;
	case SESSION_SPEED:
		if (length != 4 || get32(body) < 300)
			return;
		say(session, SESSION_SPEED, body, length);
		change_speed(session, get32(body));
		session->trial_ends = now + SESSION_TRIAL_MS;
		break;
	case SESSION_TEST:
		say(session, SESSION_TEST, body, length);
		break;
	case SESSION_KEEP:
		session->trial_ends = 0;
		say(session, SESSION_KEEP, body, 0);
		break;
	case SESSION_DATA:
		take_part(session, body, length);
		break;
	case SESSION_SURVEY:
		survey(session, body, length);
		break;
	case SESSION_DIGEST:
		digest(session, body, length);
		break;
	case SESSION_END:
		say(session, SESSION_END, body, 0);
		session->over = 1;
		break;
	default:
		break;
	}
}

/* The field tool's knock: CAN four times, Ctrl-C (scripts/flash/console/machine.ts). */
static void listen_for_knock(struct session *session, uint8_t byte)
{
	static const uint8_t knock[] = {0x18, 0x18, 0x18, 0x18, 0x03};
	if (byte != knock[session->knock_at])
		session->knock_at = 0;
	if (byte == knock[session->knock_at])
		session->knock_at++;
	if (session->knock_at < sizeof knock)
		return;
	session->knock_at = 0;
	session->knocks++;
}

void session_begin(struct session *session, uint64_t now)
{
	session->slow = session->baud;
	session->heard = now;
	session->records.disk = session->disk;
	introduce(session);
	session->said = now;
}

void session_hear(struct session *session, const uint8_t *bytes, size_t length, uint64_t now)
{
	uint8_t content[FRAME_CONTENT_MAX];
	for (size_t at = 0; at < length && !session->over; at++) {
		size_t found = frame_take(&session->reader, bytes[at], content);
		listen_for_knock(session, bytes[at]);
		if (found == 0)
			continue;
		session->heard = now;
		on_frame(session, content, found, now);
	}
	if (session->acknowledge)
		acknowledge(session);
	/* Frames and knocks do not come together, but what noise made of frames may look like anything. */
	if (session->knocks >= SESSION_KNOCKS && now - session->heard >= SESSION_KNOCK_MS)
		session->over = 1;
}

int session_tick(struct session *session, uint64_t now)
{
	if (session->trial_ends && now >= session->trial_ends)
		fall_back(session, now);
	if (session->baud != session->slow && now - session->heard >= SESSION_DEAF_MS)
		fall_back(session, now);
	if (now - session->heard >= SESSION_PATIENCE_MS)
		session->over = 1;
	if (session->id == 0 && now - session->said >= SESSION_HELLO_MS) {
		session->said = now;
		introduce(session);
	}
	return 200;
}

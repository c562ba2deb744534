/*
 * The codec against the golden file that the station's is held to (argument: frames.txt), against damage, and the session
 * against whatever has a right checksum. Meant for sanitizers.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "../session.h"

#define DISK_BYTES (1 << 20)

static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

static size_t from_hex(const char *text, uint8_t *bytes)
{
	size_t length = 0;
	for (; text[0] && text[1]; text += 2) {
		char two[3] = {text[0], text[1], 0};
		bytes[length++] = (uint8_t)strtoul(two, NULL, 16);
	}
	return length;
}

static size_t read_wire(const uint8_t *wire, size_t length, uint8_t content[static FRAME_CONTENT_MAX])
{
	static struct frame_reader reader;
	size_t found = 0;
	reader.length = 0;
	for (size_t at = 0; at < length; at++) {
		size_t more = frame_take(&reader, wire[at], content);
		found = more ? more : found;
	}
	return found;
}

static int golden(const char *path)
{
	static char line[3 * FRAME_WIRE_MAX * 2], name[64], plain[2 * FRAME_CONTENT_MAX + 2], coded[2 * FRAME_WIRE_MAX + 2];
	uint8_t content[FRAME_CONTENT_MAX], found[FRAME_CONTENT_MAX], wire[FRAME_WIRE_MAX], expected[FRAME_WIRE_MAX];
	FILE *file = fopen(path, "r");
	int frames = 0;
	if (!file)
		return 0;
	while (fgets(line, sizeof line, file)) {
		if (line[0] == '#' || sscanf(line, "%63s %s %s", name, plain, coded) != 3)
			continue;
		size_t length = from_hex(plain, content), wired = from_hex(coded, expected);
		assert(frame_encode(content, length, wire) == wired && memcmp(wire, expected, wired) == 0);
		assert(read_wire(wire, wired, found) == length && memcmp(found, content, length) == 0);
		/* Cut anywhere, or with any byte changed, it is no frame, or at most a later one's start. */
		for (size_t cut = 1; cut < wired - 1; cut++)
			assert(read_wire(wire, cut, found) == 0);
		for (size_t at = 1; at < wired - 1; at++) {
			wire[at] ^= (uint8_t)(1 + any(255));
			assert(read_wire(wire, wired, found) == 0);
			wire[at] = expected[at];
		}
		frames++;
	}
	fclose(file);
	return frames;
}

static void hostile_session(void)
{
	static struct session session;
	uint8_t content[FRAME_CONTENT_MAX], wire[FRAME_WIRE_MAX], drain[65536];
	char path[] = "/tmp/recovery-codec-XXXXXX";
	int pair[2], file = mkstemp(path);
	struct disk disk;
	assert(file >= 0 && ftruncate(file, DISK_BYTES) == 0 && disk_open(&disk, path) == 0);
	assert(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	struct port port = {.in = pair[0], .out = pair[0]};
	session = (struct session){.port = &port, .disk = &disk, .profile = "test", .baud = 115200};
	session_begin(&session, 1);
	for (int round = 0; round < 20000; round++) {
		size_t length = SESSION_HEAD + any(any(2) ? 32 : FRAME_CONTENT_MAX - SESSION_HEAD);
		for (size_t at = 0; at < length; at++)
			content[at] = (uint8_t)(any(3) ? any(256) : 0);
		content[0] = (uint8_t)(1 + any(7));
		put16(content + 1, any(8) ? 1 : any(65536));
		if (any(2) && content[0] == SESSION_DATA) {
			/* A head that is believed, with whatever in it. */
			uint8_t *head = put32(content + SESSION_HEAD, session.window.next + any(4));
			head[0] = (uint8_t)any(6);
			put64(head + 1, any(4) ? (uint64_t)any(DISK_BYTES / 512 + 2) * 512 : ~(uint64_t)any(4096));
			put32(head + 9, any(4) ? any(200) * 512 : ~any(4096));
			put32(head + 13, any(4) ? any(2000) : ~any(4096));
			put32(head + 21, frame_crc(0, head, 21));
			length = SESSION_HEAD + 4 + RECORD_HEAD + any(400);
		}
		if (content[0] == SESSION_OPEN)
			length = put8(content + SESSION_HEAD, SESSION_VERSION) - content;
		size_t wired = frame_encode(content, length, wire);
		for (uint32_t worn = any(3) ? 0 : any(4); worn > 0; worn--)
			wire[any((uint32_t)wired)] = (uint8_t)any(256);
		session_hear(&session, wire, wired, (uint64_t)round);
		while (recv(pair[1], drain, sizeof drain, MSG_DONTWAIT) > 0)
			;
		assert(disk.bytes == DISK_BYTES && !session.over);
	}
	unlink(path);
}

static void order(void)
{
	static struct window window;
	const uint8_t *bytes;
	uint8_t part[4];
	/* Every part three times, in any order within the window: each comes once, in order. */
	for (uint32_t expected = 0; expected < 5000;) {
		uint32_t number = window.next + any(WINDOW_PARTS + 8) - 4;
		put32(part, number);
		window_put(&window, number, part, sizeof part);
		for (; window_take(&window, &bytes); expected++)
			assert(get32(bytes) == expected);
	}
}

static void hash(void)
{
	/* FIPS 180-4's example of two blocks: 56 bytes. */
	static const char text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	uint8_t digest[SHA256_BYTES], expected[SHA256_BYTES];
	struct sha256 sum;
	from_hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", expected);
	sha256_begin(&sum);
	for (size_t at = 0; at < sizeof text - 1; at += 7)
		sha256_add(&sum, text + at, 7);
	sha256_end(&sum, digest);
	assert(memcmp(digest, expected, sizeof digest) == 0);
}

int main(int argc, char **argv)
{
	assert(argc == 2);
	int frames = golden(argv[1]);
	assert(frames > 0);
	hostile_session();
	order();
	hash();
	printf("recovery: %d golden frames\n", frames);
	return 0;
}

/*
 * The board's program on pipes, with a file for a disk, for tests on the station's own machine: bench PROFILE DISK BAUD.
 * Each new speed is told among what it says, after three zeros, which no frames have.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "session.h"

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void tell_speed(uint32_t baud)
{
	uint8_t words[7] = {0};
	put32(words + 3, baud);
	(void)!write(STDOUT_FILENO, words, sizeof words);
}

int main(int argc, char **argv)
{
	static struct session session;
	static uint8_t bytes[4096];
	struct port port = {.in = STDIN_FILENO, .out = STDOUT_FILENO, .changed = tell_speed};
	struct disk disk;
	if (argc != 4 || disk_open(&disk, argv[2]))
		return 64;
	session.baud = (uint32_t)strtoul(argv[3], NULL, 10);
	session.port = &port;
	session.profile = argv[1];
	session.disk = &disk;
	session_begin(&session, now_ms());
	while (!session.over) {
		int got = port_read(&port, bytes, sizeof bytes, session_tick(&session, now_ms()));
		if (got < 0)
			return 1;
		session_hear(&session, bytes, (size_t)got, now_ms());
	}
	return 0;
}

/*
 * /init of the recovery image: the only program there is. It opens the serial console and the disk that /board names, has
 * the disk written as the station says, and starts the board anew when that is done, or when nobody is there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>
#include "session.h"

#define DISK_PATIENCE_MS 10000

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Three lines: hardware profile, device of the console, device of the disk. */
static int read_board(char lines[3][64])
{
	FILE *file = fopen("/board", "r");
	if (!file)
		return 0;
	int read = 0;
	while (read < 3 && fgets(lines[read], sizeof lines[read], file)) {
		lines[read][strcspn(lines[read], "\n")] = '\0';
		read++;
	}
	fclose(file);
	return read == 3;
}

static void start_anew(void)
{
	sync();
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

int main(void)
{
	static struct session session;
	static uint8_t bytes[4096];
	char board[3][64];
	struct port port = {0};
	struct disk disk;
	/* The kernel gives words of its command line that it does not know to its first program. */
	const char *baud = getenv("baud");
	(void)mount("dev", "/dev", "devtmpfs", 0, NULL);
	if (!read_board(board) || port_open(&port, board[1]))
		start_anew();
	session.baud = baud ? (uint32_t)strtoul(baud, NULL, 10) : 115200;
	(void)port_speed(&port, session.baud);
	for (uint64_t began = now_ms(); disk_open(&disk, board[2]);) {
		if (now_ms() - began > DISK_PATIENCE_MS)
			start_anew();
		usleep(20000);
	}
	session.port = &port;
	session.profile = board[0];
	session.disk = &disk;
	session_begin(&session, now_ms());
	while (!session.over) {
		int got = port_read(&port, bytes, sizeof bytes, session_tick(&session, now_ms()));
		if (got < 0)
			break;
		session_hear(&session, bytes, (size_t)got, now_ms());
	}
	/* The last answer leaves first. */
	(void)port_speed(&port, session.baud);
	start_anew();
}

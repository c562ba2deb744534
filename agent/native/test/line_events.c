/* The event stream: order, escapes, and what happens when nobody reads. */
#include "line_rig.h"
#include "events.h"

#include <pthread.h>
#include <sys/socket.h>

static void escapes(void)
{
	char out[64], small[6];

	CHECK_TEXT(tn_json_escape(out, sizeof(out), "a\"b\\c\n\x01", 7), "a\\\"b\\\\c\\u000a\\u0001");
	CHECK_TEXT(tn_json_escape(out, sizeof(out), "H\xc3\xa9l\xc3\xa8ne \xf0\x9f\x93\x9e", 13), "H\xc3\xa9l\xc3\xa8ne \xf0\x9f\x93\x9e");
	CHECK_TEXT(tn_json_escape(out, sizeof(out), "\xe9t\xe9", 3), "\xef\xbf\xbdt\xef\xbf\xbd");
	CHECK_TEXT(tn_json_escape(out, sizeof(out), "\xc0\xaf\xed\xa0\x80\xf5", 6),
		   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	CHECK_TEXT(tn_json_escape(out, sizeof(out), "a\0b", 3), "a\\u0000b");
	CHECK_TEXT(tn_json_escape(out, sizeof(out), "\xe2\x82", 2), "\xef\xbf\xbd\xef\xbf\xbd");
	CHECK_TEXT(tn_json_escape(small, sizeof(small), "abc\x01", 4), "abc"); /* no half escape */
	CHECK_TEXT(tn_json_escape(small, sizeof(small), "abcd\xc3\xa9", 6), "abcd");
	CHECK_TEXT(tn_json_escape(out, 1, "abc", 3), "");
}

/* Reads everything and checks each line; returns the number of lines, the last sequence number and `dropped`. */
static unsigned drain(int fd, unsigned long long *last, unsigned long long *dropped)
{
	static char text[1 << 20];
	size_t used = 0;
	unsigned lines = 0;
	ssize_t got;

	for (;;) {
		tn_events_flush();
		got = read(fd, text + used, sizeof(text) - used - 1);
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	text[used] = '\0';
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
		unsigned long long sequence = 0, time = 0;
		int fields = sscanf(line, "{\"seq\":%llu,\"t\":%llu,\"dropped\":%llu,", &sequence, &time, dropped);

		if (fields != 3 || end[-1] != '}' || (*last && sequence != *last + 1))
			CHECK(!"a whole line in sequence");
		*last = sequence;
	}
	CHECK(used == 0 || text[used - 1] == '\n');
	return lines;
}

static void back_pressure(void)
{
	unsigned long long last = 0, dropped = 0;
	char filling[3000];
	unsigned lines, emitted = 2000;
	int fd = -1;

	memset(filling, 'x', sizeof(filling) - 1);
	filling[sizeof(filling) - 1] = '\0';
	CHECK_INT(tn_events_open(&fd), 0);
	for (unsigned i = 0; i < emitted; i++)
		tn_emit("\"event\":\"filling\",\"text\":\"%.*s\"", (int)(100 + i % 2900), filling);
	lines = drain(fd, &last, &dropped);
	CHECK(lines > 10 && lines < emitted);
	CHECK_INT(last, lines);
	tn_emit("\"event\":\"after\"");
	CHECK_INT(drain(fd, &last, &dropped), 1);
	CHECK_INT(dropped, emitted - lines);
	/* A line beyond the limit is dropped whole. */
	tn_emit("\"event\":\"%0*d\"", TN_EVENT_MAX, 0);
	CHECK_INT(drain(fd, &last, &dropped), 0);
	tn_emit("\"event\":\"after\"");
	CHECK_INT(drain(fd, &last, &dropped), 1);
	CHECK_INT(dropped, emitted - lines + 1);
	close(fd);
	tn_emit("\"event\":\"unheard\""); /* no SIGPIPE, no harm */
	tn_events_close();
	tn_emit("\"event\":\"unheard\"");
}

/* A socket with room for half a line only: the rest must follow before anything else, and what comes meanwhile is lost
 * whole. */
static void half_line(void)
{
	unsigned long long last = 0, dropped = 0;
	char filling[TN_EVENT_MAX - 200];
	unsigned lines = 0;
	int fd = -1, smallest = 1;

	memset(filling, 'y', sizeof(filling) - 1);
	filling[sizeof(filling) - 1] = '\0';
	CHECK_INT(tn_events_open(&fd), 0);
	/* The writer's end is the descriptor after the reader's. The kernel makes the buffer as small as it can. */
	CHECK_INT(setsockopt(fd + 1, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof(smallest)), 0);
	for (unsigned round = 0; round < 200; round++) {
		char head[64];

		tn_emit("\"event\":\"long\",\"text\":\"%s\"", filling);
		tn_emit("\"event\":\"lost\"");
		if (round == 0) { /* only a part went out, and it is not the end of the line */
			ssize_t got = recv(fd, filling + 1, sizeof(filling) - 2, MSG_PEEK);

			CHECK(got > 0 && !memchr(filling + 1, '\n', (size_t)got));
			memset(filling, 'y', sizeof(filling) - 1);
			CHECK(recv(fd, head, sizeof(head), MSG_PEEK) > 0 && head[0] == '{');
		}
		lines += drain(fd, &last, &dropped);
	}
	CHECK_INT(lines, 200);
	CHECK_INT(last, 200);
	CHECK_INT(dropped, 199); /* told by the last line: one lost in each round before */
	close(fd);
	tn_events_close();
}

static void *emit_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < 500; i++)
		tn_emit("\"event\":\"thread\",\"i\":%d", i);
	return NULL;
}

static void threads(void)
{
	unsigned long long last = 0, dropped = 0;
	pthread_t thread[4];
	unsigned lines;
	int fd = -1;

	CHECK_INT(tn_events_open(&fd), 0);
	CHECK_INT(tn_events_open(&fd), -EALREADY);
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, emit_many, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	lines = drain(fd, &last, &dropped);
	tn_emit("\"event\":\"after\"");
	CHECK_INT(drain(fd, &last, &dropped), 1);
	CHECK_INT(lines + dropped, 2000);
	tn_events_close();
	CHECK_INT(read(fd, &lines, 1), 0); /* the reader sees the end */
	close(fd);
}

int main(void)
{
	escapes();
	back_pressure();
	half_line();
	threads();
	return check_summary("line_events");
}

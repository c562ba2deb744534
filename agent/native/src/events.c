/* Events as JSON lines over a stream socketpair. One buffer holds the line in flight: when the socket takes only a part of
 * it, the rest stays there and goes out first; what is emitted meanwhile is dropped whole and counted. So the reader sees
 * complete lines only, whatever its pace. */
#include "events.h"
#include "engine.h"
#include "lock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct {
	pthread_mutex_t lock;
	int fd;                  /* the writer's end, -1 when closed */
	uint64_t sequence;       /* of the last line handed to the socket */
	uint64_t dropped;
	size_t offset, length;   /* unsent part of `line` */
	atomic_bool pending;     /* offset < length, readable without the lock */
	char line[TN_EVENT_MAX];
} events = { .fd = -1 };

LOCK_CONSTRUCTOR static void make_lock(void)
{
	lock_init(&events.lock);
}

uint64_t tn_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

int tn_events_open(int *reader_fd)
{
	int ends[2];
	int result = 0;

	pthread_mutex_lock(&events.lock);
	if (events.fd >= 0) {
		result = -EALREADY;
	} else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends)) {
		result = -errno;
	} else {
		events.fd = ends[1];
		events.sequence = events.dropped = 0;
		events.offset = events.length = 0;
		atomic_store(&events.pending, false);
		*reader_fd = ends[0];
	}
	pthread_mutex_unlock(&events.lock);
	return result;
}

void tn_events_close(void)
{
	pthread_mutex_lock(&events.lock);
	if (events.fd >= 0)
		close(events.fd);
	events.fd = -1;
	atomic_store(&events.pending, false);
	pthread_mutex_unlock(&events.lock);
}

/* Sends what is left of the line in flight; returns the bytes taken. Call with the lock held. */
static size_t push(void)
{
	size_t taken = 0;

	while (events.offset < events.length) {
		ssize_t sent = send(events.fd, events.line + events.offset, events.length - events.offset,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			break; /* full, or the reader has gone: both are the reader's choice */
		events.offset += (size_t)sent;
		taken += (size_t)sent;
	}
	atomic_store(&events.pending, events.offset < events.length);
	return taken;
}

void tn_events_flush(void)
{
	if (!atomic_load_explicit(&events.pending, memory_order_relaxed))
		return;
	pthread_mutex_lock(&events.lock);
	if (events.fd >= 0)
		push();
	pthread_mutex_unlock(&events.lock);
}

/* Writes the line into the buffer; false when it does not fit. Call with the lock held. */
static bool compose(const char *body, va_list values)
{
	int head = snprintf(events.line, sizeof(events.line),
			    "{\"seq\":%" PRIu64 ",\"t\":%" PRIu64 ",\"dropped\":%" PRIu64 ",", events.sequence + 1,
			    tn_monotonic_us(), events.dropped);
	size_t room = sizeof(events.line) - (size_t)head - 2; /* for the closing brace and the newline */
	int size = vsnprintf(events.line + head, room, body, values);

	if (size < 0 || (size_t)size >= room)
		return false;
	events.offset = 0;
	events.length = (size_t)head + (size_t)size;
	events.line[events.length++] = '}';
	events.line[events.length++] = '\n';
	return true;
}

void tn_emit(const char *body, ...)
{
	va_list values;

	va_start(values, body);
	pthread_mutex_lock(&events.lock);
	if (events.fd >= 0) {
		if (events.offset < events.length)
			push();
		if (events.offset < events.length || !compose(body, values)) {
			events.dropped++;
		} else if (push() == 0) {
			events.offset = events.length = 0; /* nothing of it went out: forget it whole */
			atomic_store(&events.pending, false);
			events.dropped++;
		} else {
			events.sequence++;
		}
	}
	pthread_mutex_unlock(&events.lock);
	va_end(values);
}

/* Length of the UTF-8 sequence at `text` (1 … 4), 0 when it is not one (RFC 3629: no overlong form, no surrogate). */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;

	if (length == 0 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

char *tn_json_escape(char *out, size_t capacity, const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t written = 0;

	if (capacity == 0)
		return out;
	for (size_t i = 0; i < length;) {
		char piece[8];
		size_t taken = utf8_length(bytes + i, length - i);
		size_t size;

		if (taken == 0) {
			size = (size_t)snprintf(piece, sizeof(piece), "\xef\xbf\xbd");
			taken = 1;
		} else if (bytes[i] == '"' || bytes[i] == '\\') {
			size = (size_t)snprintf(piece, sizeof(piece), "\\%c", bytes[i]);
		} else if (bytes[i] < 0x20 || bytes[i] == 0x7f) {
			size = (size_t)snprintf(piece, sizeof(piece), "\\u%04x", bytes[i]);
		} else {
			size = taken;
			for (size_t k = 0; k < taken; k++)
				piece[k] = text[i + k];
		}
		if (written + size >= capacity)
			break; /* never half a character or half an escape */
		for (size_t k = 0; k < size; k++)
			out[written++] = piece[k];
		i += taken;
	}
	out[written] = '\0';
	return out;
}

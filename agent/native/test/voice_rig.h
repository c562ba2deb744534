/* For tests of the voice room: the engine on loopback, its events as text, sipp as the far end. */
#ifndef TN_TEST_VOICE_RIG_H
#define TN_TEST_VOICE_RIG_H

#include "check.h"
#include "engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ports of this run, from rig.base on; sipp takes three ports from a media port on. */
#define RIG_BOX_PORT ((uint16_t)rig.base)
#define RIG_FAR_PORT ((uint16_t)(rig.base + 2))
#define RIG_PEER_PORT ((uint16_t)(rig.base + 4))
#define RIG_MEDIA_PORT ((uint16_t)(rig.base + 6))
#define RIG_PEER_MEDIA_PORT ((uint16_t)(rig.base + 12))
#define RIG_RTP_MIN (rig.base + 20)
#define RIG_RTP_MAX (rig.base + 58)
#define RIG_PORTS 60
/* The Makefile runs tests from the folder above. */
#define RIG_DIRECTORY "test"
#define RIG_TEXTS 16
#define RIG_SHOWN 4000                /* characters of the last events, shown when one is missing */

extern char **environ;

static struct {
	int events;
	char text[1 << 18];            /* everything told so far */
	size_t length, seen;           /* `seen`: where the next wait begins */
	pid_t far;
	unsigned base;
	char texts[RIG_TEXTS][8];
	unsigned text_count;
} rig;

/* A port as an argument of sipp; the last RIG_TEXTS of them stay. */
static inline const char *rig_port(uint16_t port)
{
	char *text = rig.texts[rig.text_count++ % RIG_TEXTS];

	snprintf(text, sizeof(rig.texts[0]), "%u", port);
	return text;
}

/* The box as an address for sipp to call. */
static inline const char *rig_box(void)
{
	static char text[32];

	snprintf(text, sizeof(text), "127.0.0.1:%u", RIG_BOX_PORT);
	return text;
}

static bool rig_is_free(int type, unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;
	bool is_free;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	is_free = fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address));
	if (fd >= 0)
		close(fd);
	return is_free;
}

/* Several runs of the tests share a machine: each takes a block of ports that nobody has, below the kernel's own range. */
static inline bool rig_take_ports(void)
{
	for (unsigned block = (unsigned)getpid(), tries = 0; tries < 350; block++, tries++) {
		unsigned port = 0;

		rig.base = 10000 + block % 350 * RIG_PORTS;
		while (port < RIG_PORTS && rig_is_free(SOCK_DGRAM, rig.base + port) && rig_is_free(SOCK_STREAM, rig.base + port))
			port++;
		if (port == RIG_PORTS)
			return true;
	}
	return false;
}

/* Starts a program without a terminal or words of its own. */
static pid_t rig_start(const char *const *arguments)
{
	posix_spawn_file_actions_t actions;
	pid_t child = -1;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	if (posix_spawnp(&child, arguments[0], &actions, NULL, (char **)(uintptr_t)arguments, environ))
		child = -1;
	posix_spawn_file_actions_destroy(&actions);
	CHECK(child > 0);
	return child;
}

static pid_t rig_sipp(const char *scenario, const char *const *more)
{
	char path[512];
	const char *arguments[32] = { "sipp", "-sf", path, "-nostdin", "-i", "127.0.0.1" };
	unsigned count = 6;

	snprintf(path, sizeof(path), "%s/sip/%s", RIG_DIRECTORY, scenario);
	while (*more && count < 31)
		arguments[count++] = *more++;
	return rig_start(arguments);
}

/* Waits for a sipp that makes one call; 0 when its scenario went as written. */
static inline int rig_result(pid_t child)
{
	int status = -1;

	for (int i = 0; i < 1000 && waitpid(child, &status, WNOHANG) == 0; i++)
		usleep(10000);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void rig_read(int timeout_ms)
{
	struct pollfd poll_fd = { rig.events, POLLIN, 0 };
	ssize_t count;

	if (poll(&poll_fd, 1, timeout_ms) <= 0)
		return;
	count = read(rig.events, rig.text + rig.length, sizeof(rig.text) - 1 - rig.length);
	if (count > 0)
		rig.length += (size_t)count;
	rig.text[rig.length] = '\0';
}

/* Lets go of the whole lines told so far: a test may hear more than there is room for. */
static inline void rig_forget(void)
{
	const char *last = memrchr(rig.text, '\n', rig.length);
	size_t whole = last ? (size_t)(last + 1 - rig.text) : 0;

	rig.length -= whole;
	memmove(rig.text, rig.text + whole, rig.length + 1);
	rig.seen = 0;
}

/* Waits for an event line that contains both texts (`second` may be NULL), after the one found last; "" when none comes. */
static const char *rig_wait(const char *first, const char *second, int timeout_ms)
{
	static char line[8192];
	uint64_t until = tn_monotonic_us() + (uint64_t)timeout_ms * 1000;

	do {
		char *begin = rig.text + rig.seen, *end;

		while ((end = strchr(begin, '\n'))) {
			size_t length = (size_t)(end - begin) < sizeof(line) - 1 ? (size_t)(end - begin) : sizeof(line) - 1;

			memcpy(line, begin, length);
			line[length] = '\0';
			rig.seen = (size_t)(end + 1 - rig.text);
			begin = end + 1;
			if (strstr(line, first) && (!second || strstr(line, second)))
				return line;
		}
		rig_read(20);
	} while (tn_monotonic_us() < until);
	printf("no event with %s and %s in:\n%s", first, second ? second : "-",
	       rig.length > RIG_SHOWN ? rig.text + rig.length - RIG_SHOWN : rig.text);
	return "";
}

/* How many event lines that contain the text came since `from`, a former rig.length. */
static inline int rig_count(size_t from, const char *text)
{
	int count = 0;

	rig_read(50);
	for (const char *found = rig.text + from; (found = strstr(found, text)); found += strlen(text))
		count++;
	return count;
}

static inline long rig_number(const char *event, const char *member)
{
	char key[64];
	const char *found;

	snprintf(key, sizeof(key), "\"%s\":", member);
	found = strstr(event, key);
	return found ? strtol(found + strlen(key), NULL, 10) : -1;
}

static inline void rig_account(struct tn_account *account, const char *password)
{
	memset(account, 0, sizeof(*account));
	account->size = sizeof(*account);
	account->expires_s = 60;
	account->proxy_port = RIG_FAR_PORT;
	account->codecs[0] = TN_CODEC_PCMA;
	account->codecs[1] = TN_CODEC_PCMU;
	strcpy(account->user, "alice");
	strcpy(account->password, password);
	strcpy(account->domain, "tonalite.test");
	strcpy(account->proxy, "127.0.0.1");
	strcpy(account->display_name, "Alice \"A\"");
}

/* The engine alone, on ports of its own. */
static inline int rig_open_engine(void)
{
	struct tn_config config = { .size = sizeof(config), .lines = 2, .dscp_media = 46, .dscp_signalling = 24 };

	if (!rig_take_ports())
		return -EADDRINUSE;
	config.sip_port = RIG_BOX_PORT;
	config.rtp_port_min = RIG_RTP_MIN;
	config.rtp_port_max = RIG_RTP_MAX;
	strcpy(config.backend, "sim");
	strcpy(config.local_address, "127.0.0.1");
	strcpy(config.user_agent, "Tonalite test");
	return tn_open(&config, &rig.events);
}

/* The engine, and sipp as registrar and far end. */
static inline int rig_open(void)
{
	int result = rig_open_engine();

	if (result)
		return result;
	rig.far = rig_sipp("far-end.xml", (const char *const[]){ "-p", rig_port(RIG_FAR_PORT), "-mp", rig_port(RIG_MEDIA_PORT),
								 "-rtp_echo", "-timeout", "100s", "-deadcall_wait", "0",
								 NULL });
	return 0;
}

static inline void rig_close(void)
{
	uint64_t before = tn_monotonic_us();

	CHECK_INT(tn_close(), 0);
	CHECK(tn_monotonic_us() - before < 2000000);
	close(rig.events);
	if (rig.far <= 0)
		return;
	kill(rig.far, SIGTERM);
	waitpid(rig.far, NULL, 0);
}

#endif

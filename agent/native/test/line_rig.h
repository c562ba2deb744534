/* A line room without a voice room: the test is the media clock and steps the lines as fast as it likes. Including this
 * brings stand-ins of the voice room, which then stays out of the program. */
#ifndef TN_TEST_LINE_RIG_H
#define TN_TEST_LINE_RIG_H

#include "check.h"
#include "engine.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static char rig_voice_digits[256];  /* "+1-1": digit 1 began, digit 1 ended */
static int rig_voice_result;        /* what tn_voice_open answers */
static char rig_events[65536];      /* read since rig_open or rig_clear_events */
static int rig_fd = -1;
static char rig_heard_json[2048];

int tn_voice_open(const struct tn_config *config)
{
	(void)config;
	return rig_voice_result;
}

void tn_voice_close(void) {}

void tn_voice_digit(int line, char digit, int on)
{
	size_t used = strlen(rig_voice_digits);

	(void)line;
	if (used + 3 < sizeof(rig_voice_digits))
		snprintf(rig_voice_digits + used, sizeof(rig_voice_digits) - used, "%c%c", on ? '+' : '-', digit);
}

static inline struct tn_config rig_config(void)
{
	struct tn_config config = { .size = sizeof(config), .lines = 2, .backend = "sim" };

	return config;
}

static inline void rig_open(void)
{
	struct tn_config config = rig_config();

	rig_voice_digits[0] = rig_events[0] = '\0';
	CHECK_INT(tn_open(&config, &rig_fd), 0);
}

static inline void rig_close(void)
{
	tn_close();
	close(rig_fd);
	rig_fd = -1;
}

static inline void rig_read(void)
{
	size_t used = strlen(rig_events);
	ssize_t got;

	while (used + 1 < sizeof(rig_events) && (got = read(rig_fd, rig_events + used, sizeof(rig_events) - used - 1)) > 0)
		used += (size_t)got;
	rig_events[used] = '\0';
}

static inline void rig_clear_events(void)
{
	rig_read();
	rig_events[0] = '\0';
}

/* How many events of line 0 contain `text`. */
static inline int rig_count(const char *text)
{
	int count = 0;

	rig_read();
	for (const char *at = rig_events; (at = strstr(at, text)); at += strlen(text))
		count++;
	return count;
}

/* Steps line 0 for `ms` with network audio (NULL: none); `from` takes the last frame when not NULL. */
static inline void rig_run_with(unsigned ms, const int16_t *to_phone, int16_t *from)
{
	int16_t audio[TN_FRAME];

	for (unsigned i = 0; i < ms / 20; i++)
		tn_line_exchange(0, to_phone, from ? from : audio);
}

static inline void rig_run(unsigned ms)
{
	rig_run_with(ms, NULL, NULL);
}

static inline void rig_lift(void)
{
	CHECK_INT(tn_sim_hook(0, 1), 0);
	rig_run(100);
}

static inline const char *rig_heard(void)
{
	CHECK(tn_sim_heard(0, rig_heard_json, sizeof(rig_heard_json)) > 0);
	return rig_heard_json;
}

/* Numbers of the array member `name` of an object; returns how many. */
static inline unsigned rig_numbers_in(const char *json, const char *name, double numbers[16])
{
	const char *at = strstr(json, name);
	unsigned count = 0;

	if (!at || !(at = strchr(at, '[')))
		return 0;
	for (at++; *at && *at != ']' && count < 16;) {
		char *end;

		numbers[count++] = strtod(at, &end);
		at = *end == ',' ? end + 1 : end;
	}
	return count;
}

static inline double rig_number_in(const char *json, const char *name)
{
	const char *at = strstr(json, name);

	return at && (at = strchr(at, ':')) ? strtod(at + 1, NULL) : -1e9;
}

/* The same of what the telephone on line 0 heard. */
static inline unsigned rig_numbers(const char *name, double numbers[16])
{
	return rig_numbers_in(rig_heard(), name, numbers);
}

static inline double rig_number(const char *name)
{
	return rig_number_in(rig_heard(), name);
}

#endif

#include "watchdog.h"

#include "../args.h"
#include "../engine.h"
#include "stream.h"
#include "switchboard.h"

#include <pthread.h>
#include <stdatomic.h>

static struct {
	pthread_mutex_t lock;          /* guards `tone` */
	struct tn_tone tone;
	atomic_uint_fast64_t until_us; /* 0: not watched */
	atomic_bool expired;
	uint32_t lines, seconds;
	bool sounding[TN_MAX_LINES];   /* our tone is on; media thread only */
} watchdog = { .lock = PTHREAD_MUTEX_INITIALIZER };

void watchdog_open(uint32_t lines)
{
	watchdog.lines = lines;
	atomic_store(&watchdog.until_us, 0);
	atomic_store(&watchdog.expired, false);
	for (int line = 0; line < TN_MAX_LINES; line++)
		watchdog.sounding[line] = false;
}

bool watchdog_expired(void)
{
	return atomic_load(&watchdog.expired);
}

static void sound(int line, bool on)
{
	struct tn_tone tone;

	if (watchdog.sounding[line] == on)
		return;
	watchdog.sounding[line] = on;
	pthread_mutex_lock(&watchdog.lock);
	tone = watchdog.tone;
	pthread_mutex_unlock(&watchdog.lock);
	(void)tn_line_tone(line, on ? &tone : NULL);
}

static void look_after(int line, bool expired)
{
	if (expired)
		(void)tn_line_ring(line, NULL);
	sound(line, expired && tn_line_off_hook(line) == 1 && !streams_sound(line));
}

void watchdog_step(void)
{
	uint64_t until = atomic_load(&watchdog.until_us);
	bool was = atomic_load(&watchdog.expired), now = until && tn_monotonic_us() > until;

	if (now != was) {
		atomic_store(&watchdog.expired, now);
		if (now)
			tn_emit("\"event\":\"fault\",\"line\":-1,\"code\":%d,\"message\":\"the agent has been silent for %u s\"",
				ETIME, watchdog.seconds);
	}
	if (!now && !was)
		return;
	for (uint32_t line = 0; line < watchdog.lines; line++)
		look_after((int)line, now);
}

int32_t tn_watch(uint32_t seconds, const struct tn_tone *tone)
{
	struct tn_tone own;
	int result = 0;

	if (!switchboard_has_line(0))
		return -ENODEV;
	if (seconds) {
		result = args_copy(&own, sizeof(own), tone);
		if (!result && (own.segments < 1 || own.segments > TN_TONE_SEGMENTS || seconds > 3600))
			result = -EINVAL;
		if (result)
			return result;
		pthread_mutex_lock(&watchdog.lock);
		watchdog.tone = own;
		pthread_mutex_unlock(&watchdog.lock);
		watchdog.seconds = seconds;
	}
	atomic_store(&watchdog.until_us, seconds ? tn_monotonic_us() + (uint64_t)seconds * 1000000u : 0);
	return 0;
}

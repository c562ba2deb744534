#include "switchboard.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

struct slot {
	bool account, incoming;
	int32_t call;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot slots[TN_MAX_LINES];
static uint32_t line_count;
static int32_t last_call;         /* survives close: a handle is never reused within a process */

void switchboard_open(uint32_t lines)
{
	pthread_mutex_lock(&lock);
	memset(slots, 0, sizeof(slots));
	line_count = lines;
	pthread_mutex_unlock(&lock);
}

void switchboard_close(void)
{
	switchboard_open(0);
}

static bool known(int line)
{
	return line >= 0 && (uint32_t)line < line_count;
}

bool switchboard_has_line(int line)
{
	bool result;

	pthread_mutex_lock(&lock);
	result = known(line);
	pthread_mutex_unlock(&lock);
	return result;
}

void switchboard_set_account(int line, bool present)
{
	pthread_mutex_lock(&lock);
	if (known(line))
		slots[line].account = present;
	pthread_mutex_unlock(&lock);
}

static int32_t next_call(void)
{
	last_call = last_call == INT32_MAX ? 1 : last_call + 1;
	return last_call;
}

int32_t switchboard_number(void)
{
	int32_t result;

	pthread_mutex_lock(&lock);
	result = next_call();
	pthread_mutex_unlock(&lock);
	return result;
}

int32_t switchboard_take(int line, bool incoming)
{
	int32_t result;

	pthread_mutex_lock(&lock);
	if (!known(line)) {
		result = -ENODEV;
	} else if (!slots[line].account) {
		result = -ENOTCONN;
	} else if (slots[line].call) {
		result = -EBUSY;
	} else {
		slots[line].call = result = next_call();
		slots[line].incoming = incoming;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

void switchboard_release(int line, int32_t call)
{
	pthread_mutex_lock(&lock);
	if (known(line) && slots[line].call == call)
		slots[line].call = 0;
	pthread_mutex_unlock(&lock);
}

int switchboard_find(int32_t call, bool *incoming)
{
	int result = -ENOENT;

	pthread_mutex_lock(&lock);
	for (uint32_t line = 0; line < line_count; line++) {
		if (call <= 0 || slots[line].call != call)
			continue;
		result = (int)line;
		if (incoming)
			*incoming = slots[line].incoming;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

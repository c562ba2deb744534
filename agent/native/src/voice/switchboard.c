#include "switchboard.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

struct slot {
	unsigned limit;                /* calls at once; 0: no account */
	int32_t call[TN_LINE_CALLS];   /* 0: free */
	bool incoming[TN_LINE_CALLS];
	bool aside[TN_LINE_CALLS];     /* keeps nobody out */
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

void switchboard_set_account(int line, unsigned calls)
{
	pthread_mutex_lock(&lock);
	if (known(line))
		slots[line].limit = calls;
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

/* A free place of a line, or -EBUSY. */
static int free_place(const struct slot *slot)
{
	int found = -EBUSY;
	unsigned taken = 0;

	for (int i = TN_LINE_CALLS - 1; i >= 0; i--) {
		if (slot->call[i])
			taken += !slot->aside[i];
		else
			found = i;
	}
	return taken < slot->limit ? found : -EBUSY;
}

int32_t switchboard_take(int line, bool incoming)
{
	int32_t result;

	pthread_mutex_lock(&lock);
	if (!known(line)) {
		result = -ENODEV;
	} else if (!slots[line].limit) {
		result = -ENOTCONN;
	} else {
		int place = free_place(&slots[line]);

		result = place;
		if (place >= 0) {
			slots[line].call[place] = result = next_call();
			slots[line].incoming[place] = incoming;
			slots[line].aside[place] = false;
		}
	}
	pthread_mutex_unlock(&lock);
	return result;
}

void switchboard_put_aside(int line, int32_t call)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; known(line) && i < TN_LINE_CALLS; i++)
		if (slots[line].call[i] == call)
			slots[line].aside[i] = true;
	pthread_mutex_unlock(&lock);
}

void switchboard_release(int line, int32_t call)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; known(line) && i < TN_LINE_CALLS; i++)
		if (slots[line].call[i] == call)
			slots[line].call[i] = 0;
	pthread_mutex_unlock(&lock);
}

void switchboard_hand_over(int line, int32_t from, int32_t to)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; known(line) && i < TN_LINE_CALLS; i++)
		if (slots[line].call[i] == from) {
			slots[line].call[i] = to;
			slots[line].incoming[i] = true;
		}
	pthread_mutex_unlock(&lock);
}

int switchboard_find(int32_t call, bool *incoming)
{
	int result = -ENOENT;

	pthread_mutex_lock(&lock);
	for (uint32_t i = 0; call > 0 && i < line_count * TN_LINE_CALLS; i++) {
		const struct slot *slot = &slots[i / TN_LINE_CALLS];

		if (slot->call[i % TN_LINE_CALLS] != call)
			continue;
		result = (int)(i / TN_LINE_CALLS);
		if (incoming)
			*incoming = slot->incoming[i % TN_LINE_CALLS];
	}
	pthread_mutex_unlock(&lock);
	return result;
}

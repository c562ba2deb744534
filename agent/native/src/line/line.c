/* The lines: opened and closed as one, and what is put on their wires. */
#include "line/line.h"
#include "line/dahdi.h"
#include "lock.h"

#include <errno.h>
#include <spandsp.h>
#include <stdatomic.h>
#include <string.h>

/* Until tn_line_setup says better: what most of Europe's telephones do. */
#define DEFAULT_FLASH_MIN_MS 80
#define DEFAULT_FLASH_MAX_MS 500
#define DEFAULT_OFFHOOK_MS 40

static struct line lines[TN_MAX_LINES];
static const struct line_driver *const drivers[] = {
	&line_driver_sim,
#ifdef TN_HAVE_DAHDI
	&line_driver_dahdi,
#endif
};
static _Atomic(const struct line_driver *) driver;

LOCK_CONSTRUCTOR static void make_locks(void)
{
	for (int i = 0; i < TN_MAX_LINES; i++) {
		lock_init(&lines[i].lock);
		lines[i].number = i;
	}
}

const struct line_driver *line_driver_in_use(void)
{
	return atomic_load(&driver);
}

static void free_line(struct line *line)
{
	line->open = false;
	keys_close(&line->keys);
	(void)line_echo_set(&line->echo, 0);
	if (line->playout)
		dtmf_tx_free(line->playout);
	caller_id_close(&line->ringer.burst.sender);
	line->playout = NULL;
}

static int open_line(struct line *line)
{
	line->hook = (struct hook){ .limits = { .flash_min_ms = DEFAULT_FLASH_MIN_MS, .flash_max_ms = DEFAULT_FLASH_MAX_MS,
						.offhook_ms = DEFAULT_OFFHOOK_MS } };
	line->pulsed = 0;
	line->loop = line->bell = false;
	line->digit = 0;
	line->fault = line->lost = 0;
	line->gain_to_phone = line->gain_from_phone = 1.0f;
	line->tone = (struct tone_player){ 0 };
	line->ringer = (struct ringer){ 0 };
	line->identify = (struct identify){ 0 };
	line->reversed = line->base_reversed = false;
	line->playout = dtmf_tx_init(NULL);
	if (keys_open(&line->keys) || !line->playout || caller_id_open(&line->ringer.burst.sender)) {
		free_line(line);
		return -ENOMEM;
	}
	line_reset_keys(line);
	line->open = true;
	return 0;
}

int tn_lines_open(const struct tn_config *config)
{
	const struct line_driver *found = NULL;
	int result;

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i]->name, config->backend) == 0)
			found = drivers[i];
	if (!found)
		return -EPROTONOSUPPORT;
	result = found->open(config->lines);
	if (result)
		return result;
	atomic_store(&driver, found);
	for (uint32_t i = 0; i < config->lines && !result; i++) {
		pthread_mutex_lock(&lines[i].lock);
		result = open_line(&lines[i]);
		pthread_mutex_unlock(&lines[i].lock);
	}
	if (result)
		tn_lines_close();
	return result;
}

void tn_lines_close(void)
{
	const struct line_driver *used = atomic_load(&driver);

	if (!used)
		return;
	for (int i = 0; i < TN_MAX_LINES; i++) {
		struct line *line = &lines[i];

		pthread_mutex_lock(&line->lock);
		if (line->open) {
			line_silence(line);
			free_line(line);
		}
		pthread_mutex_unlock(&line->lock);
	}
	atomic_store(&driver, NULL);
	used->close();
}

int line_enter(int32_t number, struct line **line)
{
	if (!atomic_load(&driver))
		return -ENODEV;
	if (number < 0 || number >= TN_MAX_LINES)
		return -EINVAL;
	*line = &lines[number];
	pthread_mutex_lock(&(*line)->lock);
	if ((*line)->open)
		return 0;
	pthread_mutex_unlock(&(*line)->lock);
	return -EINVAL;
}

void line_leave(struct line *line)
{
	pthread_mutex_unlock(&line->lock);
}

int line_bell(struct line *line, uint32_t frequency)
{
	const struct line_driver *used = atomic_load(&driver);
	int result = 0;

	if (frequency || line->bell)
		result = used->ring(line->number, frequency);
	line->bell = frequency && !result;
	if (result && result != line->fault)
		notes_add(line->notes, NOTE_FAULT, result);
	line->fault = result;
	return result;
}

int line_reverse(struct line *line, bool reversed)
{
	const struct line_driver *used = atomic_load(&driver);
	int result;

	reversed ^= line->base_reversed;
	if (line->reversed == reversed)
		return 0;
	result = used->reverse ? used->reverse(line->number, reversed) : -ENOTSUP;
	if (!result)
		line->reversed = reversed;
	return result;
}

int line_silence(struct line *line)
{
	if (ringer_stop(&line->ringer))
		(void)line_reverse(line, false);
	return line_bell(line, 0);
}

#include "media.h"
#include "stream.h"
#include "watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <re.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define STEP_NS 20000000
#define CATCH_UP_STEPS 5          /* after a longer stall the rest is lost time: bursts would only overflow the far end */
#define REALTIME_PRIORITY 20

struct work {
	void (*run)(void *);
	void *argument;
	sem_t done;
};

static struct {
	pthread_t thread;
	uint32_t lines;
	struct mqueue *queue;
	int timer, error;
	sem_t ready;
} media;

static void on_clock(int flags, void *argument)
{
	uint64_t steps;

	(void)flags;
	(void)argument;
	if (read(media.timer, &steps, sizeof(steps)) != sizeof(steps))
		return;
	if (steps > CATCH_UP_STEPS) {
		streams_skip(steps - CATCH_UP_STEPS);
		steps = CATCH_UP_STEPS;
	}
	while (steps--)
		for (uint32_t line = 0; line < media.lines; line++)
			stream_step((int)line);
	watchdog_step();
}

static void on_queue(int id, void *data, void *argument)
{
	struct work *work = data;

	(void)id;
	(void)argument;
	if (!work) {
		re_cancel();
		return;
	}
	work->run(work->argument);
	sem_post(&work->done);
}

/* Refused without the right to it (an ordinary user): normal priority is what remains. */
static void ask_for_realtime(void)
{
	struct sched_param parameter = { .sched_priority = REALTIME_PRIORITY };

	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter);
}

static int prepare(void)
{
	struct itimerspec interval = { { 0, STEP_NS }, { 0, STEP_NS } };
	int err = re_thread_init();

	if (err)
		return err;
	err = poll_method_set(METHOD_EPOLL);
	if (!err)
		err = mqueue_alloc(&media.queue, on_queue, NULL);
	if (err)
		return err;
	media.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (media.timer < 0 || timerfd_settime(media.timer, 0, &interval, NULL))
		return errno;
	return fd_listen(media.timer, FD_READ, on_clock, NULL);
}

static void *media_main(void *argument)
{
	(void)argument;
	pthread_setname_np(pthread_self(), "tn-media");
	media.timer = -1;
	media.error = prepare();
	ask_for_realtime();
	sem_post(&media.ready);
	if (!media.error)
		(void)re_main(NULL);
	if (media.timer >= 0) {
		fd_close(media.timer);
		close(media.timer);
	}
	media.queue = mem_deref(media.queue);
	re_thread_close();
	return NULL;
}

int media_open(const struct tn_config *config)
{
	int err;

	media.lines = config->lines;
	watchdog_open(config->lines);
	media.queue = NULL;
	sem_init(&media.ready, 0, 0);
	err = pthread_create(&media.thread, NULL, media_main, NULL);
	if (err)
		return -err;
	while (sem_wait(&media.ready))
		;
	if (media.error)
		pthread_join(media.thread, NULL);
	return -media.error;
}

void media_close(void)
{
	while (mqueue_push(media.queue, 0, NULL))
		usleep(1000);
	pthread_join(media.thread, NULL);
	sem_destroy(&media.ready);
}

void media_run(void (*work)(void *), void *argument)
{
	struct work item = { .run = work, .argument = argument };

	sem_init(&item.done, 0, 0);
	/* The queue is a pipe: it can be full only while the thread is stalled. */
	while (mqueue_push(media.queue, 0, &item))
		usleep(1000);
	while (sem_wait(&item.done))
		;
	sem_destroy(&item.done);
}

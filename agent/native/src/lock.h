/* Locks the media thread shares with others. With priority inheritance: a real-time thread must not wait for one of normal
 * priority that was put aside in the middle of a few microseconds' work. */
#ifndef TN_LOCK_H
#define TN_LOCK_H

#include <pthread.h>

/* Runs a function when the library is loaded: the locks exist before the first call and never go away. */
#define LOCK_CONSTRUCTOR __attribute__((constructor))

static inline void lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

#endif

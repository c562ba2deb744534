#include "dsp/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RATE 8000
#define CAPACITY ((size_t)RECORDER_MAX_SECONDS * RATE)
#define HEADER 44

struct recorder {
	int fd;
	size_t count;            /* samples recorded */
	int16_t *samples;
};

struct recorder *recorder_open(const char *path, int *result)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	void *memory;

	*result = -ENOMEM;
	if (!recorder)
		return NULL;
	/* Anonymous memory, touched page by page as it fills. */
	memory = mmap(NULL, CAPACITY * sizeof(int16_t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		free(recorder);
		return NULL;
	}
	recorder->samples = memory;
	recorder->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (recorder->fd >= 0) {
		*result = 0;
		return recorder;
	}
	*result = -errno;
	munmap(memory, CAPACITY * sizeof(int16_t));
	free(recorder);
	return NULL;
}

void recorder_write(struct recorder *recorder, const int16_t *audio, size_t count)
{
	if (count > CAPACITY - recorder->count)
		count = CAPACITY - recorder->count;
	memcpy(recorder->samples + recorder->count, audio, count * sizeof(*audio));
	recorder->count += count;
}

static void put(unsigned char *at, uint32_t value, int octets)
{
	for (int i = 0; i < octets; i++)
		at[i] = (unsigned char)(value >> (8 * i));
}

static int write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t written = write(fd, at, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		at += written;
		size -= (size_t)written;
	}
	return 0;
}

int recorder_close(struct recorder *recorder)
{
	unsigned char header[HEADER] = "RIFF....WAVEfmt ....................data";
	uint32_t size = (uint32_t)(recorder->count * sizeof(int16_t));
	int result;

	put(header + 4, size + HEADER - 8, 4);
	put(header + 16, 16, 4);        /* size of the format chunk */
	put(header + 20, 1, 2);         /* PCM */
	put(header + 22, 1, 2);         /* mono */
	put(header + 24, RATE, 4);
	put(header + 28, RATE * 2, 4);  /* octets a second */
	put(header + 32, 2, 2);         /* octets a frame */
	put(header + 34, 16, 2);        /* bits a sample */
	put(header + 40, size, 4);
	result = write_all(recorder->fd, header, sizeof(header));
	/* Samples are in host order, which is the file's little-endian on every board we build for. */
	if (!result)
		result = write_all(recorder->fd, recorder->samples, size);
	if (close(recorder->fd) && !result)
		result = -errno;
	munmap(recorder->samples, CAPACITY * sizeof(int16_t));
	free(recorder);
	return result;
}

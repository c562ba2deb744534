/* Records audio into memory and writes it as a WAV file at the end: the line clock never waits for a disk. */
#ifndef TN_DSP_RECORDER_H
#define TN_DSP_RECORDER_H

#include <stddef.h>
#include <stdint.h>

#define RECORDER_MAX_SECONDS 1800 /* 28.8 MB, committed as it fills; later audio is not recorded */

struct recorder;

/* Creates the file (so that a wrong path fails now). *result is 0 or a negative errno when NULL is returned. */
struct recorder *recorder_open(const char *path, int *result);
void recorder_write(struct recorder *recorder, const int16_t *audio, size_t count);
/* Completes the file and frees the recorder. 0 or a negative errno of the disk. */
int recorder_close(struct recorder *recorder);

#endif

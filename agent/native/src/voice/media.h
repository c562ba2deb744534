/* The media thread: its clock steps every line each 20 ms, and RTP lives on the same thread, so that nothing else in the
 * process can delay sound. */
#ifndef TN_VOICE_MEDIA_H
#define TN_VOICE_MEDIA_H

#include "../engine.h"

/* Starts the thread; 0 or a negative errno. */
int media_open(const struct tn_config *config);
void media_close(void);
/* Runs `work(argument)` on the media thread and waits for it. From the SIP thread only. */
void media_run(void (*work)(void *), void *argument);

#endif

/* What the engine does for the subscriber while nobody else does: see tn_watch. */
#ifndef TN_VOICE_WATCHDOG_H
#define TN_VOICE_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

void watchdog_open(uint32_t lines);
/* After each step of the media clock, on its thread. */
void watchdog_step(void);
/* Whether the agent has been silent for too long. Any thread. */
bool watchdog_expired(void);

#endif

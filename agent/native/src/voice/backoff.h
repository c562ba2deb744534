/* How long to wait before a registration is tried again. Pure. */
#ifndef TN_VOICE_BACKOFF_H
#define TN_VOICE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds after `failures` (≥ 1) failures in a row. Each wait is a random half to whole of an upper bound (RFC 5626 §4.5,
 * max-time 1800 s): 4 s first, then 30 s doubling; 300 s doubling when the registrar `refused` the account itself, which
 * only a person can mend. `random` is any 16-bit number. */
uint32_t backoff_ms(unsigned failures, bool refused, uint16_t random);

#endif

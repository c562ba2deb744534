/* A far end of calls, for the bench: answers at once, sends 20 ms packets of G.711 on a real-time thread, and notes when sound
 * first comes. Just enough SIP for that. */
#ifndef TN_BENCH_FAR_END_H
#define TN_BENCH_FAR_END_H

#include <stdbool.h>
#include <stdint.h>

/* Binds on loopback and starts its thread; the SIP port. */
uint16_t far_end_start(void);
void far_end_stop(void);
/* Sound instead of silence from now on; the moment (µs, CLOCK_MONOTONIC) its first packet goes is far_end_sounded. */
void far_end_sound(bool on);
uint64_t far_end_sounded(void);
/* Forgets what was heard; the moment the next packet with sound came, 0: none yet. */
void far_end_listen(void);
uint64_t far_end_heard(void);

#endif

/* Contract between the rooms of the engine: events, line clock, voice. Not part of the ABI. */
#ifndef TN_ENGINE_H
#define TN_ENGINE_H

#include "tonalite.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TN_RATE 8000
#define TN_LINE_PLACES (TN_LINE_CALLS + 1) /* one more while a call takes another's place */
#define TN_FRAME 160          /* 20 ms at 8 kHz: one packet, one step of the line clock */

/* ---- events (events.c) ---- */
int tn_events_open(int *reader_fd);
void tn_events_close(void);
/* Sends one event; `body` is printf-style JSON members after the common ones: tn_emit("\"event\":\"hook\",\"line\":%d", 0).
 * Texts from outside must be passed through tn_json_escape first. Never blocks. Thread-safe. */
void tn_emit(const char *body, ...) __attribute__((format(printf, 1, 2)));
/* Escapes `text` of `length` bytes for a JSON string (invalid UTF-8 becomes U+FFFD); always terminates; returns out. */
char *tn_json_escape(char *out, size_t capacity, const char *text, size_t length);
uint64_t tn_monotonic_us(void);

/* ---- line room (line/): owns hook, tones, ring, DTMF, caller ID; one step every 20 ms ---- */
int tn_lines_open(const struct tn_config *config);
void tn_lines_close(void);
/* One 20 ms step of a line, called by the media clock only. `to_phone` NULL: no network audio. `from_phone` always filled. */
void tn_line_exchange(int line, const int16_t *to_phone, int16_t *from_phone);
/* Modems have the line: its echo canceller leaves them alone, also through their pauses. From the media thread. */
void tn_line_data(int line, bool on);
/* An RFC 4733 digit from the far end is played to the telephone as DTMF. */
void tn_line_play_digit(int line, char digit);

/* ---- voice room (voice/): owns SIP, RTP, the media clock thread that steps every line ---- */
int tn_voice_open(const struct tn_config *config);
void tn_voice_close(void);
/* A DTMF digit was detected on the line (called from within tn_line_exchange); `on` at its start, !on at its end: the voice
 * room sends RFC 4733 and mutes the in-band digit while a call is up. */
void tn_voice_digit(int line, char digit, int on);

#endif

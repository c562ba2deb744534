/* Caller ID as the virtual telephone receives it: V.23, Bell 202 or DTMF, in the pauses of the bell. */
#ifndef TN_LINE_EAR_CALLER_H
#define TN_LINE_EAR_CALLER_H

#include "line/ear.h"

int ear_caller_open(struct ear *ear);
void ear_caller_close(struct ear *ear);
/* Makes the receivers ready for a burst; cheap, called while the bell sounds. */
void ear_caller_restart(struct ear *ear);
void ear_caller_hear(struct ear *ear, const int16_t *audio);
/* A message whose checksum was right (EN 300 659-3 §5: type, length, then parameters of the same form). */
void ear_caller_message(struct ear *ear, const uint8_t *message, int length);
/* A DTMF digit heard while on-hook. */
void ear_caller_digit(struct ear *ear, char digit);
/* Writes the member "callerId"; returns the length like snprintf. */
int ear_caller_report(const struct ear *ear, char *json, size_t capacity);

#endif

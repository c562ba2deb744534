/* What every thread may know of the lines: which has an account, which calls are up. Guarded by its own lock. */
#ifndef TN_VOICE_SWITCHBOARD_H
#define TN_VOICE_SWITCHBOARD_H

#include "../engine.h"

#include <stdbool.h>

void switchboard_open(uint32_t lines);
void switchboard_close(void);
bool switchboard_has_line(int line);
/* `calls`: how many it may have at once, 0 without an account. */
void switchboard_set_account(int line, unsigned calls);
/* Takes the line for a new call: its handle (> 0), -ENODEV, -ENOTCONN without account, -EBUSY with all calls up. */
int32_t switchboard_take(int line, bool incoming);
/* The call is a test: it does not count against the calls that the line may have. */
void switchboard_put_aside(int line, int32_t call);
/* A handle for a call that never gets the line. */
int32_t switchboard_number(void);
/* A call takes the place of another one of the line; it counts as incoming. */
void switchboard_hand_over(int line, int32_t from, int32_t to);
void switchboard_release(int line, int32_t call);
/* Line of a call that is up, or -ENOENT. `incoming` may be NULL. */
int switchboard_find(int32_t call, bool *incoming);

#endif

/* Session timers (RFC 4028): a call whose far end has gone without a word ends by itself. SIP thread only. */
#ifndef TN_VOICE_SESSION_TIMER_H
#define TN_VOICE_SESSION_TIMER_H

#include <re.h>
#include <stdbool.h>

#define SESSION_MINIMUM_S 90      /* RFC 4028 §4 */
#define SESSION_INTERVAL_S 1800

/* What our INVITEs say of it. */
#define SESSION_HEADERS "Session-Expires: 1800\r\nMin-SE: 90\r\n"

struct session_timer {
	uint32_t interval_s;           /* 0: the far end wants none */
	bool ours, refreshing;         /* we refresh; and have asked for it */
	struct tmr clock;
};

/* A request or a 2xx of the session came: what it agrees on, and the clock from now. `due` is called when it is time to
 * refresh, or when the far end should have. */
void session_timer_take(struct session_timer *timer, const struct sip_msg *message, tmr_h *due, void *argument);
/* `due` was called: whether the session has to be refreshed now; otherwise it is over. */
bool session_timer_refresh(struct session_timer *timer, tmr_h *due, void *argument);
void session_timer_stop(struct session_timer *timer);
/* Whether an INVITE asks for an interval that is too short (answered 422). */
bool session_timer_too_short(const struct sip_msg *invite);
/* Lines for an answer to a request with a session interval, or "". */
void session_timer_answer(const struct sip_msg *request, char *text, size_t capacity);

#endif

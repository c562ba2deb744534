#include "session-timer.h"

#include <stdio.h>

struct expiry {
	uint32_t seconds;
	bool by_client, by_server;     /* refresher=uac, refresher=uas */
};

static bool read_expiry(const struct sip_msg *message, struct expiry *expiry)
{
	const struct sip_hdr *header = sip_msg_hdr(message, SIP_HDR_SESSION_EXPIRES);
	struct pl seconds, refresher = PL_INIT;

	if (!header || re_regex(header->val.p, header->val.l, "[0-9]+", &seconds))
		return false;
	(void)re_regex(header->val.p, header->val.l, "refresher=[a-z]+", &refresher);
	expiry->seconds = pl_u32(&seconds);
	expiry->by_client = !pl_strcasecmp(&refresher, "uac");
	expiry->by_server = !pl_strcasecmp(&refresher, "uas");
	return seconds.l <= 9;
}

/* RFC 4028 §9, table 2: without a word of the client's on it, a client that knows timers refreshes. */
static bool client_refreshes(const struct sip_msg *request, const struct expiry *expiry)
{
	return sip_msg_hdr_has_value(request, SIP_HDR_SUPPORTED, "timer") && !expiry->by_server;
}

bool session_timer_too_short(const struct sip_msg *invite)
{
	struct expiry expiry;

	return read_expiry(invite, &expiry) && expiry.seconds < SESSION_MINIMUM_S;
}

void session_timer_answer(const struct sip_msg *request, char *text, size_t capacity)
{
	struct expiry expiry;

	*text = '\0';
	if (!read_expiry(request, &expiry) || expiry.seconds < SESSION_MINIMUM_S)
		return;
	if (client_refreshes(request, &expiry))
		snprintf(text, capacity, "Session-Expires: %u;refresher=uac\r\nRequire: timer\r\n", expiry.seconds);
	else
		snprintf(text, capacity, "Session-Expires: %u;refresher=uas\r\n", expiry.seconds);
}

/* RFC 4028 §10: an end before the other side gives up by itself. */
static uint32_t grace(const struct session_timer *timer)
{
	return timer->interval_s / 3 < 32 ? timer->interval_s / 3 : 32;
}

void session_timer_take(struct session_timer *timer, const struct sip_msg *message, tmr_h *due, void *argument)
{
	struct expiry expiry;
	uint32_t wait;

	timer->refreshing = false;
	timer->interval_s = 0;
	tmr_cancel(&timer->clock);
	if (!read_expiry(message, &expiry) || expiry.seconds < SESSION_MINIMUM_S)
		return;
	timer->interval_s = expiry.seconds;
	timer->ours = message->req ? !client_refreshes(message, &expiry) : !expiry.by_server;
	wait = timer->ours ? timer->interval_s / 2 : timer->interval_s - grace(timer);
	tmr_start(&timer->clock, (uint64_t)wait * 1000, due, argument);
}

bool session_timer_refresh(struct session_timer *timer, tmr_h *due, void *argument)
{
	if (!timer->ours || timer->refreshing)
		return false;
	timer->refreshing = true;
	tmr_start(&timer->clock, (uint64_t)(timer->interval_s - timer->interval_s / 2 - grace(timer)) * 1000, due, argument);
	return true;
}

void session_timer_stop(struct session_timer *timer)
{
	tmr_cancel(&timer->clock);
}

#include "messages.h"

#include "registration.h"
#include "room.h"
#include "subscription.h"

bool messages_read(const struct sip_msg *notify, struct messages *messages)
{
	const char *body = (const char *)mbuf_buf(notify->mb);
	struct pl waiting, fresh = PL_INIT, old = PL_INIT;

	if (re_regex(body, mbuf_get_left(notify->mb), "Messages-Waiting:[ \t]*[a-zA-Z]+", NULL, &waiting))
		return false;
	(void)re_regex(body, mbuf_get_left(notify->mb), "Voice-Message:[ \t]*[0-9]+/[0-9]+", NULL, &fresh, &old);
	messages->waiting = !pl_strcasecmp(&waiting, "yes");
	messages->fresh = pl_u32(&fresh);
	messages->old = pl_u32(&old);
	return true;
}

void messages_on_notify(int line, const struct sip_msg *notify)
{
	const struct sip_hdr *event = sip_msg_hdr(notify, SIP_HDR_EVENT);
	struct subscription *subscription;
	struct sipevent_event name;
	struct messages messages;

	if (!event || sipevent_event_decode(&name, &event->val) || pl_strcasecmp(&name.event, "message-summary")) {
		(void)sip_reply(room.sip, notify, 489, "Bad Event");
		return;
	}
	subscription = line < 0 ? NULL : registration_messages(room.registrations[line]);
	if (line < 0 || (subscription_is_told(subscription, notify) && !subscription_take(subscription, notify))) {
		(void)sip_reply(room.sip, notify, 481, "Subscription Does Not Exist");
		return;
	}
	(void)sip_reply(room.sip, notify, 200, "OK");
	if (messages_read(notify, &messages))
		tn_emit("\"event\":\"messages\",\"line\":%d,\"waiting\":%s,\"new\":%u,\"old\":%u", line,
			messages.waiting ? "true" : "false", messages.fresh, messages.old);
}

/* A SIP message as it comes from the network: decoded, and read the way the voice room reads it. */
#include "voice/ending.h"
#include "voice/messages.h"
#include "voice/replaces.h"
#include "voice/session-timer.h"

#include <re.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_due(void *argument)
{
	(void)argument;
}

static void read_addresses(const struct sip_msg *message)
{
	static const enum sip_hdrid headers[] = { SIP_HDR_P_ASSERTED_IDENTITY, SIP_HDR_CONTACT, SIP_HDR_REFER_TO };
	char text[64];

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		const struct sip_hdr *header = sip_msg_hdr(message, headers[i]);
		struct sip_addr address;

		if (header && !sip_addr_decode(&address, &header->val))
			(void)re_snprintf(text, sizeof(text), "%H", uri_user_unescape, &address.uri.user);
	}
}

static void read_event(const struct sip_msg *message)
{
	const struct sip_hdr *event = sip_msg_hdr(message, SIP_HDR_EVENT);
	const struct sip_hdr *state = sip_msg_hdr(message, SIP_HDR_SUBSCRIPTION_STATE);
	struct sipevent_event name;
	struct sipevent_substate standing;

	if (event)
		(void)sipevent_event_decode(&name, &event->val);
	if (state && !sipevent_substate_decode(&standing, &state->val))
		(void)sipevent_reason_name(standing.reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session_timer timer = { .interval_s = 0 };
	struct mbuf *buffer = mbuf_alloc(size + 1);
	struct sip_msg *message = NULL;
	struct replaces replaces;
	struct messages messages;
	struct sa nobody;
	char text[200];

	sa_init(&nobody, AF_INET);
	ending_trace(false, SIP_TRANSP_UDP, &nobody, &nobody, data, size, NULL);
	(void)ending_of("bye", text, sizeof(text));
	(void)mbuf_write_mem(buffer, data, size);
	buffer->pos = 0;
	if (!sip_msg_decode(&message, buffer)) {
		session_timer_answer(message, text, sizeof(text));
		session_timer_take(&timer, message, on_due, NULL);
		(void)session_timer_refresh(&timer, on_due, NULL);
		(void)session_timer_too_short(message);
		session_timer_stop(&timer);
		read_addresses(message);
		read_event(message);
		(void)replaces_read(&replaces, message);
		(void)messages_read(message, &messages);
	}
	mem_deref(message);
	mem_deref(buffer);
	return 0;
}

#include "ending.h"

#include "call-state.h"

#include <string.h>

static struct {
	char call_id[256], reason[256];
} ending;

static bool begins_with(const uint8_t *packet, size_t length, const char *method)
{
	return length > strlen(method) && !memcmp(packet, method, strlen(method));
}

void ending_trace(bool sent, enum sip_transp transport, const struct sa *source, const struct sa *peer,
		  const uint8_t *packet, size_t length, void *argument)
{
	struct sip_msg *message = NULL;
	const struct sip_hdr *header;
	struct mbuf *copy;
	bool refusal;

	(void)transport;
	(void)source;
	(void)peer;
	(void)argument;
	if (sent)
		return;
	ending.call_id[0] = ending.reason[0] = '\0';
	/* A TCP connection may put blank lines before a message (RFC 5626 §3.5.1). */
	while (length && (*packet == '\r' || *packet == '\n')) {
		packet++;
		length--;
	}
	refusal = begins_with(packet, length, "SIP/2.0 ") && packet[8] >= '3';
	if (!refusal && !begins_with(packet, length, "BYE ") && !begins_with(packet, length, "CANCEL "))
		return;
	copy = mbuf_alloc(length);
	if (!copy || mbuf_write_mem(copy, packet, length)) {
		mem_deref(copy);
		return;
	}
	copy->pos = 0;
	if (!sip_msg_decode(&message, copy) && refusal) {
		call_fax_overhear(message);
		mem_deref(message);
	} else if (message) {
		pl_strcpy(&message->callid, ending.call_id, sizeof(ending.call_id));
		header = sip_msg_hdr(message, SIP_HDR_REASON);
		if (header)
			pl_strcpy(&header->val, ending.reason, sizeof(ending.reason));
		mem_deref(message);
	}
	mem_deref(copy);
}

bool ending_of(const char *call_id, char *reason, size_t capacity)
{
	if (!*call_id || strcmp(call_id, ending.call_id))
		return false;
	str_ncpy(reason, ending.reason, capacity);
	return true;
}

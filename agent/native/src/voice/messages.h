/* Waiting messages (RFC 3842), as a provider tells of them: unasked, or because of a subscription. SIP thread only. */
#ifndef TN_VOICE_MESSAGES_H
#define TN_VOICE_MESSAGES_H

#include <re.h>
#include <stdbool.h>

struct messages {
	bool waiting;
	uint32_t fresh, old;           /* of voice; 0 from a server that does not count */
};

/* Reads a summary (RFC 3842 §5.2); false without one. */
bool messages_read(const struct sip_msg *notify, struct messages *messages);
/* Answers a NOTIFY outside of calls for a line, -1 for nobody's or from a stranger; event `messages`. */
void messages_on_notify(int line, const struct sip_msg *notify);

#endif

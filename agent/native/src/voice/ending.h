/* Why the far end ended a call. libre tells BYE and CANCEL to a session without the message, so its trace hook, which sees
 * every message before anybody else, keeps what the next close handler needs. SIP thread only. */
#ifndef TN_VOICE_ENDING_H
#define TN_VOICE_ENDING_H

#include <re.h>
#include <stdbool.h>

/* For sip_set_trace_handler. */
void ending_trace(bool sent, enum sip_transp transport, const struct sa *source, const struct sa *peer,
		  const uint8_t *packet, size_t length, void *argument);
/* Whether the message being handled ends the call `call_id`; `reason` gets its Reason header (RFC 3326) or "". */
bool ending_of(const char *call_id, char *reason, size_t capacity);

#endif

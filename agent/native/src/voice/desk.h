/* What reaches the SIP thread from the network, and its end. */
#ifndef TN_VOICE_DESK_H
#define TN_VOICE_DESK_H

#include <re.h>
#include <stdbool.h>

void desk_on_invite(const struct sip_msg *invite, void *argument);
/* Last in the chain: answers requests nobody took, swallows responses nobody waits for; libre would print both. */
bool desk_on_request(const struct sip_msg *request, void *argument);
bool desk_on_stray_response(const struct sip_msg *response, void *argument);
/* Ends every call and removes every registration; their transactions go on. */
void desk_close(void);

#endif

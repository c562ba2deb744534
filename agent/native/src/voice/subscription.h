/* Asks a line's provider to tell of waiting messages (RFC 3842 by RFC 6665): one SUBSCRIBE, refreshed while the registration
 * stands, tried again with patience. What the NOTIFYs say is told by messages.h. SIP thread only. */
#ifndef TN_VOICE_SUBSCRIPTION_H
#define TN_VOICE_SUBSCRIPTION_H

#include "account.h"

#include <re.h>

struct subscription;

/* Begins to ask the account's proxy `route`; errno. */
int subscription_start(struct subscription **subscription, struct sip *sip, int line, const struct account *account,
		       unsigned route);
unsigned subscription_route(const struct subscription *subscription);
/* Our contact may be another one now: the notifier is told at once when it is. */
void subscription_renew(struct subscription *subscription, const struct sa *local);
/* Takes leave of the notifier (best effort) and frees it; NULL is allowed. */
void subscription_end(struct subscription *subscription);

/* Whether a NOTIFY has a subscription's Call-ID; and takes what it says of its state. False: it is of a dialog that the
 * subscription does not have (RFC 6665 §4.1.3), to be answered 481. */
bool subscription_is_told(const struct subscription *subscription, const struct sip_msg *notify);
bool subscription_take(struct subscription *subscription, const struct sip_msg *notify);

#endif

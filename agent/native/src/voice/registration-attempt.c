/* One REGISTER and what its answer means. */
#include "registration-state.h"

#include "network.h"
#include "trust.h"

#include <errno.h>
#include <string.h>

#define REFRESH_PERCENT 90        /* of what the registrar granted, as libre's own client does */
#define REFRESH_MIN_S 5
#define PATIENCE_MS 8000          /* a registrar that says nothing for so long has a successor */
#define CHALLENGES_MAX 4          /* answered in one attempt: a registrar that always says "stale" must not keep us busy */

static bool is_own_contact(const struct sip_hdr *header, const struct sip_msg *message, void *argument)
{
	struct registration *registration = argument;
	struct sip_addr address;
	struct pl value;

	(void)message;
	if (sip_addr_decode(&address, &header->val) || pl_strcmp(&address.uri.user, registration->account.user) ||
	    address.uri.port != sa_port(&registration->local))
		return false;
	if (!msg_param_decode(&address.params, "expires", &value))
		registration->granted_s = pl_u32(&value);
	return true;
}

/* Once registered: providers ask subscribers for it. */
static void ask_for_messages(struct registration *registration)
{
	struct subscription *before = registration->messages;

	if (before && subscription_route(before) == registration->route) {
		subscription_renew(before, &registration->local);
		return;
	}
	registration->messages = NULL;
	subscription_end(before);
	/* Without memory for it the telephone works all the same. */
	if (registration->account.messages_s)
		(void)subscription_start(&registration->messages, registration->place.sip, registration->place.line,
					 &registration->account, registration->route);
}

static void succeed(struct registration *registration, const struct sip_msg *message)
{
	char reason[80];
	uint32_t refresh_s;

	registration->failures = 0;
	registration->bound = true;
	registration->granted_s = pl_isset(&message->expires) ? pl_u32(&message->expires) : registration->expires_s;
	sip_msg_hdr_apply(message, true, SIP_HDR_CONTACT, is_own_contact, registration);
	if (!registration->granted_s) {
		registration_fail(registration, message->scode, "registrar granted no time", NULL);
		return;
	}
	registration->tried = 0;
	registration_watch(registration, message);
	ask_for_messages(registration);
	pl_strcpy(&message->reason, reason, sizeof(reason));
	registration_tell(registration, "registered", message->scode, reason);
	refresh_s = (uint32_t)((uint64_t)registration->granted_s * REFRESH_PERCENT / 100);
	registration_retry(registration, (uint64_t)(refresh_s > REFRESH_MIN_S ? refresh_s : REFRESH_MIN_S) * 1000);
}

/* Whether the answer asks for the same request again in another way, and it was sent. */
static bool tried_again(struct registration *registration, const struct sip_msg *message)
{
	const struct sip_hdr *header;

	switch (message->scode) {
	case 401:
	case 407:
		return registration->challenges++ < CHALLENGES_MAX &&
		       !sip_auth_authenticate(registration->auth, message) && !registration_attempt(registration);
	case 423: /* RFC 3261 §10.3: interval too brief */
		header = sip_msg_hdr(message, SIP_HDR_MIN_EXPIRES);
		if (!header || pl_u32(&header->val) <= registration->expires_s)
			return false;
		registration->expires_s = pl_u32(&header->val);
		return !registration_attempt(registration);
	default:
		return false;
	}
}

static void on_silence(void *argument)
{
	struct registration *registration = argument;

	registration->request = mem_deref(registration->request);
	registration_fail(registration, 408, "Request Timeout", NULL);
}

static void on_answer(int err, const struct sip_msg *message, void *argument)
{
	struct registration *registration = argument;
	char reason[80];

	tmr_cancel(&registration->patience);
	if (err || !message) {
		const char *problem = trust_take_problem();

		registration_fail(registration, err == ETIMEDOUT ? 408 : 0, *problem ? problem : strerror(err), NULL);
		return;
	}
	if (message->scode < 200)
		return;
	network_adopt(message, registration->place.dscp);
	if (registration->phase == WANTED)
		proxies_note(registration->place.proxies, &message->src);
	if (registration->phase == LEAVING && (registration->bound || message->scode < 300)) {
		registration_remove(registration);
		return;
	}
	if (registration->phase == LEAVING || (registration->phase == REMOVING && message->scode < 300)) {
		mem_deref(registration);
		return;
	}
	if (message->scode < 300) {
		succeed(registration, message);
		return;
	}
	if (tried_again(registration, message))
		return;
	pl_strcpy(&message->reason, reason, sizeof(reason));
	registration_fail(registration, message->scode, reason, message);
}

static int write_contact(enum sip_transp transport, const struct sa *source, const struct sa *peer, struct mbuf *buffer,
			 void *argument)
{
	struct registration *registration = argument;

	registration->local = *source;
	if (registration->phase == WANTED)
		proxies_note_route(registration->place.proxies, peer, registration->route);
	return mbuf_printf(buffer, "Contact: <sip:%s@%J%s>;expires=%u\r\n", registration->account.user, source,
			   sip_transp_param(transport), registration->phase == WANTED ? registration->expires_s : 0);
}

int registration_attempt(struct registration *registration)
{
	int err = registration->place.prepare(&registration->account);

	if (!err)
		err = sip_drequestf(&registration->request, registration->place.sip, true, "REGISTER", registration->dialog, 0,
				    registration->auth, write_contact, on_answer, registration,
				    "Content-Length: 0\r\n\r\n");
	if (!err && registration->phase == WANTED && registration->account.routes > 1)
		tmr_start(&registration->patience, PATIENCE_MS, on_silence, registration);
	return err;
}

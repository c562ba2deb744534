#include "subscription.h"

#include "backoff.h"

#include <errno.h>
#include <string.h>

#define EXPIRES_MAX_S 86400
#define REFRESH_PERCENT 90
#define REFRESH_MIN_S 5
#define CHALLENGES_MAX 4

struct subscription {
	struct sip *sip;
	int line;
	struct account account;
	unsigned route;
	struct sip_dialog *dialog;
	struct sip_auth *auth;
	struct sip_request *request;
	struct tmr timer;
	struct sa local;               /* of the contact last sent */
	uint32_t expires_s;
	unsigned failures, challenges;
	bool up, leaving;              /* the notifier has us; it is being told that it need not any more */
	char told[16];                 /* state of the last event */
	int told_code;
};

static int ask(struct subscription *subscription);

static void subscription_free(void *argument)
{
	struct subscription *subscription = argument;

	tmr_cancel(&subscription->timer);
	mem_deref(subscription->request);
	mem_deref(subscription->dialog);
	mem_deref(subscription->auth);
	mem_deref(subscription->sip);
	explicit_bzero(&subscription->account, sizeof(subscription->account));
}

static void tell(struct subscription *subscription, const char *state, int code, const char *reason)
{
	char text[512];

	if (!strcmp(subscription->told, state) && subscription->told_code == code)
		return;
	strcpy(subscription->told, state);
	subscription->told_code = code;
	tn_json_escape(text, sizeof(text), reason, strnlen(reason, 80));
	tn_emit("\"event\":\"subscription\",\"line\":%d,\"state\":\"%s\",\"code\":%d,\"reason\":\"%s\"", subscription->line,
		state, code, text);
}

static int on_challenge(char **user, char **password, const char *realm, void *argument)
{
	const struct subscription *subscription = argument;

	(void)realm;
	return str_dup(user, subscription->account.auth_user) || str_dup(password, subscription->account.password) ? ENOMEM : 0;
}

/* A dialog of its own, as often as the notifier ends one. */
static int begin(struct subscription *subscription)
{
	const char *routes[] = { subscription->account.route_uris[subscription->route] };
	int err;

	subscription->dialog = mem_deref(subscription->dialog);
	subscription->up = false;
	subscription->challenges = 0;
	sip_auth_reset(subscription->auth);
	/* RFC 3842 §4.1: the address of record stands for its mailbox. */
	err = sip_dialog_alloc(&subscription->dialog, subscription->account.address_uri, subscription->account.address_uri, NULL,
			       subscription->account.address_uri, routes, 1);
	return err ? err : ask(subscription);
}

static void fail(struct subscription *subscription, int code, const char *reason, uint32_t asked_s);

static void on_begin(void *argument)
{
	int err = begin(argument);

	if (err)
		fail(argument, 0, strerror(err), 0);
}

static void on_refresh(void *argument)
{
	struct subscription *subscription = argument;

	subscription->challenges = 0;
	if (ask(subscription))
		on_begin(subscription);
}

/* What the notifier will not do tomorrow either; asking often would only be a burden. */
static bool is_refusal(int code)
{
	return code >= 400 && code < 500 && code != 408 && code != 480 && code != 481;
}

static void fail(struct subscription *subscription, int code, const char *reason, uint32_t asked_s)
{
	uint64_t wait;

	subscription->up = false;
	subscription->failures++;
	wait = backoff_ms(subscription->failures, is_refusal(code), rand_u16());
	if (wait < (uint64_t)asked_s * 1000)
		wait = (uint64_t)(asked_s < EXPIRES_MAX_S ? asked_s : EXPIRES_MAX_S) * 1000;
	tell(subscription, "failed", code, reason);
	tmr_start(&subscription->timer, wait, on_begin, subscription);
}

static void refresh_after(struct subscription *subscription, uint32_t granted_s)
{
	uint64_t wait_s = (uint64_t)granted_s * REFRESH_PERCENT / 100;

	tmr_start(&subscription->timer, (wait_s > REFRESH_MIN_S ? wait_s : REFRESH_MIN_S) * 1000, on_refresh, subscription);
}

static void succeed(struct subscription *subscription, const struct sip_msg *message)
{
	uint32_t granted_s = pl_isset(&message->expires) ? pl_u32(&message->expires) : subscription->expires_s;

	/* RFC 6665 §4.1.2.1: a notifier may shorten the time, not lengthen it. */
	if (granted_s > subscription->expires_s)
		granted_s = subscription->expires_s;
	if (!granted_s || (!subscription->up && sip_dialog_create(subscription->dialog, message))) {
		fail(subscription, message->scode, granted_s ? "answer without contact" : "notifier granted no time", 0);
		return;
	}
	subscription->up = true;
	subscription->failures = 0;
	refresh_after(subscription, granted_s);
	tell(subscription, "active", message->scode, "");
}

/* Whether the answer asks for the same request in another way, and it was sent. */
static bool asked_again(struct subscription *subscription, const struct sip_msg *message)
{
	const struct sip_hdr *header = sip_msg_hdr(message, SIP_HDR_MIN_EXPIRES);

	if (message->scode == 401 || message->scode == 407)
		return subscription->challenges++ < CHALLENGES_MAX && !sip_auth_authenticate(subscription->auth, message) &&
		       !ask(subscription);
	if (message->scode != 423 || !header || pl_u32(&header->val) <= subscription->expires_s ||
	    pl_u32(&header->val) > EXPIRES_MAX_S)
		return false;
	subscription->expires_s = pl_u32(&header->val);
	return !ask(subscription);
}

static void on_answer(int err, const struct sip_msg *message, void *argument)
{
	struct subscription *subscription = argument;
	const struct sip_hdr *later;
	char reason[80];

	if (!err && message->scode < 200)
		return;
	if (!err && message->scode >= 300 && asked_again(subscription, message))
		return;
	if (subscription->leaving) {
		mem_deref(subscription);
	} else if (err) {
		fail(subscription, err == ETIMEDOUT ? 408 : 0, strerror(err), 0);
	} else if (message->scode < 300) {
		succeed(subscription, message);
	} else if (subscription->up && message->scode == 481) {
		/* RFC 6665 §4.1.2.2: the notifier has forgotten us. */
		on_begin(subscription);
	} else {
		later = sip_msg_hdr(message, SIP_HDR_RETRY_AFTER);
		pl_strcpy(&message->reason, reason, sizeof(reason));
		fail(subscription, message->scode, reason, later ? pl_u32(&later->val) : 0);
	}
}

static int write_contact(enum sip_transp transport, const struct sa *source, const struct sa *peer, struct mbuf *buffer,
			 void *argument)
{
	struct subscription *subscription = argument;
	struct sip_contact contact;

	(void)peer;
	subscription->local = *source;
	sip_contact_set(&contact, subscription->account.user, source, transport);
	return mbuf_printf(buffer, "%H", sip_contact_print, &contact);
}

static int ask(struct subscription *subscription)
{
	return sip_drequestf(&subscription->request, subscription->sip, true, "SUBSCRIBE", subscription->dialog, 0,
			     subscription->auth, write_contact, on_answer, subscription,
			     "Event: message-summary\r\nAccept: application/simple-message-summary\r\nExpires: %u\r\n"
			     "Content-Length: 0\r\n\r\n",
			     subscription->leaving ? 0 : subscription->expires_s);
}

int subscription_start(struct subscription **out, struct sip *sip, int line, const struct account *account, unsigned route)
{
	struct subscription *subscription = mem_zalloc(sizeof(*subscription), subscription_free);
	int err;

	if (!subscription)
		return ENOMEM;
	tmr_init(&subscription->timer);
	subscription->sip = mem_ref(sip);
	subscription->line = line;
	subscription->account = *account;
	subscription->route = route;
	subscription->expires_s = account->messages_s;
	err = sip_auth_alloc(&subscription->auth, on_challenge, subscription, false);
	if (err) {
		mem_deref(subscription);
		return err;
	}
	*out = subscription;
	on_begin(subscription);
	return 0;
}

unsigned subscription_route(const struct subscription *subscription)
{
	return subscription->route;
}

void subscription_renew(struct subscription *subscription, const struct sa *local)
{
	if (subscription->up && !subscription->request && !sa_cmp(&subscription->local, local, SA_ALL))
		on_refresh(subscription);
}

void subscription_end(struct subscription *subscription)
{
	if (!subscription)
		return;
	tmr_cancel(&subscription->timer);
	subscription->request = mem_deref(subscription->request);
	subscription->leaving = true;
	if (!subscription->up || ask(subscription))
		mem_deref(subscription);
}

bool subscription_is_told(const struct subscription *subscription, const struct sip_msg *notify)
{
	return subscription && !pl_strcmp(&notify->callid, sip_dialog_callid(subscription->dialog));
}

bool subscription_take(struct subscription *subscription, const struct sip_msg *notify)
{
	const struct sip_hdr *header = sip_msg_hdr(notify, SIP_HDR_SUBSCRIPTION_STATE);
	struct sipevent_substate state;

	/* The first NOTIFY may overtake the answer; one of another dialog comes from a fork, which RFC 3842 §3.9 forbids. */
	if (!(subscription->up ? sip_dialog_cmp : sip_dialog_cmp_half)(subscription->dialog, notify))
		return false;
	if (!header || sipevent_substate_decode(&state, &header->val))
		return true;
	if (state.state != SIPEVENT_TERMINATED) {
		if (subscription->up && pl_isset(&state.expires) && pl_u32(&state.expires) < subscription->expires_s)
			refresh_after(subscription, pl_u32(&state.expires));
		return true;
	}
	subscription->request = mem_deref(subscription->request);
	/* RFC 6665 §4.1.3: at once after "deactivated" and "timeout", otherwise with patience; who refuses has decided. */
	if (subscription->up && (state.reason == SIPEVENT_DEACTIVATED || state.reason == SIPEVENT_TIMEOUT))
		tmr_start(&subscription->timer, backoff_ms(1, false, rand_u16()), on_begin, subscription);
	else
		fail(subscription, state.reason == SIPEVENT_REJECTED || state.reason == SIPEVENT_NORESOURCE ? 403 : 0,
		     sipevent_reason_name(state.reason), pl_isset(&state.retry_after) ? pl_u32(&state.retry_after) : 0);
	subscription->up = false;
	return true;
}

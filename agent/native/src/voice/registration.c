#include "registration-state.h"

#include "backoff.h"
#include "network.h"
#include "trust.h"

#include <errno.h>
#include <string.h>

#define REFRESH_PERCENT 90        /* of what the registrar granted, as libre's own client does */
#define REFRESH_MIN_S 5
#define PATIENCE_MS 8000          /* a registrar that says nothing for so long has a successor */
#define CHALLENGES_MAX 4          /* answered in one attempt: a registrar that always says "stale" must not keep us busy */
#define RETRY_AFTER_MAX_S 1800

static int attempt(struct registration *registration);

static void registration_free(void *argument)
{
	struct registration *registration = argument;

	registration_stop_watching(registration);
	tmr_cancel(&registration->timer);
	mem_deref(registration->request);
	mem_deref(registration->dialog);
	mem_deref(registration->auth);
	mem_deref(registration->place.sip);
}

static void tell(struct registration *registration, const char *state, int code, const char *reason)
{
	char text[512];

	if (!strcmp(registration->told, state) && registration->told_code == code && registration->told_route == registration->route)
		return;
	strcpy(registration->told, state);
	registration->told_code = code;
	registration->told_route = registration->route;
	tn_json_escape(text, sizeof(text), reason, strnlen(reason, 80));
	tn_emit("\"event\":\"registration\",\"line\":%d,\"state\":\"%s\",\"code\":%d,\"reason\":\"%s\",\"expires\":%u,"
		"\"proxy\":\"%s\"",
		registration->place.line, state, code, text, strcmp(state, "registered") ? 0 : registration->granted_s,
		registration->account.route_uris[registration->route]);
}

static int on_challenge(char **user, char **password, const char *realm, void *argument)
{
	struct registration *registration = argument;

	(void)realm;
	if (str_dup(user, registration->account.auth_user) || str_dup(password, registration->account.password))
		return ENOMEM;
	return 0;
}

/* Refusals of the account itself: trying again soon cannot help, and gets addresses banned. */
static bool is_refusal(int code)
{
	return code == 401 || code == 403 || code == 404 || code == 407;
}

static uint32_t retry_after_ms(const struct sip_msg *message)
{
	const struct sip_hdr *header = message ? sip_msg_hdr(message, SIP_HDR_RETRY_AFTER) : NULL;
	uint32_t seconds = header ? pl_u32(&header->val) : 0;

	return (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * 1000;
}

static void on_silence(void *argument);

static void on_timer(void *argument)
{
	registration_begin(argument);
}

void registration_retry(struct registration *registration, uint32_t wait_ms)
{
	tmr_start(&registration->timer, wait_ms, on_timer, registration);
}

int registration_take_route(struct registration *registration, unsigned route)
{
	const char *routes[] = { registration->account.route_uris[route] };

	registration->route = route;
	registration->dialog = mem_deref(registration->dialog);
	return sip_dialog_alloc(&registration->dialog, registration->account.registrar_uri, registration->account.address_uri, NULL,
				registration->account.address_uri, routes, 1);
}

/* Failures of the way or of the proxy, not of the account. */
static bool may_work_elsewhere(int code)
{
	return code < 400 || code == 408 || code >= 500;
}

static void fail(struct registration *registration, int code, const char *reason, const struct sip_msg *message)
{
	uint32_t wait, asked = retry_after_ms(message);
	unsigned routes = registration->account.routes;

	registration_stop_watching(registration);
	if (registration->phase != WANTED) {
		mem_deref(registration);
		return;
	}
	registration->bound = false;
	if (may_work_elsewhere(code) && ++registration->tried < routes &&
	    !registration_take_route(registration, (registration->route + 1) % routes)) {
		/* Not from here: an attempt that fails at once would come back into this. */
		tmr_start(&registration->timer, 0, on_timer, registration);
		return;
	}
	registration->tried = 0;
	if (registration->route && registration_take_route(registration, 0))
		reason = "no memory";
	registration->failures++;
	wait = backoff_ms(registration->failures, is_refusal(code), rand_u16());
	tell(registration, "failed", code, reason);
	tmr_start(&registration->timer, wait > asked ? wait : asked, on_timer, registration);
}

/* A new attempt, with a new answer to whatever is asked of us. */
void registration_begin(struct registration *registration)
{
	bool wanted = registration->phase == WANTED;
	int err;

	registration->challenges = 0;
	sip_auth_reset(registration->auth);
	err = attempt(registration);
	if (err) {
		const char *problem = trust_take_problem();

		fail(registration, 0, *problem ? problem : strerror(err), NULL);
	} else if (wanted)
		proxies_look_up(registration->place.proxies, registration->place.dns, &registration->account,
				sa_af(registration->place.address));
}

static void remove_binding(struct registration *registration)
{
	registration->phase = REMOVING;
	registration_begin(registration);
}

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

static void succeed(struct registration *registration, const struct sip_msg *message)
{
	char reason[80];
	uint32_t refresh_s;

	registration->failures = 0;
	registration->bound = true;
	registration->granted_s = pl_isset(&message->expires) ? pl_u32(&message->expires) : registration->expires_s;
	sip_msg_hdr_apply(message, true, SIP_HDR_CONTACT, is_own_contact, registration);
	if (!registration->granted_s) {
		fail(registration, message->scode, "registrar granted no time", NULL);
		return;
	}
	registration->tried = 0;
	registration_watch(registration, message);
	pl_strcpy(&message->reason, reason, sizeof(reason));
	tell(registration, "registered", message->scode, reason);
	refresh_s = (uint32_t)((uint64_t)registration->granted_s * REFRESH_PERCENT / 100);
	tmr_start(&registration->timer, (uint64_t)(refresh_s > REFRESH_MIN_S ? refresh_s : REFRESH_MIN_S) * 1000, on_timer,
		  registration);
}

/* Whether the answer asks for the same request again in another way, and it was sent. */
static bool tried_again(struct registration *registration, const struct sip_msg *message)
{
	const struct sip_hdr *header;

	switch (message->scode) {
	case 401:
	case 407:
		return registration->challenges++ < CHALLENGES_MAX &&
		       !sip_auth_authenticate(registration->auth, message) && !attempt(registration);
	case 423: /* RFC 3261 §10.3: interval too brief */
		header = sip_msg_hdr(message, SIP_HDR_MIN_EXPIRES);
		if (!header || pl_u32(&header->val) <= registration->expires_s)
			return false;
		registration->expires_s = pl_u32(&header->val);
		return !attempt(registration);
	default:
		return false;
	}
}

static void on_silence(void *argument)
{
	struct registration *registration = argument;

	registration->request = mem_deref(registration->request);
	fail(registration, 408, "Request Timeout", NULL);
}

static void on_answer(int err, const struct sip_msg *message, void *argument)
{
	struct registration *registration = argument;
	char reason[80];

	tmr_cancel(&registration->patience);
	if (err || !message) {
		const char *problem = trust_take_problem();

		fail(registration, err == ETIMEDOUT ? 408 : 0, *problem ? problem : strerror(err), NULL);
		return;
	}
	if (message->scode < 200)
		return;
	network_adopt(message, registration->place.dscp);
	if (registration->phase == WANTED)
		proxies_note(registration->place.proxies, &message->src);
	if (registration->phase == LEAVING && (registration->bound || message->scode < 300)) {
		remove_binding(registration);
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
	fail(registration, message->scode, reason, message);
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

/* Sends REGISTER; errno. */
static int attempt(struct registration *registration)
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

int registration_start(struct registration **out, const struct registration_place *place, const struct account *account)
{
	struct registration *registration = mem_zalloc(sizeof(*registration), registration_free);
	int err;

	if (!registration)
		return ENOMEM;
	tmr_init(&registration->timer);
	registration->account = *account;
	registration->place = *place;
	registration->place.sip = mem_ref(place->sip);
	registration->expires_s = account->expires_s;
	tmr_init(&registration->patience);
	tmr_init(&registration->fail_back);
	tmr_init(&registration->keep_alive);
	err = registration_take_route(registration, 0);
	if (!err)
		err = sip_auth_alloc(&registration->auth, on_challenge, registration, false);
	if (err) {
		mem_deref(registration);
		return err;
	}
	*out = registration;
	tell(registration, "registering", 0, "");
	registration_begin(registration);
	return 0;
}

unsigned registration_route(const struct registration *registration)
{
	return registration ? registration->route : 0;
}

bool registration_is_bound(const struct registration *registration)
{
	return registration && registration->bound;
}

void registration_end(struct registration *registration)
{
	if (!registration)
		return;
	tell(registration, "unregistered", 0, "");
	registration_stop_watching(registration);
	tmr_cancel(&registration->timer);
	if (registration->request)
		registration->phase = LEAVING; /* goes on with the answer */
	else if (registration->bound)
		remove_binding(registration);
	else
		mem_deref(registration);
}

void registration_replace(struct registration *registration)
{
	mem_deref(registration);
}

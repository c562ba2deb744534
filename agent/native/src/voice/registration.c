#include "registration-state.h"

#include "backoff.h"
#include "trust.h"

#include <errno.h>
#include <string.h>

#define RETRY_AFTER_MAX_S 1800

static void registration_free(void *argument)
{
	struct registration *registration = argument;

	registration_stop_watching(registration);
	tmr_cancel(&registration->timer);
	mem_deref(registration->resolving);
	mem_deref(registration->messages);
	mem_deref(registration->request);
	mem_deref(registration->dialog);
	mem_deref(registration->auth);
	mem_deref(registration->place.sip);
}

void registration_tell(struct registration *registration, const char *state, int code, const char *reason)
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

static void on_timer(void *argument)
{
	registration_begin(argument);
}

void registration_retry(struct registration *registration, uint64_t wait_ms)
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

void registration_fail(struct registration *registration, int code, const char *reason, const struct sip_msg *message)
{
	uint32_t wait, asked = retry_after_ms(message);
	unsigned routes = registration->account.routes;

	registration_stop_watching(registration);
	if (registration->phase != WANTED) {
		mem_deref(registration);
		return;
	}
	registration->bound = false;
	registration->messages = mem_deref(registration->messages);
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
	registration->routes_until = 0;
	wait = backoff_ms(registration->failures, is_refusal(code), rand_u16());
	registration_tell(registration, "failed", code, reason);
	tmr_start(&registration->timer, wait > asked ? wait : asked, on_timer, registration);
}

void registration_begin(struct registration *registration)
{
	if (!registration_resolves(registration))
		registration_attempt_anew(registration);
}

void registration_attempt_anew(struct registration *registration)
{
	bool wanted = registration->phase == WANTED;
	int err;

	registration->challenges = 0;
	sip_auth_reset(registration->auth);
	err = registration_attempt(registration);
	if (err) {
		const char *problem = trust_take_problem();

		registration_fail(registration, 0, *problem ? problem : strerror(err), NULL);
	} else if (wanted)
		proxies_look_up(registration->place.proxies, registration->place.dns, &registration->asked,
				sa_af(registration->place.address));
}

void registration_remove(struct registration *registration)
{
	registration->phase = REMOVING;
	registration_begin(registration);
}

int registration_start(struct registration **out, const struct registration_place *place, const struct account *account)
{
	struct registration *registration = mem_zalloc(sizeof(*registration), registration_free);
	int err;

	if (!registration)
		return ENOMEM;
	tmr_init(&registration->timer);
	registration->asked = registration->account = *account;
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
	registration_tell(registration, "registering", 0, "");
	registration_begin(registration);
	return 0;
}

unsigned registration_route(const struct registration *registration)
{
	return registration ? registration->route : 0;
}

struct subscription *registration_messages(const struct registration *registration)
{
	return registration ? registration->messages : NULL;
}

const struct account *registration_asked(const struct registration *registration)
{
	return registration ? &registration->asked : NULL;
}

bool registration_is_bound(const struct registration *registration)
{
	return registration && registration->bound;
}

static void leave_messages(struct registration *registration)
{
	subscription_end(registration->messages);
	registration->messages = NULL;
}

void registration_end(struct registration *registration)
{
	if (!registration)
		return;
	registration_tell(registration, "unregistered", 0, "");
	registration_stop_watching(registration);
	leave_messages(registration);
	registration->resolving = mem_deref(registration->resolving);
	tmr_cancel(&registration->timer);
	if (registration->request)
		registration->phase = LEAVING; /* goes on with the answer */
	else if (registration->bound)
		registration_remove(registration);
	else
		mem_deref(registration);
}

void registration_replace(struct registration *registration)
{
	leave_messages(registration);
	mem_deref(registration);
}

#include "registration.h"

#include "backoff.h"
#include "network.h"
#include "trust.h"

#include <errno.h>
#include <string.h>

#define REFRESH_PERCENT 90        /* of what the registrar granted, as libre's own client does */
#define REFRESH_MIN_S 5
#define PATIENCE_MS 8000          /* a registrar that says nothing for so long has a successor */
#define FAIL_BACK_MAX_MS 60000    /* between two questions whether the first proxy is there again: a quarter of what is granted */
#define CHALLENGES_MAX 4          /* answered in one attempt: a registrar that always says "stale" must not keep us busy */
#define RETRY_AFTER_MAX_S 1800

/* WANTED: kept registered. LEAVING: not wanted, but a request is under way. REMOVING: the removal is under way. */
enum phase { WANTED, LEAVING, REMOVING };

struct registration {
	enum phase phase;
	struct account account;
	struct registration_place place;
	struct tmr timer;
	struct sip_dialog *dialog;
	struct sip_auth *auth;
	struct sip_request *request;
	struct sa local;               /* address of the contact last sent */
	uint32_t expires_s, granted_s;
	unsigned failures, challenges;
	unsigned route, tried;         /* proxy in use; proxies that failed one after the other */
	struct tmr patience, fail_back, keep_alive;
	struct sip_request *probe;     /* OPTIONS to the first proxy */
	struct sip_keepalive *flow;
	struct sa flow_peer;
	bool bound;                    /* the registrar has our contact, as far as we know */
	char told[16];                 /* state of the last event */
	int told_code;
	unsigned told_route;
};

static int attempt(struct registration *registration);

/* No more questions to other proxies, no keep-alive. */
static void stop_watching(struct registration *registration)
{
	tmr_cancel(&registration->patience);
	tmr_cancel(&registration->fail_back);
	tmr_cancel(&registration->keep_alive);
	registration->probe = mem_deref(registration->probe);
	registration->flow = mem_deref(registration->flow);
}

static void registration_free(void *argument)
{
	struct registration *registration = argument;

	stop_watching(registration);
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

static void begin(struct registration *registration);
static void on_fail_back(void *argument);
static void on_silence(void *argument);

static void on_timer(void *argument)
{
	begin(argument);
}

static int take_route(struct registration *registration, unsigned route)
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

	stop_watching(registration);
	if (registration->phase != WANTED) {
		mem_deref(registration);
		return;
	}
	registration->bound = false;
	if (may_work_elsewhere(code) && ++registration->tried < routes &&
	    !take_route(registration, (registration->route + 1) % routes)) {
		/* Not from here: an attempt that fails at once would come back into this. */
		tmr_start(&registration->timer, 0, on_timer, registration);
		return;
	}
	registration->tried = 0;
	if (registration->route && take_route(registration, 0))
		reason = "no memory";
	registration->failures++;
	wait = backoff_ms(registration->failures, is_refusal(code), rand_u16());
	tell(registration, "failed", code, reason);
	tmr_start(&registration->timer, wait > asked ? wait : asked, on_timer, registration);
}

/* A new attempt, with a new answer to whatever is asked of us. */
static void begin(struct registration *registration)
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
	begin(registration);
}

/* ---- while it is registered ---- */

static uint32_t fail_back_ms(const struct registration *registration)
{
	return registration->granted_s < FAIL_BACK_MAX_MS / 250 ? registration->granted_s * 250 : FAIL_BACK_MAX_MS;
}

static void on_probe_answer(int err, const struct sip_msg *message, void *argument)
{
	struct registration *registration = argument;

	if (message && message->scode < 200)
		return;
	if (err || !message || message->scode >= 500) {
		tmr_start(&registration->fail_back, fail_back_ms(registration), on_fail_back, registration);
		return;
	}
	/* RFC 5626 §4.5 speaks of flows; the same holds for proxies: the first one is there again, and gets us back. */
	if (!take_route(registration, 0))
		begin(registration);
}

static void on_fail_back(void *argument)
{
	struct registration *registration = argument;

	if (registration->request ||
	    sip_requestf(&registration->probe, registration->place.sip, true, "OPTIONS", registration->account.route_uris[0], NULL, NULL,
			 NULL, on_probe_answer, registration,
			 "From: <%s>;tag=%08x\r\nTo: <%s>\r\nCall-ID: %016llx@tonalite\r\nCSeq: 1 OPTIONS\r\n"
			 "Content-Length: 0\r\n\r\n",
			 registration->account.address_uri, rand_u32(), registration->account.registrar_uri, rand_u64()))
		tmr_start(&registration->fail_back, fail_back_ms(registration), on_fail_back, registration);
}

/* RFC 5626 §3.5.2 over UDP: blank lines keep a NAT's door open; nobody answers them. */
static void on_keep_alive(void *argument)
{
	struct registration *registration = argument;
	struct mbuf *blank = mbuf_alloc(4);

	if (blank && !mbuf_write_str(blank, "\r\n\r\n")) {
		blank->pos = 0;
		(void)sip_send(registration->place.sip, NULL, SIP_TRANSP_UDP, &registration->flow_peer, blank);
	}
	mem_deref(blank);
	tmr_start(&registration->keep_alive, (uint64_t)registration->account.keep_alive_s * 1000, on_keep_alive, registration);
}

/* A connection that broke takes the incoming calls with it until we register again. */
static void on_flow_lost(int err, void *argument)
{
	struct registration *registration = argument;

	(void)err;
	registration->flow = mem_deref(registration->flow);
	if (registration->phase == WANTED && !registration->request)
		tmr_start(&registration->timer, backoff_ms(1, false, rand_u16()), on_timer, registration);
}

static void watch(struct registration *registration, const struct sip_msg *message)
{
	stop_watching(registration);
	registration->flow_peer = message->src;
	if (registration->route)
		tmr_start(&registration->fail_back, fail_back_ms(registration), on_fail_back, registration);
	if (!registration->account.keep_alive_s)
		return;
	if (message->tp == SIP_TRANSP_UDP)
		tmr_start(&registration->keep_alive, (uint64_t)registration->account.keep_alive_s * 1000, on_keep_alive, registration);
	/* Only a registrar that knows the rule answers our blank lines; libre closes the connection of one that does not. */
	else if (sip_msg_hdr_has_value(message, SIP_HDR_SUPPORTED, "outbound") || sip_msg_hdr(message, SIP_HDR_FLOW_TIMER))
		(void)sip_keepalive_start(&registration->flow, registration->place.sip, message, registration->account.keep_alive_s,
					  on_flow_lost, registration);
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
	watch(registration, message);
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
	err = take_route(registration, 0);
	if (!err)
		err = sip_auth_alloc(&registration->auth, on_challenge, registration, false);
	if (err) {
		mem_deref(registration);
		return err;
	}
	*out = registration;
	tell(registration, "registering", 0, "");
	begin(registration);
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
	stop_watching(registration);
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

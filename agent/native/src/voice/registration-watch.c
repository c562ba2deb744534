/* While an account is registered: is the first proxy there again, and is the way to us still open? */
#include "registration-state.h"

#include "backoff.h"

#define FAIL_BACK_MAX_MS 60000    /* between two questions whether the first proxy is there again: a quarter of what is granted */
#define NEVER_S 864000            /* ten days: longer than any registration */

static void on_fail_back(void *argument);

void registration_stop_watching(struct registration *registration)
{
	tmr_cancel(&registration->patience);
	tmr_cancel(&registration->fail_back);
	tmr_cancel(&registration->keep_alive);
	registration->probe = mem_deref(registration->probe);
	registration->flow = mem_deref(registration->flow);
}

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
	if (!registration_take_route(registration, 0))
		registration_begin(registration);
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
		registration_retry(registration, backoff_ms(1, false, rand_u16()));
}

/* How often blank lines ask for a sign of life on a connection (RFC 5626 §4.4.1). Only a registrar that knows the rule answers
 * them; libre closes the connection of one that does not. With such a one the end of the connection is all that is watched. */
static uint32_t ping_s(const struct registration *registration, const struct sip_msg *message)
{
	const struct sip_hdr *timer = sip_msg_hdr(message, SIP_HDR_FLOW_TIMER);
	uint32_t asked = timer ? pl_u32(&timer->val) : 0, own = registration->account.keep_alive_s;

	if (!asked && (!own || !sip_msg_hdr_has_value(message, SIP_HDR_SUPPORTED, "outbound")))
		return NEVER_S;
	return !asked || (own && own < asked) ? own : asked;
}

void registration_watch(struct registration *registration, const struct sip_msg *message)
{
	registration_stop_watching(registration);
	registration->flow_peer = message->src;
	if (registration->route)
		tmr_start(&registration->fail_back, fail_back_ms(registration), on_fail_back, registration);
	if (message->tp != SIP_TRANSP_UDP)
		(void)sip_keepalive_start(&registration->flow, registration->place.sip, message, ping_s(registration, message),
					  on_flow_lost, registration);
	else if (registration->account.keep_alive_s)
		tmr_start(&registration->keep_alive, (uint64_t)registration->account.keep_alive_s * 1000, on_keep_alive, registration);
}

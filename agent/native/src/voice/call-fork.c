/* An INVITE that a proxy forks may be answered by several (RFC 3261 §13.2.2.4). libre's session takes the first 200 and knows
 * nothing of the others, which would repeat theirs for half a minute with a telephone that is off its hook. A dialog of libre
 * that is established cannot be forked any more, so that ACK and BYE are written from the answer itself. */
#include "call-state.h"
#include "room.h"

#include <errno.h>
#include <string.h>

static bool is_other_branch(const struct call *call, const struct sip_msg *response)
{
	return call && call->outgoing && call->session && call->phase == CALL_ESTABLISHED &&
	       !pl_strcmp(&response->callid, call->sip_call_id) && !pl_strcmp(&response->from.tag, call->local_tag) &&
	       pl_isset(&response->to.tag) && pl_strcmp(&response->to.tag, call->remote_tag);
}

struct route {
	struct mbuf *text;
	struct pl first;               /* in the answer */
};

/* RFC 3261 §12.1.2: the route of a caller is what was recorded, the other way round. */
static bool on_record(const struct sip_hdr *record, const struct sip_msg *response, void *argument)
{
	struct route *route = argument;

	(void)response;
	if (!pl_isset(&route->first))
		route->first = record->val;
	return mbuf_printf(route->text, "Route: %r\r\n", &record->val) != 0;
}

static int say(const struct sip_msg *response, const char *method, uint32_t sequence)
{
	const struct sip_hdr *contact = sip_msg_hdr(response, SIP_HDR_CONTACT);
	struct route route = { mbuf_alloc(512), PL_INIT };
	struct sip_addr target, first;
	int err = route.text ? 0 : ENOMEM;

	if (!err && (!contact || sip_addr_decode(&target, &contact->val)))
		err = EBADMSG;
	if (!err && sip_msg_hdr_apply(response, false, SIP_HDR_RECORD_ROUTE, on_record, &route))
		err = ENOMEM;
	if (!err && pl_isset(&route.first))
		err = sip_addr_decode(&first, &route.first);
	if (!err)
		err = mbuf_printf(route.text,
				  "Max-Forwards: 70\r\nTo: %r\r\nFrom: %r\r\nCall-ID: %r\r\nCSeq: %u %s\r\nContent-Length: 0\r\n\r\n",
				  &response->to.val, &response->from.val, &response->callid, sequence, method);
	if (!err) {
		route.text->pos = 0;
		err = sip_request(NULL, room.sip, strcmp(method, "ACK") != 0, method, -1, target.auri.p, (int)target.auri.l,
				  pl_isset(&route.first) ? &first.uri : &target.uri, route.text, 0, NULL, NULL, NULL);
	}
	mem_deref(route.text);
	return err;
}

bool call_on_other_branch(const struct sip_msg *response)
{
	if (response->scode < 200 || response->scode >= 300 || pl_strcmp(&response->cseq.met, "INVITE"))
		return false;
	for (int i = 0; i < TN_MAX_LINES * TN_LINE_CALLS; i++) {
		struct call *call = room.calls[i / TN_LINE_CALLS][i % TN_LINE_CALLS];

		if (!is_other_branch(call, response))
			continue;
		/* A repeated 200 is confirmed again; the good-bye is said once. */
		if (!say(response, "ACK", response->cseq.num) && pl_strcmp(&response->to.tag, call->other_branch))
			(void)say(response, "BYE", response->cseq.num + 1);
		pl_strcpy(&response->to.tag, call->other_branch, sizeof(call->other_branch));
		return true;
	}
	return false;
}

/* INVITE with Replaces (RFC 3891): who may take a call's place, and what becomes of both. */
#include "voice_far.h"

static struct far far;
static char opened[FAR_MESSAGE]; /* the box's INVITE of the call to be replaced */
static int32_t call;

static int listen_at(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static bool hears_sound(int fd)
{
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	char packet[512];

	while (recv(fd, packet, sizeof(packet), 0) > 0)
		;
	return poll(&poll_fd, 1, 2000) > 0;
}

/* The box calls; the far end answers with a status, as the tag "first". */
static void dials(const char *status, const char *body)
{
	call = tn_call_dial(0, "bob");
	CHECK(call > 0);
	memcpy(opened, far_expect(&far, "INVITE sip:bob@"), sizeof(opened));
	CHECK(strstr(opened, "\r\nSupported: timer, 100rel, replaces\r\n"));
	far_answer(&far, opened, status, "first", *body ? FAR_SDP : "", body);
}

static void is_in_a_call(void)
{
	dials("200 OK", far_sound(RIG_MEDIA_PORT));
	far_expect(&far, "ACK ");
	CHECK_INT(rig_number(rig_wait("\"state\":\"established\"", NULL, 3000), "call"), call);
}

static const char *replaces(const char *to_tag, const char *from_tag, const char *more)
{
	static char text[1024];

	snprintf(text, sizeof(text), "Replaces: %s;from-tag=%s;to-tag=%s%s\r\n", sip_header(opened, "Call-ID"), from_tag, to_tag, more);
	return text;
}

static const char *our_tag(void)
{
	return sip_parameter(sip_header(opened, "From"), "tag=");
}

static void is_refused(const char *who, const char *headers, const char *status)
{
	far_call(&far, "INVITE", who, "", headers, far_sound(RIG_PEER_MEDIA_PORT));
	far_call(&far, "ACK", who, sip_parameter(sip_header(far_expect(&far, status), "To"), "tag="), "", "");
}

static void refuses_what_is_not_there(void)
{
	char both[2048];

	is_refused("wrong-call", "Replaces: 1@nowhere;from-tag=first;to-tag=2\r\n", "SIP/2.0 481");
	is_refused("wrong-tag", replaces(our_tag(), "second", ""), "SIP/2.0 481");
	is_refused("swapped", replaces("first", our_tag(), ""), "SIP/2.0 481");
	is_refused("early-only", replaces(our_tag(), "first", ";early-only"), "SIP/2.0 486");
	is_refused("no-tag", "Replaces: 1@nowhere;from-tag=first\r\n", "SIP/2.0 400");
	snprintf(both, sizeof(both), "%sReplaces: 1@nowhere;from-tag=1;to-tag=2\r\n", replaces(our_tag(), "first", ""));
	is_refused("two", both, "SIP/2.0 400");
	snprintf(both, sizeof(both), "%sJoin: 1@nowhere;from-tag=1;to-tag=2\r\n", replaces(our_tag(), "first", ""));
	is_refused("replaces-and-join", both, "SIP/2.0 400");
	snprintf(both, sizeof(both), "Join%s", replaces(our_tag(), "first", "") + strlen("Replaces"));
	is_refused("join", both, "SIP/2.0 488");
	is_refused("require-join", "Require: join\r\n", "SIP/2.0 420");
}

/* Without a common codec the old call goes on as if nothing had been asked. */
static void keeps_the_call_without_sound_for_the_new(void)
{
	size_t before = rig.length;

	far_call(&far, "INVITE", "no-codec", "", replaces(our_tag(), "first", ""),
		 "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n");
	far_call(&far, "ACK", "no-codec", sip_parameter(sip_header(far_expect(&far, "SIP/2.0 488"), "To"), "tag="), "", "");
	CHECK(!*far_wait(&far, "BYE ", 500));
	CHECK_INT(rig_count(before, "\"event\":\"call\""), 0);
}

/* The new call is up at once, the old one ends; returns the new one. */
static int32_t is_replaced(const char *who, const char *old_ends, const char *direction)
{
	const char *answer, *event, *old;
	char tag[128];
	int32_t next;

	far_call(&far, "INVITE", who, "", replaces(our_tag(), "first", ""), far_sound(RIG_PEER_MEDIA_PORT));
	answer = far_expect(&far, "SIP/2.0 200 OK");
	CHECK(strstr(answer, "replaces"));
	CHECK(strstr(answer, direction));
	strcpy(tag, sip_parameter(sip_header(answer, "To"), "tag="));
	old = far_expect(&far, old_ends);
	far_answer(&far, old, "200 OK", "first", "", "");
	event = rig_wait("\"state\":\"replacing\"", who, 3000);
	CHECK_INT(rig_number(event, "replaces"), call);
	next = (int32_t)rig_number(event, "call");
	CHECK(next > call);
	event = rig_wait("\"state\":\"ended\"", "Replaced", 3000);
	CHECK_INT(rig_number(event, "call"), call);
	far_call(&far, "ACK", who, tag, "", "");
	event = rig_wait("\"state\":\"established\"", who, 3000);
	CHECK_INT(rig_number(event, "call"), next);
	return next;
}

static void hangs_up(int32_t handle)
{
	CHECK_INT(tn_call_hangup(handle, 0, NULL), 0);
	far_answer(&far, far_expect(&far, "BYE sip:"), "200 OK", "", "", "");
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", NULL, 3000), "call"), handle);
}

static void goes_on_with_another(void)
{
	int old_ear = listen_at(RIG_MEDIA_PORT), new_ear = listen_at(RIG_PEER_MEDIA_PORT);
	int32_t next;

	CHECK(hears_sound(old_ear));
	next = is_replaced("carol", "BYE ", "a=sendrecv");
	CHECK(hears_sound(new_ear));
	CHECK(!hears_sound(old_ear));
	CHECK_INT(tn_call_hold(call, 1), -ENOENT);
	is_refused("too-late", replaces(our_tag(), "first", ""), "SIP/2.0 603");
	hangs_up(next);
	close(old_ear);
	close(new_ear);
}

/* Both calls of a line are taken: the one on hold changes hands, and stays on hold. */
static void stays_on_hold(void)
{
	char held[FAR_MESSAGE];
	int32_t first, second, next;

	is_in_a_call();
	first = call;
	memcpy(held, opened, sizeof(held));
	CHECK_INT(tn_call_hold(first, 1), 0);
	far_answer(&far, far_expect(&far, "INVITE sip:far@"), "200 OK", "first", FAR_SDP, far_sound(RIG_MEDIA_PORT));
	far_expect(&far, "ACK ");
	is_in_a_call();
	second = call;
	memcpy(opened, held, sizeof(opened));
	call = first;
	next = is_replaced("dave", "BYE ", "a=sendonly");
	hangs_up(second);
	hangs_up(next);
}

/* RFC 3891 §3: only who made a call may have it picked up for him. */
static void is_picked_up_elsewhere(void)
{
	dials("180 Ringing", "");
	CHECK(*rig_wait("\"state\":\"ringing\"", NULL, 3000));
	hangs_up(is_replaced("erin", "CANCEL ", "a=sendrecv"));
	far_answer(&far, opened, "487 Request Terminated", "first", "", "");
	far_call(&far, "INVITE", "frank", "", "", far_sound(RIG_MEDIA_PORT));
	far_expect(&far, "SIP/2.0 180");
	snprintf(opened, sizeof(opened), "INVITE\r\nCall-ID: frank@far\r\nFrom: <sip:alice@b>;tag=%s\r\n",
		 sip_parameter(sip_header(far.message, "To"), "tag="));
	is_refused("thief", replaces(our_tag(), "tag-of-frank", ""), "SIP/2.0 481");
	call = (int32_t)rig_number(rig_wait("\"state\":\"incoming\"", "frank", 3000), "call");
	CHECK_INT(tn_call_hangup(call, 486, NULL), 0);
	far_expect(&far, "SIP/2.0 486");
}

int main(void)
{
	struct tn_account account;

	if (!CHECK(rig_open_engine() == 0) || !far_open(&far, RIG_FAR_PORT))
		return check_summary("voice_replaces");
	rig_account(&account, "x");
	account.expires_s = 3600;
	account.calls = 2;
	CHECK_INT(tn_account(0, &account), 0);
	far_registers(&far);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 3000));
	is_in_a_call();
	refuses_what_is_not_there();
	keeps_the_call_without_sound_for_the_new();
	goes_on_with_another();
	stays_on_hold();
	is_picked_up_elsewhere();
	rig_close();
	far_close(&far);
	return check_summary("voice_replaces");
}

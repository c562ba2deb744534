/* Asking for waiting messages (RFC 3842): the subscription's life, its refusals, and who may tell. */
#include "voice_far.h"

#define SUMMARY "Event: message-summary\r\nContent-Type: application/simple-message-summary\r\n"

static struct far far;

static void subscribes(uint32_t seconds)
{
	struct tn_account account;

	rig_account(&account, "secret-of-alice");
	account.expires_s = 3600;
	account.messages_s = seconds;
	CHECK_INT(tn_account(0, &account), 0);
}

static void notifies(const char *subscribe, const char *tag, const char *state, const char *body, const char *status)
{
	char more[256];

	snprintf(more, sizeof(more), SUMMARY "Subscription-State: %s\r\n", state);
	far_request_in(&far, "NOTIFY", subscribe, tag, more, body);
	far_expect(&far, status);
}

static void is_told(const char *waiting, long fresh, long old)
{
	const char *event = rig_wait("\"event\":\"messages\"", waiting, 3000);

	CHECK_INT(rig_number(event, "new"), fresh);
	CHECK_INT(rig_number(event, "old"), old);
}

/* Challenged, too brief, then a dialog: its first NOTIFY overtakes the answer. */
static void gets_in(char first[FAR_MESSAGE])
{
	const char *request = far_expect(&far, "SUBSCRIBE sip:alice@tonalite.test ");

	CHECK(strstr(request, "\r\nEvent: message-summary\r\n"));
	CHECK(strstr(request, "\r\nAccept: application/simple-message-summary\r\n"));
	CHECK(strstr(request, "\r\nExpires: 7\r\n"));
	CHECK(!strstr(request, "Authorization"));
	far_answer(&far, request, "401 Unauthorized", "voicemail",
		   "WWW-Authenticate: Digest realm=\"mail\", nonce=\"n1\", algorithm=MD5\r\n", "");
	request = far_expect(&far, "SUBSCRIBE ");
	CHECK(strstr(request, "username=\"alice\", realm=\"mail\""));
	CHECK(!strstr(request, "secret-of-alice"));
	far_answer(&far, request, "423 Interval Too Brief", "voicemail", "Min-Expires: 8\r\n", "");
	request = far_expect(&far, "SUBSCRIBE ");
	CHECK(strstr(request, "\r\nExpires: 8\r\n"));
	memcpy(first, request, FAR_MESSAGE);
	notifies(first, "voicemail", "active;expires=8", "Messages-Waiting: yes\r\nVoice-Message: 3/1 (0/0)\r\n", "SIP/2.0 200");
	is_told("\"waiting\":true", 3, 1);
	far_answer(&far, first, "202 Accepted", "voicemail", "Expires: 8\r\n", "");
	CHECK(*rig_wait("\"event\":\"subscription\"", "\"state\":\"active\"", 3000));
}

/* RFC 6665 §4.1.2.2: within its dialog, before its time is over. */
static void is_refreshed(const char *first)
{
	const char *request = far_expect(&far, "SUBSCRIBE sip:far@");

	CHECK_INT(strcmp(sip_header(request, "Call-ID"), sip_header(first, "Call-ID")), 0);
	CHECK(strstr(sip_header(request, "To"), "tag=voicemail"));
	far_answer(&far, request, "200 OK", "voicemail", "Expires: 8\r\n", "");
}

static void hears_only_its_own(const char *first)
{
	size_t before = rig.length;

	notifies(first, "fork", "active", "Messages-Waiting: yes\r\nVoice-Message: 9/9\r\n", "SIP/2.0 481");
	CHECK_INT(rig_count(before, "\"event\":\"messages\""), 0);
	notifies(first, "voicemail", "active", "Messages-Waiting: no\r\n", "SIP/2.0 200");
	is_told("\"waiting\":false", 0, 0);
}

/* The notifier ends it, forgets it, and has none: a new one, a new one, patience. */
static void begins_anew(const char *first)
{
	char second[FAR_MESSAGE];
	const char *request;

	notifies(first, "voicemail", "terminated;reason=deactivated", "", "SIP/2.0 200");
	request = far_expect(&far, "SUBSCRIBE sip:alice@");
	CHECK(strcmp(sip_header(request, "Call-ID"), sip_header(first, "Call-ID")));
	memcpy(second, request, sizeof(second));
	far_answer(&far, second, "200 OK", "second", "Expires: 7\r\n", "");
	request = far_expect(&far, "SUBSCRIBE sip:far@");
	far_answer(&far, request, "481 Subscription Does Not Exist", "second", "", "");
	request = far_expect(&far, "SUBSCRIBE sip:alice@");
	CHECK(strcmp(sip_header(request, "Call-ID"), sip_header(second, "Call-ID")));
	far_answer(&far, request, "489 Bad Event", "none", "", "");
	CHECK_INT(rig_number(rig_wait("\"event\":\"subscription\"", "\"state\":\"failed\"", 3000), "code"), 489);
	CHECK(!*far_wait(&far, "SUBSCRIBE ", 6000));
}

/* A new account is asked for at once; when it goes, so does the subscription. */
static void takes_leave(void)
{
	const char *request;

	subscribes(3600);
	far_registers(&far);
	request = far_expect(&far, "SUBSCRIBE sip:alice@");
	far_answer(&far, request, "200 OK", "third", "Expires: 3600\r\n", "");
	CHECK(*rig_wait("\"event\":\"subscription\"", "\"state\":\"active\"", 3000));
	CHECK_INT(tn_account(0, NULL), 0);
	request = far_expect(&far, "SUBSCRIBE sip:far@");
	CHECK(strstr(request, "\r\nExpires: 0\r\n"));
	far_answer(&far, request, "200 OK", "third", "Expires: 0\r\n", "");
}

static void is_not_asked_without(void)
{
	subscribes(0);
	far_registers(&far);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 3000));
	CHECK(!*far_wait(&far, "SUBSCRIBE ", 1000));
}

int main(void)
{
	char first[FAR_MESSAGE];

	if (!CHECK(rig_open_engine() == 0) || !far_open(&far, RIG_FAR_PORT))
		return check_summary("voice_messages");
	is_not_asked_without();
	subscribes(7);
	far_registers(&far);
	gets_in(first);
	hears_only_its_own(first);
	is_refreshed(first);
	begins_anew(first);
	takes_leave();
	rig_close();
	far_close(&far);
	return check_summary("voice_messages");
}

/* What happens inside a dialog: reliable answers, session timers, UPDATE, glare, stale nonce, redirection, messages
 * waiting. test/sip/dialogs.xml plays the far end, and checks what we send. */
#include "voice_rig.h"
#include "voice/session-timer.h"

static struct sip_msg *decode(const char *text)
{
	struct mbuf *buffer = mbuf_alloc(1024);
	struct sip_msg *message = NULL;

	mbuf_write_str(buffer, text);
	buffer->pos = 0;
	CHECK_INT(sip_msg_decode(&message, buffer), 0);
	mem_deref(buffer);
	return message;
}

static void on_due(void *argument)
{
	(void)argument;
}

/* Whose refresh is due after how many seconds; 0: no timer. */
static long wait_of(const char *text, bool ours)
{
	struct session_timer timer = { .interval_s = 0 };
	struct sip_msg *message = decode(text);
	long wait;

	tmr_init(&timer.clock);
	session_timer_take(&timer, message, on_due, NULL);
	wait = tmr_isrunning(&timer.clock) ? (long)((tmr_get_expire(&timer.clock) + 500) / 1000) : 0;
	if (wait)
		CHECK_INT(timer.ours, ours);
	if (wait && ours) {
		CHECK(session_timer_refresh(&timer, on_due, NULL));
		CHECK(tmr_isrunning(&timer.clock));
	}
	CHECK(!session_timer_refresh(&timer, on_due, NULL));
	session_timer_stop(&timer);
	mem_deref(message);
	return wait;
}

#define HEAD "\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
#define ANSWER "SIP/2.0 200 OK" HEAD
#define REQUEST "INVITE sip:c@d SIP/2.0" HEAD

static void counts_sessions(void)
{
	CHECK_INT(wait_of(ANSWER "Session-Expires: 1800;refresher=uac\r\n\r\n", true), 900);
	CHECK_INT(wait_of(ANSWER "Session-Expires: 1800;refresher=uas\r\n\r\n", false), 1768);
	CHECK_INT(wait_of(ANSWER "x: 90;refresher=uas\r\n\r\n", false), 60);
	CHECK_INT(wait_of(ANSWER "Session-Expires: 600\r\n\r\n", true), 300);
	CHECK_INT(wait_of(ANSWER "\r\n", false), 0);
	CHECK_INT(wait_of(ANSWER "Session-Expires: 5\r\n\r\n", false), 0);
	CHECK_INT(wait_of(ANSWER "Session-Expires: 99999999999999999999\r\n\r\n", false), 0);
	CHECK_INT(wait_of(REQUEST "Supported: timer\r\nSession-Expires: 600\r\n\r\n", false), 568);
	CHECK_INT(wait_of(REQUEST "Session-Expires: 600\r\n\r\n", true), 300);
}

static const char *calls(const char *number)
{
	CHECK(tn_call_dial(0, number) > 0);
	return rig_wait("\"state\":\"ended\"", NULL, 5000);
}

static int32_t is_answered(const char *number)
{
	int32_t call = tn_call_dial(0, number);

	CHECK_INT(rig_number(rig_wait("\"state\":\"established\"", NULL, 5000), "call"), call);
	return call;
}

static void hangs_up(int32_t call)
{
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", NULL, 2000), "call"), call);
	usleep(200000);
}

static void is_refused_and_redirected(void)
{
	const char *event = calls("488");

	CHECK_INT(rig_number(event, "code"), 488);
	CHECK_INT(rig_number(calls("503"), "code"), 503);
	event = calls("moved");
	CHECK_INT(rig_number(event, "code"), 302);
	CHECK(strstr(event, "\"by\":\"remote\""));
	CHECK(strstr(event, "\"redirectedTo\":\"0899123456\""));
	CHECK_INT(rig_number(calls("stale"), "code"), 486);
}

static void confirms_reliable_answers(void)
{
	hangs_up(is_answered("reliable"));
}

static void is_updated(void)
{
	CHECK(tn_call_dial(0, "updater") > 0);
	CHECK(*rig_wait("\"state\":\"established\"", NULL, 3000));
	CHECK(*rig_wait("\"state\":\"held\"", NULL, 3000));
	CHECK(*rig_wait("\"state\":\"ended\"", "\"by\":\"remote\"", 3000));
}

/* A digit by INFO: it is not in the sound, nor is telephone-event offered. */
static void informs_of_digits(void)
{
	struct tn_account account;
	int32_t call;

	rig_account(&account, "x");
	account.dtmf = TN_DTMF_INFO;
	CHECK_INT(tn_account(0, &account), 0);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 5000));
	call = is_answered("info");
	tn_sim_hook(0, 1);
	tn_sim_dial(0, "5");
	CHECK(*rig_wait("\"event\":\"digit\"", NULL, 3000));
	usleep(300000);
	hangs_up(call);
	tn_sim_hook(0, 0);
}

static void meets_glare(void)
{
	int32_t call = is_answered("glare");

	CHECK_INT(tn_call_hold(call, 1), 0);
	CHECK(*rig_wait("\"state\":\"holding\"", NULL, 1000));
	usleep(3600000); /* RFC 3261 §14.1: who made the call waits 2.1 to 4 s */
	hangs_up(call);
}

static const char *const *peer(void)
{
	static const char *arguments[12];

	memcpy(arguments,
	       (const char *const[]){ rig_box(), "-p", rig_port(RIG_PEER_PORT), "-mp", rig_port(RIG_PEER_MEDIA_PORT), "-m", "1", "-s",
				      "alice", NULL },
	       10 * sizeof(*arguments));
	return arguments;
}

static void is_told_of_messages(void)
{
	pid_t child = rig_sipp("messages.xml", peer());
	const char *event = rig_wait("\"event\":\"messages\"", "\"waiting\":true", 3000);

	CHECK_INT(rig_number(event, "line"), 0);
	CHECK_INT(rig_number(event, "new"), 2);
	CHECK_INT(rig_number(event, "old"), 8);
	CHECK_INT(rig_result(child), 0);
}

static void rings_reliably(void)
{
	pid_t child = rig_sipp("reliable-caller.xml", peer());

	CHECK(*rig_wait("\"state\":\"incoming\"", NULL, 3000));
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", "\"by\":\"remote\"", 6000), "code"), 487);
	CHECK_INT(rig_result(child), 0);
}

int main(void)
{
	struct tn_account account;
	int status;

	if (!CHECK(libre_init() == 0))
		return check_summary("voice_dialogs");
	counts_sessions();
	libre_close();
	if (!CHECK(rig_open_engine() == 0))
		return check_summary("voice_dialogs");
	rig.far = rig_sipp("dialogs.xml", (const char *const[]){ "-p", rig_port(RIG_FAR_PORT), "-mp", rig_port(RIG_MEDIA_PORT),
								 "-m", "10", "-timeout", "60s", "-deadcall_wait", "0", NULL });
	rig_account(&account, "x");
	CHECK_INT(tn_account(0, &account), 0);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 8000));
	is_refused_and_redirected();
	confirms_reliable_answers();
	is_updated();
	meets_glare();
	informs_of_digits();
	/* Ten dialogs went as written, or sipp says otherwise. */
	status = rig_result(rig.far);
	CHECK_INT(status, 0);
	rig.far = 0;
	is_told_of_messages();
	rings_reliably();
	rig_close();
	return check_summary("voice_dialogs");
}

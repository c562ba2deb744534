/* A call that tests the way: what came back of its bursts, how late, and that the telephone has no part in it. The far end's
 * sound is a reflector of the test, which delays and drops packets as it is told. */
#include "sip_calls.h"

#include <pthread.h>
#include <stdatomic.h>

#define HELD 64
#define RTP_MAX 400

static struct {
	int fd;
	atomic_bool stop;
	unsigned delay, drop_each;     /* packets; drop_each 0: none */
	uint8_t packet[HELD][RTP_MAX];
	ssize_t length[HELD];
} mirror;

static void *reflect(void *argument)
{
	struct sockaddr_in from;
	unsigned count = 0;

	(void)argument;
	while (!mirror.stop) {
		struct pollfd poll_fd = { mirror.fd, POLLIN, 0 };
		socklen_t size = sizeof(from);
		unsigned late;

		if (poll(&poll_fd, 1, 20) <= 0)
			continue;
		mirror.length[count % HELD] =
			recvfrom(mirror.fd, mirror.packet[count % HELD], RTP_MAX, 0, (struct sockaddr *)&from, &size);
		late = count++ - mirror.delay;
		if (count <= mirror.delay || mirror.length[late % HELD] <= 0 || (mirror.drop_each && late % mirror.drop_each == 0))
			continue;
		(void)!sendto(mirror.fd, mirror.packet[late % HELD], (size_t)mirror.length[late % HELD], 0,
			      (struct sockaddr *)&from, size);
	}
	return NULL;
}

static void open_mirror(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(RIG_MEDIA_PORT),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	mirror.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK_INT(bind(mirror.fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

/* Whoever calls finds the line free, though it may have one call only. */
static void keeps_nobody_out(void)
{
	struct tn_wishes wishes = { .size = sizeof(wishes), .probe = 1 };
	struct tn_account account;
	struct peer_dialog test, caller;
	int32_t call;
	const char *invite;

	rig_account(&account, "x");
	account.calls = 1;
	CHECK_INT(tn_account(0, &account), 0);
	for (int i = 0; i < 10; i++)
		peer_read(20);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 5000));
	call = tn_call_place(0, "test", &wishes);
	invite = peer_wait("INVITE sip:test@", "", 3000);
	peer_accepts(&test, invite, PEER_TAG);
	peer_answer(invite, "180 Ringing", PEER_TAG, "");
	peer_begins(&caller, "alice");
	peer_request(&caller, "INVITE", peer_description("sendrecv"));
	CHECK(*peer_wait("SIP/2.0 180", caller.call_id, 2000));
	CHECK(*rig_wait("\"state\":\"incoming\"", NULL, 2000));
	CHECK_INT(tn_call_dial(0, "more"), -EBUSY);
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	peer_answer(peer_wait("CANCEL ", test.call_id, 2000), OK, PEER_TAG, "");
	peer_answer(invite, "487 Request Terminated", PEER_TAG, "");
	peer_cancel(&caller, 1);
	CHECK(*peer_wait("SIP/2.0 487", caller.call_id, 2000));
	peer_accept_refusal(&caller, 1);
	CHECK(*rig_wait("\"state\":\"ended\"", "\"direction\":\"in\"", 3000));
}

/* Tests for so many milliseconds; the event that ends the call. */
static const char *tests(bool echo, int ms)
{
	struct tn_wishes wishes = { .size = sizeof(wishes), .probe = 1 };
	struct peer_dialog dialog;
	pthread_t thread;
	const char *invite;
	int32_t call = tn_call_place(0, "mirror", &wishes);

	invite = peer_wait("INVITE sip:mirror@", "", 3000);
	peer_accepts(&dialog, invite, PEER_TAG);
	peer_answer(invite, OK, PEER_TAG, peer_description("sendrecv"));
	CHECK(*peer_wait("ACK ", dialog.call_id, 2000));
	mirror.stop = false;
	if (echo)
		CHECK_INT(pthread_create(&thread, NULL, reflect, NULL), 0);
	usleep((useconds_t)ms * 1000);
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	peer_answer(peer_wait("BYE ", dialog.call_id, 2000), OK, PEER_TAG, "");
	mirror.stop = true;
	if (echo)
		pthread_join(thread, NULL);
	return rig_wait("\"state\":\"ended\"", NULL, 3000);
}

int main(void)
{
	char heard[2048];
	const char *event;
	long near;

	if (!CHECK(rig_open_engine() == 0))
		return check_summary("voice_probe");
	peer_open(RIG_FAR_PORT);
	open_mirror();
	has_account(0, "alice");
	/* Whoever lifts the handset meanwhile hears nothing of it, and is not heard. */
	tn_sim_hook(0, 1);
	tn_sim_speak(0, 1004, 0, -100);
	tn_sim_forget(0);
	event = tests(true, 4200);
	CHECK(tn_sim_heard(0, heard, sizeof(heard)) > 0);
	CHECK_INT(rig_number(heard, "activeMs"), 0);
	CHECK(rig_number(event, "probesSent") >= 4);
	CHECK_INT(rig_number(event, "probesHeard"), rig_number(event, "probesSent"));
	near = rig_number(event, "probeDelayMs");
	CHECK(near > 0 && near < 300);

	mirror.delay = 10;
	mirror.drop_each = 10;
	event = tests(true, 6200);
	CHECK(rig_number(event, "probesHeard") >= 5);
	CHECK(rig_number(event, "probeDelayMs") > near + 120 && rig_number(event, "probeDelayMs") < near + 300);
	CHECK(rig_number(event, "rxLost") * 100 / (rig_number(event, "rxPackets") + rig_number(event, "rxLost")) >= 7);

	event = tests(false, 2200);
	CHECK(rig_number(event, "probesSent") >= 2);
	CHECK_INT(rig_number(event, "probesHeard"), 0);
	CHECK_INT(rig_number(event, "probeDelayMs"), 0);
	keeps_nobody_out();
	rig_close();
	close(peer.fd);
	close(mirror.fd);
	return check_summary("voice_probe");
}

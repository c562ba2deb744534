/* Hostile packets at every open port while a call is up: nothing crashes (run it sanitized), and the call goes on. */
#include "voice_rig.h"

#define PACKETS 3000

static const char invite[] =
	"INVITE sip:alice@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:25077;branch=z9hG4bK-%d;rport\r\n"
	"Max-Forwards: 70\r\nFrom: \"\\\"<x>\" <sip:mallory@[::1]>;tag=%d\r\nTo: <sip:alice@127.0.0.1>\r\nCall-ID: %d@evil\r\n"
	"CSeq: 1 INVITE\r\nContact: <sip:m@127.0.0.1:25077>\r\nP-Asserted-Identity: <sip:%%00%%ff@x>\r\n"
	"Content-Type: application/sdp\r\nContent-Length: 190\r\n\r\n"
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nb=AS:64\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\n"
	"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtcp:4001 IN IP4 127.0.0.1\r\na=sendonly\r\n";
static const char bye[] =
	"BYE sip:alice@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:25077;branch=z9hG4bK-%d\r\nFrom: <sip:m@x>;tag=%d\r\n"
	"To: <sip:alice@127.0.0.1>;tag=1\r\nCall-ID: %d@evil\r\nCSeq: 2 BYE\r\nReason: Q.850;cause=999999999999;text=\"\\\r\n\r\n";

static int fd;

static void send_to(uint16_t port, const void *packet, size_t length)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	(void)!sendto(fd, packet, length, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
}

static size_t random_bytes(uint8_t *packet, size_t most)
{
	size_t length = (size_t)rand() % most;

	for (size_t i = 0; i < length; i++)
		packet[i] = (uint8_t)rand();
	return length;
}

/* A message with a few bytes changed, dropped or repeated. */
static size_t spoil(uint8_t *packet, size_t length)
{
	for (int change = rand() % 6; change > 0; change--) {
		size_t at = (size_t)rand() % length;

		switch (rand() % 3) {
		case 0:
			packet[at] = (uint8_t)rand();
			break;
		case 1:
			memmove(packet + at, packet + at + 1, length - at - 1);
			length--;
			break;
		default:
			length = rand() % 4 ? length : at + 1;
		}
	}
	return length;
}

static void attack_signalling(int i)
{
	uint8_t packet[2048];
	size_t length;

	if (i % 3 == 0) {
		length = random_bytes(packet, 600);
	} else {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		length = (size_t)snprintf((char *)packet, sizeof(packet), i % 3 == 1 ? invite : bye, i, i, i);
#pragma GCC diagnostic pop
		length = spoil(packet, length);
	}
	send_to(RIG_BOX_PORT, packet, length);
}

/* RTP and RTCP with a valid first byte now and then, at every port of the range. */
static void attack_media(void)
{
	uint8_t packet[2048];
	size_t length = random_bytes(packet, 400);

	if (length > 1 && rand() % 2) {
		packet[0] = (uint8_t)(0x80 | (rand() % 64));
		packet[1] = (uint8_t)(rand() % 2 ? (rand() % 2 ? 0 : 101) : 200 + rand() % 6);
	}
	send_to((uint16_t)(RIG_RTP_MIN + (unsigned)rand() % (RIG_RTP_MAX - RIG_RTP_MIN + 1)), packet, length);
}

int main(void)
{
	struct tn_account account;
	int32_t call;
	const char *event;
	char heard[2048];

	srand(4733);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (!CHECK(fd >= 0) || !CHECK(rig_open() == 0))
		return check_summary("voice_hostile");
	rig_account(&account, "secret-of-alice");
	CHECK_INT(tn_account(0, &account), 0);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 5000));
	call = tn_call_dial(0, "echo");
	CHECK(*rig_wait("\"state\":\"established\"", NULL, 3000));
	tn_sim_hook(0, 1);
	tn_sim_speak(0, 1004, 0, -100);
	usleep(300000);
	tn_sim_forget(0);
	for (int i = 0; i < PACKETS; i++) {
		attack_signalling(i);
		attack_media();
		attack_media();
		if (i % 10 == 0)
			usleep(2000);
		/* Each INVITE that could still be read is told as a call that found the line busy. */
		rig_read(0);
		rig_forget();
	}
	usleep(300000);
	CHECK(tn_sim_heard(0, heard, sizeof(heard)) > 0);
	/* The echo of our own voice: a flooded SIP thread leaves the sound alone. */
	CHECK(rig_number(heard, "activeMs") > 700);
	CHECK(rig_number(heard, "longestGapMs") <= 60);
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	event = rig_wait("\"state\":\"ended\"", "\"direction\":\"out\"", 2000);
	CHECK_INT(rig_number(event, "call"), call);
	CHECK_INT(rig_number(event, "dropped"), 0);
	CHECK_INT(rig_number(event, "rxLost"), 0);
	CHECK(rig_number(event, "rxPackets") > 40);
	/* Now the line is free: spoiled INVITEs may ring it, and are turned away. */
	for (int i = 0; i < 300; i++) {
		attack_signalling(PACKETS + i);
		if (i % 10 == 0)
			usleep(2000);
		rig_read(0);
	}
	rig_close();
	close(fd);
	return check_summary("voice_hostile");
}

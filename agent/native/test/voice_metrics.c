/* How a call sounds at either end (RFC 3611): bursts of loss, the VoIP metrics block, and both in a call. */
#include "voice_far.h"
#include "voice/burst.h"
#include "voice/voip-metrics.h"

#define OUR_SSRC 0x11223344u

/* Plays a pattern, '1' heard, '0' lost, then settles. */
static struct burst after(const char *pattern)
{
	struct burst burst = { .started = false };
	uint16_t sequence = 65530; /* it wraps on the way */

	for (; *pattern; pattern++, sequence++)
		if (*pattern == '1')
			burst_take(&burst, sequence, true);
	burst_settle(&burst);
	return burst;
}

static void tells_bursts_from_gaps(void)
{
	struct burst burst = after("1111111111111111");

	CHECK_INT(burst.packets, 16);
	CHECK_INT(burst.lost, 0);
	CHECK_INT(burst.bursts, 0);
	/* Sixteen packets between two losses make them single ones, fifteen do not. */
	burst = after("101111111111111111011");
	CHECK_INT(burst.lost, 2);
	CHECK_INT(burst.bursts, 0);
	burst = after("1011111111111111101");
	CHECK_INT(burst.bursts, 1);
	CHECK_INT(burst.burst_packets, 17);
	CHECK_INT(burst.burst_lost, 2);
	burst = after("1111000011111111111111111111111111111010100111111111111111111111111");
	CHECK_INT(burst.bursts, 2);
	CHECK_INT(burst.burst_lost, 8);
	CHECK_INT(burst.burst_packets, 4 + 6);
	CHECK_INT(burst.packets, 67);
}

static void bears_what_networks_do(void)
{
	struct burst burst = { .started = false };

	/* Overtaken, twice, late, and from the beginning. */
	for (uint16_t i = 0; i < 40; i += 2) {
		burst_take(&burst, (uint16_t)(i + 1), true);
		burst_take(&burst, i, true);
		burst_take(&burst, i, true);
	}
	burst_take(&burst, 40, false);
	burst_take(&burst, 41, true);
	burst_take(&burst, 30000, true);
	burst_take(&burst, 20, true);
	burst_settle(&burst);
	/* The first one is behind the beginning: it counts for nothing. */
	CHECK_INT(burst.packets, 41 + 2);
	CHECK_INT(burst.lost, 1);
	CHECK_INT(burst.bursts, 0);
}

static struct voip_metrics example(void)
{
	return (struct voip_metrics){ .source = OUR_SSRC, .loss = 3, .discard = 2, .burst_density = 100, .gap_density = 1, .burst_ms = 240,
				      .gap_ms = 65000, .round_trip_ms = 35, .end_system_ms = 80, .r_factor = 88, .mos_listening = 43,
				      .mos_conversational = 41, .buffer_nominal_ms = 20, .buffer_maximum_ms = 120, .buffer_limit_ms = 120 };
}

static void writes_and_reads_a_block(void)
{
	/* RFC 3611 §2, §3, §4.7, field by field. */
	static const uint8_t golden[VOIP_METRICS_BYTES] = {
		0x80, 207, 0, 10, 0xaa, 0xbb, 0xcc, 0xdd, 7, 0, 0, 8, 0x11, 0x22, 0x33, 0x44, 3, 2, 100, 1, 0, 240, 0xfd, 0xe8,
		0, 35, 0, 80, 127, 127, 127, 16, 88, 127, 43, 41, 0xb0, 0, 0, 20, 0, 120, 0, 120,
	};
	struct voip_metrics metrics = example(), read = { 0 };
	uint8_t packet[VOIP_METRICS_BYTES], bad[VOIP_METRICS_BYTES];

	voip_metrics_write(&metrics, 0xaabbccddu, packet);
	CHECK_INT(memcmp(packet, golden, sizeof(golden)), 0);
	CHECK(voip_metrics_read(&read, OUR_SSRC, packet, sizeof(packet)));
	voip_metrics_write(&read, 0xaabbccddu, packet);
	CHECK_INT(memcmp(packet, golden, sizeof(golden)), 0);
	CHECK(!voip_metrics_read(&read, OUR_SSRC + 1, packet, sizeof(packet)));
	for (size_t length = 0; length < sizeof(packet); length++)
		CHECK(!voip_metrics_read(&read, OUR_SSRC, packet, length));
	memcpy(bad, golden, sizeof(bad));
	bad[32] = 101;
	bad[34] = 9;
	bad[35] = 51;
	CHECK(voip_metrics_read(&read, OUR_SSRC, bad, sizeof(bad)));
	CHECK_INT(read.r_factor, VOIP_METRICS_UNKNOWN);
	CHECK_INT(read.mos_listening, VOIP_METRICS_UNKNOWN);
	CHECK_INT(read.mos_conversational, VOIP_METRICS_UNKNOWN);
	/* A block that says it is longer than its packet, and one that is too short for what it is. */
	memcpy(bad, golden, sizeof(bad));
	bad[11] = 9;
	CHECK(!voip_metrics_read(&read, OUR_SSRC, bad, sizeof(bad)));
	bad[11] = 7;
	CHECK(!voip_metrics_read(&read, OUR_SSRC, bad, sizeof(bad)));
}

static int socket_at(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_to(int fd, uint16_t port, const void *packet, size_t length)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(sendto(fd, packet, length, 0, (struct sockaddr *)&address, sizeof(address)) == (ssize_t)length);
}

/* A second of sound with ten packets missing together. */
static void speaks(int fd, uint16_t port)
{
	uint8_t packet[172] = { 0x80, 8, [8] = 0, 0, 0, 9 };

	memset(packet + 12, 0xd5, 160);
	for (unsigned i = 1; i <= 60; i++) {
		if (i > 20 && i <= 30)
			continue;
		packet[3] = (uint8_t)i;
		packet[6] = (uint8_t)(i * 160 >> 8);
		packet[7] = (uint8_t)(i * 160);
		send_to(fd, port, packet, sizeof(packet));
		usleep(20000);
	}
}

/* The box's report: its SSRC, and what it says of the sound of SSRC 9. */
static uint32_t is_told(int fd, struct voip_metrics *metrics)
{
	uint8_t packet[1024];
	struct pollfd poll_fd = { fd, POLLIN, 0 };

	while (poll(&poll_fd, 1, 12000) > 0) {
		ssize_t length = recv(fd, packet, sizeof(packet), 0);

		if (length > 8 && packet[1] == 200 && voip_metrics_read(metrics, 9, packet, (size_t)length))
			return (uint32_t)packet[4] << 24 | (uint32_t)packet[5] << 16 | (uint32_t)packet[6] << 8 | packet[7];
	}
	CHECK(!"a report with metrics");
	return 0;
}

static void tells_the_box(int fd, uint16_t port, uint32_t box)
{
	uint8_t packet[8 + VOIP_METRICS_BYTES] = { 0x80, 201, 0, 1, 0, 0, 0, 9 };
	struct voip_metrics metrics = example();

	metrics.source = box;
	metrics.discard = 26; /* 10 % */
	voip_metrics_write(&metrics, 9, packet + 8);
	send_to(fd, port, packet, sizeof(packet));
}

static struct far far;

static int32_t calls(const char *wish, uint16_t *box_port)
{
	int32_t call = tn_call_dial(0, "bob");
	const char *invite = far_expect(&far, "INVITE ");
	const char *media = strstr(invite, "m=audio ");
	char body[512];

	CHECK(strstr(invite, "\r\na=rtcp-xr:voip-metrics\r\n"));
	*box_port = (uint16_t)(media ? atoi(media + 8) : 0);
	snprintf(body, sizeof(body), "%s%s", far_sound(RIG_MEDIA_PORT), wish);
	far_answer(&far, invite, "200 OK", "first", FAR_SDP, body);
	far_expect(&far, "ACK ");
	return call;
}

static const char *ends(int32_t call)
{
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	far_answer(&far, far_expect(&far, "BYE "), "200 OK", "", "", "");
	return rig_wait("\"state\":\"ended\"", NULL, 3000);
}

static void reports_both_ways(void)
{
	int rtp = socket_at(RIG_MEDIA_PORT), rtcp = socket_at((uint16_t)(RIG_MEDIA_PORT + 1));
	struct voip_metrics metrics = { 0 };
	const char *event;
	uint16_t port;
	int32_t call = calls("a=rtcp-xr:rcvr-rtt=all:10 voip-metrics\r\n", &port);

	speaks(rtp, port);
	tells_the_box(rtcp, (uint16_t)(port + 1), is_told(rtcp, &metrics));
	/* 10 of 60. */
	CHECK(metrics.loss >= 38 && metrics.loss <= 46);
	CHECK(metrics.burst_density > 100);
	CHECK(metrics.burst_ms >= 180 && metrics.burst_ms <= 1200);
	CHECK(metrics.r_factor < 80);
	CHECK(metrics.mos_conversational >= 10 && metrics.mos_conversational < 40);
	CHECK(metrics.end_system_ms >= 40);
	usleep(100000);
	event = ends(call);
	/* On a busy machine others come too late and count as well. */
	CHECK(rig_number(event, "bursts") >= 1);
	CHECK(rig_number(event, "burstLost") >= 10);
	CHECK(rig_number(event, "burstPackets") >= rig_number(event, "burstLost"));
	CHECK_INT(rig_number(event, "farRFactor"), 88);
	CHECK_INT(rig_number(event, "farMos"), 410);
	CHECK_INT(rig_number(event, "farDiscarded"), 10);
	CHECK_INT(rig_number(event, "farDelayMs"), 80);
	close(rtp);
	close(rtcp);
}

/* Who did not ask for it gets the old reports alone. */
static void spares_who_does_not_ask(void)
{
	int rtp = socket_at(RIG_MEDIA_PORT), rtcp = socket_at((uint16_t)(RIG_MEDIA_PORT + 1));
	struct pollfd poll_fd = { rtcp, POLLIN, 0 };
	struct voip_metrics metrics;
	uint8_t packet[1024];
	uint16_t port;
	int32_t call = calls("", &port);

	speaks(rtp, port);
	if (CHECK(poll(&poll_fd, 1, 12000) > 0)) {
		ssize_t length = recv(rtcp, packet, sizeof(packet), 0);

		CHECK(length > 8 && packet[1] == 200);
		CHECK(!voip_metrics_read(&metrics, 9, packet, (size_t)length));
	}
	CHECK_INT(rig_number(ends(call), "farRFactor"), 0);
	close(rtp);
	close(rtcp);
}

int main(void)
{
	struct tn_account account;

	tells_bursts_from_gaps();
	bears_what_networks_do();
	writes_and_reads_a_block();
	if (!CHECK(rig_open_engine() == 0) || !far_open(&far, RIG_FAR_PORT))
		return check_summary("voice_metrics");
	rig_account(&account, "x");
	account.expires_s = 3600;
	CHECK_INT(tn_account(0, &account), 0);
	far_registers(&far);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 3000));
	reports_both_ways();
	spares_who_does_not_ask();
	rig_close();
	far_close(&far);
	return check_summary("voice_metrics");
}

/* The pure parts of the voice room: jitter buffer, concealment, telephone events, back-off, accounts, symmetric RTP. */
#include "check.h"
#include "voice/account.h"
#include "voice/backoff.h"
#include "voice/jitter.h"
#include "voice/latch.h"
#include "voice/telephone-event.h"

#include <stdbool.h>
#include <stdlib.h>

#define PACKET TN_FRAME

static struct jitter jitter;

/* A packet whose samples all hold its number, so that what comes out tells where it came from. */
static void put(uint32_t number)
{
	int16_t samples[PACKET];

	for (int i = 0; i < PACKET; i++)
		samples[i] = (int16_t)number;
	jitter_put(&jitter, number * PACKET, samples, PACKET);
}

static int got(void)
{
	int16_t out[TN_FRAME];

	return jitter_get(&jitter, out) ? out[TN_FRAME - 1] : -1;
}

static void plays_in_order_after_its_delay(void)
{
	jitter_open(&jitter, 20, 120);
	CHECK_INT(got(), -1);
	put(100);
	CHECK_INT(got(), 0);
	for (uint32_t number = 101; number < 120; number++) {
		put(number);
		CHECK_INT(got(), number - 1);
	}
	CHECK_INT(jitter.late, 0);
	CHECK_INT(jitter.underruns, 0);
}

static void puts_reordered_and_repeated_packets_right(void)
{
	jitter_open(&jitter, 60, 120);
	put(10);
	put(12);
	put(11);
	put(11);
	put(13);
	for (int wait = 0; wait < 3; wait++)
		got();
	for (int number = 10; number <= 13; number++)
		CHECK_INT(got(), number);
	CHECK_INT(jitter.late, 0);
}

static void waits_longer_after_late_packets(void)
{
	uint32_t number = 1;
	unsigned late;

	jitter_open(&jitter, 20, 120);
	for (; number < 20; number++) {
		put(number);
		got();
	}
	/* The network stops for 60 ms and then delivers everything at once, again and again. */
	for (int round = 0; round < 20; round++) {
		got();
		got();
		got();
		for (int i = 0; i < 3; i++)
			put(number++);
	}
	CHECK(jitter.late > 0);
	late = jitter.late;
	for (int round = 0; round < 20; round++) {
		got();
		got();
		got();
		for (int i = 0; i < 3; i++)
			put(number++);
	}
	CHECK_INT(jitter.late, late);
	/* When the network is steady again, the delay is given back. */
	for (int i = 0; i < 1500; i++) {
		put(number++);
		got();
	}
	CHECK((int32_t)(jitter.end - jitter.next) <= 2 * TN_FRAME);
}

static void never_delays_more_than_asked(void)
{
	jitter_open(&jitter, 20, 60);
	for (uint32_t number = 1; number < 50; number++)
		put(number);
	CHECK((int32_t)(jitter.end - jitter.next) <= 60 * 8 + PACKET);
	CHECK_INT(got(), 46);
}

static void follows_a_new_source_and_a_pause(void)
{
	jitter_open(&jitter, 20, 120);
	put(1);
	got();
	put(1000000);
	CHECK_INT(jitter.next, 1000000u * PACKET - 160);
	for (int i = 0; i < 100; i++)
		got();
	CHECK_INT(jitter.underruns, 1);
	put(1000003);
	got();
	CHECK_INT(got(), (int16_t)1000003);
}

static void takes_hostile_packets(void)
{
	static int16_t samples[4000];

	jitter_open(&jitter, 20, 1000);
	srand(7);
	for (int i = 0; i < 20000; i++) {
		jitter_put(&jitter, (uint32_t)rand() * (uint32_t)rand(), samples, (unsigned)rand() % 4000);
		if (i % 3 == 0)
			got();
	}
	CHECK((int32_t)(jitter.end - jitter.next) <= JITTER_SPAN);
}

static void conceals_and_fades(void)
{
	struct concealment concealment;
	int16_t tone[400], gap[640];
	int loud = 0;

	concealment_open(&concealment);
	for (int i = 0; i < 400; i++)
		tone[i] = (int16_t)(8000 * sin(2 * M_PI * 100 * i / 8000));
	concealment_good(&concealment, tone, 400);
	concealment_fill(&concealment, gap, 640);
	/* The first period goes on where the tone left off. */
	for (int i = 0; i < 40; i++)
		CHECK_NEAR(gap[i], 8000 * sin(2 * M_PI * 100 * (400 + i) / 8000), 900);
	for (int i = 480; i < 640; i++)
		loud |= gap[i];
	CHECK_INT(loud, 0);
}

static void sends_digits_as_events(void)
{
	struct telephone_event_sender sender = { 0 };
	uint8_t payload[TELEPHONE_EVENT_BYTES];
	bool marker;

	CHECK_INT(telephone_event_payload(&sender, 160, payload, &marker), 0);
	CHECK_INT(telephone_event_code('x'), -1);
	CHECK_INT(telephone_event_code('\0'), -1);
	telephone_event_begin(&sender, telephone_event_code('#'), 1600);
	CHECK_INT(telephone_event_payload(&sender, 1760, payload, &marker), 1);
	CHECK(marker && payload[0] == 11 && payload[1] == 10 && payload[2] == 0 && payload[3] == 160);
	CHECK_INT(telephone_event_payload(&sender, 1920, payload, &marker), 1);
	CHECK(!marker && payload[2] == 1 && payload[3] == 64);
	telephone_event_finish(&sender);
	CHECK_INT(telephone_event_payload(&sender, 2080, payload, &marker), 3);
	CHECK(payload[1] == (10 | 0x80) && payload[2] * 256 + payload[3] == 480 && sender.start == 1600);
	CHECK_INT(telephone_event_payload(&sender, 2240, payload, &marker), 0);
	/* A key held for ten seconds becomes two segments. */
	telephone_event_begin(&sender, 1, 0);
	for (uint32_t at = 160; at <= 80000; at += 160)
		CHECK_INT(telephone_event_payload(&sender, at, payload, &marker), 1);
	CHECK_INT(sender.start, 65535);
}

static void receives_each_event_once(void)
{
	struct telephone_event_receiver receiver = { 0 };
	const uint8_t begin[] = { 5, 10, 0, 160 }, end[] = { 5, 138, 1, 64 }, flash[] = { 16, 10, 0, 160 };

	CHECK_INT(telephone_event_receive(&receiver, 800, begin, 4), '5');
	CHECK_INT(telephone_event_receive(&receiver, 800, begin, 4), 0);
	CHECK_INT(telephone_event_receive(&receiver, 800, end, 4), 0);
	CHECK_INT(telephone_event_receive(&receiver, 1600, end, 4), '5');
	CHECK_INT(telephone_event_receive(&receiver, 3200, flash, 4), 0);
	CHECK_INT(telephone_event_receive(&receiver, 4000, begin, 3), 0);
}

static void backs_off(void)
{
	CHECK_INT(backoff_ms(1, false, 0), 2000);
	CHECK_INT(backoff_ms(1, false, UINT16_MAX), 4000);
	CHECK_INT(backoff_ms(2, false, UINT16_MAX), 30000);
	CHECK_INT(backoff_ms(3, false, UINT16_MAX), 60000);
	CHECK_INT(backoff_ms(8, false, UINT16_MAX), 1800000);
	CHECK_INT(backoff_ms(4000000000u, false, UINT16_MAX), 1800000);
	CHECK_INT(backoff_ms(1, true, UINT16_MAX), 300000);
	CHECK_INT(backoff_ms(4, true, 0), 900000);
}

static void writes_accounts_safely(void)
{
	struct tn_account from = { .size = sizeof(from), .user = "alice", .password = "p", .domain = "example.net",
				   .display_name = "A \"B\" \\" };
	struct account account;
	char uri[ACCOUNT_URI];

	CHECK_INT(account_read(&account, &from), 0);
	CHECK_TEXT(account.address_uri, "sip:alice@example.net");
	CHECK_TEXT(account.route_uris[0], "sip:example.net;transport=udp");
	CHECK_TEXT(account.display_name, "A \\\"B\\\" \\\\");
	CHECK_INT(account.codecs[0], TN_CODEC_PCMA);
	CHECK_INT(account_number_uri(&account, "*21*0123#", uri), 0);
	CHECK_TEXT(uri, "sip:*21*0123%23@example.net");
	CHECK_INT(account_number_uri(&account, "1@evil.example>", uri), 0);
	CHECK_TEXT(uri, "sip:1%40evil.example%3E@example.net");
	CHECK(account_number_uri(&account, "", uri) < 0);
	strcpy(from.proxy, "localhost");
	from.proxy_port = 5070;
	from.transport = TN_TRANSPORT_TCP;
	CHECK_INT(account_read(&account, &from), 0);
	CHECK_TEXT(account.route_uris[0], "sip:127.0.0.1:5070;transport=tcp");
	from.codecs[0] = 9;
	CHECK(account_read(&account, &from) < 0);
	from.codecs[0] = 0;
	strcpy(from.user, "a>b");
	CHECK(account_read(&account, &from) < 0);
}

static void latches_with_care(void)
{
	struct latch latch;
	struct sa told, real, stranger;

	sa_set_str(&told, "192.0.2.1", 4000);
	sa_set_str(&real, "192.0.2.2", 4002);
	sa_set_str(&stranger, "192.0.2.3", 4004);
	latch_open(&latch, &told);
	CHECK(sa_cmp(latch_peer(&latch), &told, SA_ALL));
	CHECK(latch_admits(&latch, &told));
	CHECK(!latch_admits(&latch, &real));
	latch.heard_us = tn_monotonic_us() - 1500000;
	CHECK(latch_admits(&latch, &real));
	latch_confirm(&latch, &real);
	CHECK(sa_cmp(latch_peer(&latch), &real, SA_ALL));
	CHECK(!latch_admits(&latch, &stranger));
	CHECK(latch_admits(&latch, &told));
	latch_confirm(&latch, &told);
	CHECK(!latch_admits(&latch, &real));
	latch.heard_us = tn_monotonic_us() - 3000000;
	CHECK(latch_admits(&latch, &real));
}

int main(void)
{
	plays_in_order_after_its_delay();
	puts_reordered_and_repeated_packets_right();
	waits_longer_after_late_packets();
	never_delays_more_than_asked();
	follows_a_new_source_and_a_pause();
	takes_hostile_packets();
	conceals_and_fades();
	sends_digits_as_events();
	receives_each_event_once();
	backs_off();
	writes_accounts_safely();
	latches_with_care();
	return check_summary("voice_parts");
}

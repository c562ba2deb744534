/* Whose calls are believed: the list of addresses, and the look-up against a name server of our own on loopback. */
#include "check.h"
#include "voice/proxies.h"

#define PATIENCE_MS 3000

static struct sa address(const char *text, uint16_t port)
{
	struct sa result;

	CHECK_INT(sa_set_str(&result, text, port), 0);
	return result;
}

static bool knows(const struct proxies *proxies, const char *text)
{
	struct sa source = address(text, 40000);

	return proxies_know(proxies, &source);
}

static void note(struct proxies *proxies, const char *text)
{
	struct sa noted = address(text, 5060);

	proxies_note(proxies, &noted);
}

static void knows_addresses_whatever_the_port(void)
{
	struct proxies proxies = { 0 };

	CHECK(!knows(&proxies, "192.0.2.1"));
	note(&proxies, "192.0.2.1");
	note(&proxies, "2001:db8::1");
	CHECK(knows(&proxies, "192.0.2.1"));
	CHECK(knows(&proxies, "2001:db8::1"));
	CHECK(!knows(&proxies, "192.0.2.2"));
	CHECK(!knows(&proxies, "2001:db8::2"));
	proxies_forget(&proxies);
	CHECK(!knows(&proxies, "192.0.2.1"));
}

static void forgets_the_oldest(void)
{
	struct proxies proxies = { 0 };
	char text[32];

	for (int i = 0; i < PROXIES_ADDRESSES; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		note(&proxies, text);
	}
	note(&proxies, "192.0.2.0");
	CHECK_INT(proxies.count, PROXIES_ADDRESSES);
	note(&proxies, "198.51.100.1");
	CHECK_INT(proxies.count, PROXIES_ADDRESSES);
	CHECK(knows(&proxies, "198.51.100.1"));
	CHECK(knows(&proxies, "192.0.2.0"));
	CHECK(!knows(&proxies, "192.0.2.1"));
	CHECK(knows(&proxies, "192.0.2.2"));
}

/* ---- names ---- */

static const struct {
	const char *question, *name;
	uint16_t type;
	const char *value;
} zone[] = {
	{ "_sip._udp.voice.test", "_sip._udp.voice.test", DNS_TYPE_SRV, "a.voice.test" },
	{ "_sip._udp.voice.test", "_sip._udp.voice.test", DNS_TYPE_SRV, "b.voice.test" },
	{ "_sip._udp.voice.test", "_sip._udp.voice.test", DNS_TYPE_SRV, "gone.voice.test" },
	{ "_sip._tcp.voice.test", "_sip._tcp.voice.test", DNS_TYPE_SRV, "t.voice.test" },
	{ "voice.test", "voice.test", DNS_TYPE_A, "192.0.2.10" },
	{ "a.voice.test", "a.voice.test", DNS_TYPE_A, "192.0.2.1" },
	{ "b.voice.test", "b.voice.test", DNS_TYPE_CNAME, "c.voice.test" },
	{ "b.voice.test", "c.voice.test", DNS_TYPE_A, "192.0.2.2" },
	{ "b.voice.test", "c.voice.test", DNS_TYPE_A, "192.0.2.3" },
	{ "t.voice.test", "t.voice.test", DNS_TYPE_A, "192.0.2.4" },
	{ "a.voice.test", "a.voice.test", DNS_TYPE_AAAA, "2001:db8::1" },
	{ "registrar.test", "registrar.test", DNS_TYPE_A, "192.0.2.20" },
};

#define RECORDS (sizeof(zone) / sizeof(*zone))

static struct udp_sock *server;
static struct dnsc *dns;
static struct tmr timer;
static int waited_ms;

static bool answers(size_t i, const char *name, uint16_t type)
{
	return !strcmp(zone[i].question, name) &&
	       (zone[i].type == type || (zone[i].type == DNS_TYPE_CNAME && type == DNS_TYPE_A));
}

static void write_record(struct mbuf *reply, size_t i)
{
	struct dnsrr record = { .name = (char *)(uintptr_t)zone[i].name, .type = zone[i].type,
				.dnsclass = DNS_CLASS_IN, .ttl = 60 };
	char *value = (char *)(uintptr_t)zone[i].value;
	struct sa parsed;

	if (zone[i].type == DNS_TYPE_SRV) {
		record.rdata.srv.target = value;
	} else if (zone[i].type == DNS_TYPE_CNAME) {
		record.rdata.cname.cname = value;
	} else {
		parsed = address(value, 0);
		if (zone[i].type == DNS_TYPE_A)
			record.rdata.a.addr = sa_in(&parsed);
		else
			sa_in6(&parsed, record.rdata.aaaa.addr);
	}
	CHECK_INT(dns_rr_encode(reply, &record, 0, NULL, 0), 0);
}

static void on_question(const struct sa *source, struct mbuf *question, void *argument)
{
	struct mbuf *reply = mbuf_alloc(512);
	struct dnshdr header;
	char *name = NULL;
	uint16_t type;

	(void)argument;
	CHECK_INT(dns_hdr_decode(question, &header), 0);
	CHECK_INT(dns_dname_decode(question, &name, 0), 0);
	type = ntohs(mbuf_read_u16(question));
	header.qr = true;
	for (size_t i = 0; i < RECORDS; i++)
		header.nans = (uint16_t)(header.nans + answers(i, name, type));
	header.rcode = header.nans ? DNS_RCODE_OK : DNS_RCODE_NAME_ERR;
	CHECK_INT(dns_hdr_encode(reply, &header), 0);
	CHECK_INT(dns_dname_encode(reply, name, NULL, 0, false), 0);
	mbuf_write_u16(reply, htons(type));
	mbuf_write_u16(reply, htons(DNS_CLASS_IN));
	for (size_t i = 0; i < RECORDS; i++)
		if (answers(i, name, type))
			write_record(reply, i);
	reply->pos = 0;
	CHECK_INT(udp_send(server, source, reply), 0);
	mem_deref(name);
	mem_deref(reply);
}

static bool is_idle(const struct proxies *proxies)
{
	for (int i = 0; i < PROXIES_QUERIES; i++)
		if (proxies->queries[i])
			return false;
	return true;
}

static void on_timer(void *argument)
{
	waited_ms += 10;
	if (is_idle(argument) || waited_ms > PATIENCE_MS)
		re_cancel();
	else
		tmr_start(&timer, 10, on_timer, argument);
}

static void look_up(struct proxies *proxies, const char *host, const char *domain, uint32_t transport, int family)
{
	struct account account = { .transport = transport };

	strcpy(account.hosts[0], host);
	strcpy(account.domain, domain);
	proxies_look_up(proxies, dns, &account, family);
	waited_ms = 0;
	tmr_start(&timer, 10, on_timer, proxies);
	CHECK_INT(re_main(NULL), 0);
	CHECK(is_idle(proxies));
}

static void asks_for_every_proxy(void)
{
	struct proxies proxies = { 0 };

	look_up(&proxies, "voice.test", "voice.test", TN_TRANSPORT_UDP, AF_INET);
	CHECK_INT(proxies.count, 4);
	CHECK(knows(&proxies, "192.0.2.1"));
	CHECK(knows(&proxies, "192.0.2.2"));
	CHECK(knows(&proxies, "192.0.2.3"));
	CHECK(knows(&proxies, "192.0.2.10"));
	/* What was known stays when names answer nothing any more. */
	look_up(&proxies, "nowhere.test", "nowhere.test", TN_TRANSPORT_UDP, AF_INET);
	CHECK_INT(proxies.count, 4);
	proxies_forget(&proxies);
}

static void asks_as_requests_are_sent(void)
{
	struct proxies proxies = { 0 };

	look_up(&proxies, "voice.test", "voice.test", TN_TRANSPORT_TCP, AF_INET);
	CHECK_INT(proxies.count, 2);
	CHECK(knows(&proxies, "192.0.2.4"));
	proxies_forget(&proxies);
	look_up(&proxies, "voice.test", "voice.test", TN_TRANSPORT_UDP, AF_INET6);
	CHECK_INT(proxies.count, 1);
	CHECK(knows(&proxies, "2001:db8::1"));
	proxies_forget(&proxies);
}

static void asks_for_the_registrar_behind_a_proxy(void)
{
	struct proxies proxies = { 0 };

	look_up(&proxies, "198.51.100.7", "registrar.test", TN_TRANSPORT_UDP, AF_INET);
	CHECK_INT(proxies.count, 2);
	CHECK(knows(&proxies, "198.51.100.7"));
	CHECK(knows(&proxies, "192.0.2.20"));
	look_up(&proxies, "[2001:db8::7]", "[2001:db8::7]", TN_TRANSPORT_UDP, AF_INET6);
	CHECK(knows(&proxies, "2001:db8::7"));
	proxies_forget(&proxies);
}

static void forgets_questions_under_way(void)
{
	struct proxies proxies = { 0 };
	struct account account = { .hosts = { "voice.test" }, .domain = "voice.test" };

	proxies_look_up(&proxies, dns, &account, AF_INET);
	CHECK(!is_idle(&proxies));
	proxies_look_up(&proxies, dns, &account, AF_INET);
	proxies_forget(&proxies);
	CHECK(is_idle(&proxies));
	waited_ms = PATIENCE_MS - 100;
	tmr_start(&timer, 100, on_timer, &proxies);
	CHECK_INT(re_main(NULL), 0);
	CHECK_INT(proxies.count, 0);
}

int main(void)
{
	struct sa local = address("127.0.0.1", 0);

	knows_addresses_whatever_the_port();
	forgets_the_oldest();
	if (!CHECK(libre_init() == 0))
		return check_summary("voice_proxies");
	CHECK_INT(udp_listen(&server, &local, on_question, NULL), 0);
	CHECK_INT(udp_local_get(server, &local), 0);
	CHECK_INT(dnsc_alloc(&dns, NULL, &local, 1), 0);
	tmr_init(&timer);
	asks_for_every_proxy();
	asks_as_requests_are_sent();
	asks_for_the_registrar_behind_a_proxy();
	forgets_questions_under_way();
	tmr_cancel(&timer);
	mem_deref(dns);
	mem_deref(server);
	libre_close();
	return check_summary("voice_proxies");
}

/* From names to proxies (RFC 3263): against dnsmasq as a real name server, and what the line does with several targets. */
#include "voice_far.h"
#include "voice/routes.h"

#define NAME_PORT ((uint16_t)(rig.base + 18))

/* The engine's name server is ours: libre reads its addresses with this function, which the linker takes from here. */
int dns_srv_get(char *domain, size_t size, struct sa *servers, uint32_t *count)
{
	(void)domain;
	(void)size;
	*count = 1;
	return sa_set_str(&servers[0], "127.0.0.1", NAME_PORT);
}

/* ---- the order of SRV records ---- */

static uint32_t seed;

static uint32_t next_number(void)
{
	seed = seed * 1103515245u + 12345;
	return seed >> 8;
}

static void orders_by_priority_and_weight(void)
{
	unsigned first[4] = { 0 };

	for (int i = 0; i < 4000; i++) {
		struct routes_srv records[] = { { 20, 5, 3, "c" }, { 10, 75, 0, "a" }, { 10, 25, 1, "b" }, { 10, 0, 2, "z" } };

		routes_order(records, 4, next_number);
		CHECK_INT(records[3].port, 3);
		first[records[0].port]++;
	}
	CHECK(first[0] > 2800 && first[0] < 3200);
	CHECK(first[1] > 800 && first[1] < 1200);
	/* RFC 2782: a weight of 0 has a very small chance beside others. */
	CHECK(first[2] < 100);
	routes_order(NULL, 0, next_number);
	struct routes_srv alike[] = { { 1, 0, 0, "a" }, { 0, 0, 1, "b" }, { 1, 0, 2, "c" } };

	routes_order(alike, 3, next_number);
	CHECK_INT(alike[0].port, 1);
}

/* ---- names ---- */

static pid_t name_server;

static void start_names(void)
{
	static char port[16], service[4][160];

	snprintf(port, sizeof(port), "--port=%u", NAME_PORT);
	/* The line's two proxies; a provider's whole set of records. */
	snprintf(service[0], sizeof(service[0]), "--srv-host=_sip._udp.line.test,one.line.test,%u,1,0", RIG_FAR_PORT);
	snprintf(service[1], sizeof(service[1]), "--srv-host=_sip._udp.line.test,two.line.test,%u,2,0", RIG_PEER_PORT);
	name_server = rig_start((const char *const[]){
		"dnsmasq", "--no-daemon", "--conf-file=/dev/null", port, "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv",
		"--no-hosts", "--local=/test/", "--local-ttl=77", service[0], service[1], "--host-record=one.line.test,127.0.0.1",
		"--host-record=two.line.test,127.0.0.1", "--naptr-record=full.test,20,10,s,SIP+D2U,,_sip._udp.far.full.test",
		"--naptr-record=full.test,10,20,s,SIP+D2U,,_sip._udp.near.full.test", "--naptr-record=full.test,5,5,s,SIPS+D2T,,_sips._tcp.full.test",
		"--srv-host=_sip._udp.near.full.test,b.full.test,5070,20,0", "--srv-host=_sip._udp.near.full.test,a.full.test,5060,10,0",
		"--srv-host=_sip._udp.near.full.test,gone.full.test,5060,5,0", "--srv-host=_sips._tcp.full.test,s.full.test,5061,1,0",
		"--host-record=a.full.test,192.0.2.1", "--host-record=b.full.test,192.0.2.2", "--host-record=s.full.test,192.0.2.3",
		"--host-record=plain.test,192.0.2.9", "--cname=alias.test,plain.test", "--user=root", NULL });
}

static void stop_names(void)
{
	kill(name_server, SIGTERM);
	waitpid(name_server, NULL, 0);
}

static struct account found;
static int found_error;
static uint32_t found_ttl;
static struct routes *routes;

static void on_found(int err, const struct account *resolved, uint32_t ttl_s, void *argument)
{
	(void)argument;
	found_error = err;
	found_ttl = ttl_s;
	if (resolved)
		found = *resolved;
	else
		memset(&found, 0, sizeof(found));
	routes = mem_deref(routes);
	re_cancel();
}

/* How long it took, in milliseconds. */
static uint64_t find(struct dnsc *dns, uint32_t transport, const char *proxy, uint32_t port, const char *alternates)
{
	uint64_t before = tn_monotonic_us();
	struct tn_account from;
	struct account account;

	rig_account(&from, "x");
	from.transport = transport;
	from.proxy_port = port;
	strcpy(from.proxy, proxy);
	strcpy(from.alternates, alternates);
	CHECK_INT(account_read(&account, &from), 0);
	CHECK_INT(routes_resolve(&routes, dns, &account, AF_INET, on_found, NULL), 0);
	CHECK_INT(re_main(NULL), 0);
	return (tn_monotonic_us() - before) / 1000;
}

static void leads(unsigned count, const char *const *uris)
{
	CHECK_INT(found_error, 0);
	CHECK_INT(found.routes, (int)count);
	for (unsigned i = 0; i < count && i < found.routes; i++)
		CHECK(!strcmp(found.route_uris[i], uris[i]) || (printf("%s instead of %s\n", found.route_uris[i], uris[i]), false));
}

static void follows_records(struct dnsc *dns)
{
	/* The nearest NAPTR of the transport, its SRV by priority; a target without address is passed over. */
	find(dns, TN_TRANSPORT_UDP, "full.test", 0, "");
	leads(2, (const char *const[]){ "sip:192.0.2.1:5060;transport=udp", "sip:192.0.2.2:5070;transport=udp" });
	CHECK_INT(found_ttl, 77);
	CHECK_INT(strcmp(found.hosts[1], "full.test"), 0);
	find(dns, TN_TRANSPORT_TLS, "full.test", 0, "");
	leads(1, (const char *const[]){ "sip:192.0.2.3:5061;transport=tls" });
	/* No such records: the name itself, an alias too; a port asks for no service (RFC 3263 §4.2). */
	find(dns, TN_TRANSPORT_TCP, "plain.test", 0, "");
	leads(1, (const char *const[]){ "sip:192.0.2.9:5060;transport=tcp" });
	find(dns, TN_TRANSPORT_UDP, "alias.test", 0, "");
	leads(1, (const char *const[]){ "sip:192.0.2.9:5060;transport=udp" });
	find(dns, TN_TRANSPORT_UDP, "full.test", 5080, "");
	CHECK_INT(found_error, EDESTADDRREQ);
	/* The list of the account goes on where a name ends, and says nothing twice. */
	find(dns, TN_TRANSPORT_UDP, "nowhere.test", 0, "192.0.2.50:5062 plain.test:5064 alias.test:5064");
	leads(2, (const char *const[]){ "sip:192.0.2.50:5062;transport=udp", "sip:192.0.2.9:5064;transport=udp" });
	find(dns, TN_TRANSPORT_UDP, "nowhere.test", 0, "[2001:db8::5]");
	leads(1, (const char *const[]){ "sip:[2001:db8::5]:5060;transport=udp" });
	find(dns, TN_TRANSPORT_UDP, "nowhere.test", 0, "");
	CHECK_INT(found_error, EDESTADDRREQ);
}

/* Nobody answers: no question and no account takes for ever, and one that is given up leaves nothing behind. */
static void gives_up_in_time(void)
{
	struct sa silent;
	struct dnsc *dns = NULL;
	struct udp_sock *hole = NULL;
	struct account account = { .routes = 1, .hosts = { "full.test" } };
	uint64_t ms;

	CHECK_INT(sa_set_str(&silent, "127.0.0.1", 0), 0);
	CHECK_INT(udp_listen(&hole, &silent, NULL, NULL), 0);
	CHECK_INT(udp_local_get(hole, &silent), 0);
	CHECK_INT(dnsc_alloc(&dns, NULL, &silent, 1), 0);
	ms = find(dns, TN_TRANSPORT_UDP, "full.test", 0, "other.test third.test");
	CHECK_INT(found_error, EDESTADDRREQ);
	CHECK(ms >= 9000 && ms < 60000);
	CHECK_INT(routes_resolve(&routes, dns, &account, AF_INET, on_found, NULL), 0);
	routes = mem_deref(routes);
	mem_deref(dns);
	mem_deref(hole);
}

static void finds_names(void)
{
	struct dnsc *dns = NULL;
	struct sa server;

	CHECK_INT(sa_set_str(&server, "127.0.0.1", NAME_PORT), 0);
	CHECK_INT(dnsc_alloc(&dns, NULL, &server, 1), 0);
	follows_records(dns);
	gives_up_in_time();
	mem_deref(dns);
}

/* ---- the line ---- */

static void registers_at(struct far *far, uint16_t port)
{
	char proxy[48];

	far_registers(far);
	snprintf(proxy, sizeof(proxy), "\"proxy\":\"sip:127.0.0.1:%u", port);
	CHECK(*rig_wait("\"state\":\"registered\"", proxy, 5000));
}

static void calls(struct far *far)
{
	int32_t call = tn_call_dial(0, "bob");

	far_answer(far, far_expect(far, "INVITE sip:bob@line.test"), "486 Busy Here", "busy", "", "");
	CHECK_INT(rig_number(rig_wait("\"state\":\"ended\"", NULL, 5000), "call"), call);
}

/* The first target is dead: the second serves, until the first is there again. Then the name server goes. */
static void goes_to_the_next_target(void)
{
	static struct far one, two;
	struct tn_account account;

	CHECK(far_open(&two, RIG_PEER_PORT));
	rig_account(&account, "x");
	account.expires_s = 16;
	account.proxy_port = 0;
	strcpy(account.domain, "line.test");
	strcpy(account.proxy, "");
	CHECK_INT(tn_account(0, &account), 0);
	registers_at(&two, RIG_PEER_PORT);
	calls(&two);
	CHECK(far_open(&one, RIG_FAR_PORT));
	far_answer(&one, far_expect(&one, "OPTIONS "), "200 OK", "options", "", "");
	registers_at(&one, RIG_FAR_PORT);
	stop_names();
	calls(&one);
	CHECK_INT(tn_account(0, NULL), 0);
	far_close(&one);
	far_close(&two);
}

static void says_so_without_any(void)
{
	struct tn_account account;

	rig_account(&account, "x");
	strcpy(account.proxy, "nowhere.test");
	CHECK_INT(tn_account(0, &account), 0);
	CHECK(*rig_wait("\"state\":\"failed\"", "no address for the proxy", 15000));
}

int main(void)
{
	orders_by_priority_and_weight();
	if (!CHECK(rig_take_ports()) || !CHECK(libre_init() == 0))
		return check_summary("voice_routes");
	start_names();
	usleep(300000);
	finds_names();
	libre_close();
	stop_names();
	if (!CHECK(rig_open_engine() == 0))
		return check_summary("voice_routes");
	start_names();
	usleep(300000);
	goes_to_the_next_target();
	says_so_without_any();
	rig_close();
	return check_summary("voice_routes");
}

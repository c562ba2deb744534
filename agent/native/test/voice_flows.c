/* Connections to a registrar (RFC 5626): one that ends is made again, one that is silent is found out, one that answers stays.
 * Two lines, each with a registrar of its own. */
#include "voice_far.h"

struct server {
	int listener, connection;
	unsigned connections;
	char text[FAR_MESSAGE];
	size_t length;
};

static void open_server(struct server *server, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int one = 1;

	memset(server, 0, sizeof(*server));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->connection = -1;
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	CHECK_INT(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(listen(server->listener, 4), 0);
}

static void hang_up(struct server *server)
{
	close(server->connection);
	server->connection = -1;
}

/* Takes what has come, on a new connection too; the last one counts. */
static void hear(struct server *server, int ms)
{
	struct pollfd poll_fd[2] = { { server->listener, POLLIN, 0 }, { server->connection, POLLIN, 0 } };
	ssize_t count;

	if (poll(poll_fd, 2, ms) <= 0)
		return;
	if (poll_fd[0].revents) {
		if (server->connection >= 0)
			close(server->connection);
		server->connection = accept(server->listener, NULL, NULL);
		server->connections++;
		server->length = 0;
	} else {
		count = recv(server->connection, server->text + server->length, sizeof(server->text) - 1 - server->length, MSG_DONTWAIT);
		if (count > 0)
			server->length += (size_t)count;
		else if (!count)
			hang_up(server);
	}
	server->text[server->length] = '\0';
}

/* Answers the REGISTER that comes; `more` are header lines. */
static void registers(struct server *server, const char *more)
{
	uint64_t until = tn_monotonic_us() + 20000000;
	char answer[FAR_MESSAGE];
	int length;

	while (!strstr(server->text, "\r\n\r\n") && tn_monotonic_us() < until)
		hear(server, 50);
	if (!CHECK(!strncmp(server->text, "REGISTER ", 9)))
		return;
	length = snprintf(answer, sizeof(answer),
			  "SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=1\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: %s\r\n%sContent-Length: 0\r\n\r\n",
			  sip_header(server->text, "Via"), sip_header(server->text, "From"), sip_header(server->text, "To"),
			  sip_header(server->text, "Call-ID"), sip_header(server->text, "CSeq"), sip_header(server->text, "Contact"), more);
	CHECK(send(server->connection, answer, (size_t)length, MSG_NOSIGNAL) == length);
	server->length = 0;
	server->text[0] = '\0';
}

static void is_pinged(struct server *server)
{
	uint64_t until = tn_monotonic_us() + 40000000;

	while (!server->length && tn_monotonic_us() < until)
		hear(server, 50);
	CHECK_INT(strcmp(server->text, "\r\n\r\n"), 0);
	server->length = 0;
	server->text[0] = '\0';
}

static void asks(int line, const char *user, uint16_t port)
{
	struct tn_account account;

	rig_account(&account, "x");
	account.transport = TN_TRANSPORT_TCP;
	account.expires_s = 3600;
	account.keep_alive_s = 25;
	account.proxy_port = port;
	strcpy(account.user, user);
	CHECK_INT(tn_account(line, &account), 0);
}

int main(void)
{
	static struct server answering, silent;
	unsigned before;

	if (!CHECK(rig_open_engine() == 0))
		return check_summary("voice_flows");
	open_server(&answering, RIG_FAR_PORT);
	open_server(&silent, RIG_PEER_PORT);
	asks(0, "alice", RIG_FAR_PORT);
	asks(1, "carol", RIG_PEER_PORT);
	/* A registrar that says nothing of flows is not pinged; when its connection ends, the line registers again at once. */
	registers(&answering, "");
	CHECK(*rig_wait("\"line\":0,\"state\":\"registered\"", NULL, 3000));
	hang_up(&answering);
	registers(&answering, "Flow-Timer: 20\r\n");
	registers(&silent, "Supported: outbound\r\n");
	CHECK_INT(answering.connections, 2);
	CHECK_INT(silent.connections, 1);
	before = answering.connections;
	/* RFC 5626 §4.4.1: the answer has ten seconds. */
	is_pinged(&answering);
	CHECK(send(answering.connection, "\r\n", 2, MSG_NOSIGNAL) == 2);
	is_pinged(&silent);
	registers(&silent, "");
	CHECK_INT(silent.connections, 2);
	for (int i = 0; i < 20; i++)
		hear(&answering, 20);
	CHECK_INT(answering.connections, before);
	CHECK(answering.connection >= 0);
	CHECK_INT(tn_account(0, NULL), 0);
	CHECK_INT(tn_account(1, NULL), 0);
	rig_close();
	close(answering.listener);
	close(silent.listener);
	return check_summary("voice_flows");
}

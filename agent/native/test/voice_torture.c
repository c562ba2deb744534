/* SIP messages that torment a parser (fuzz/corpus/sip, after the ideas of RFC 4475), over UDP and TCP: each is answered or
 * dropped, the box still answers OPTIONS after it, and no line stays taken. */
#include "voice_rig.h"

#include <dirent.h>

#define CORPUS "fuzz/corpus/sip"

static struct sockaddr_in box(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(RIG_BOX_PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static bool answers(int fd, int number)
{
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	struct sockaddr_in to = box();
	char request[512], id[32], answer[4096];
	int length;

	snprintf(id, sizeof(id), "alive-%d", number);
	length = snprintf(request, sizeof(request),
			  "OPTIONS sip:alice@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK%s;rport\r\n"
			  "Max-Forwards: 70\r\nFrom: <sip:t@127.0.0.1>;tag=1\r\nTo: <sip:alice@127.0.0.1>\r\nCall-ID: %s\r\n"
			  "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			  id, id);
	if (sendto(fd, request, (size_t)length, 0, (struct sockaddr *)&to, sizeof(to)) != length)
		return false;
	while (poll(&poll_fd, 1, 3000) > 0) {
		ssize_t count = recv(fd, answer, sizeof(answer) - 1, 0);

		answer[count > 0 ? count : 0] = '\0';
		if (strstr(answer, id))
			return !strncmp(answer, "SIP/2.0 200", 11);
	}
	return false;
}

static void send_stream(const void *message, size_t length)
{
	struct sockaddr_in to = box();
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(!connect(fd, (struct sockaddr *)&to, sizeof(to)));
	(void)!send(fd, message, length, MSG_NOSIGNAL);
	usleep(20000);
	close(fd);
}

/* Calls that a message brought about are turned away: the line is free again. */
static void clear_line(void)
{
	const char *found;

	rig_read(20);
	for (found = rig.text; (found = strstr(found, "\"state\":\"incoming\"")); found++) {
		const char *line = found;

		while (line > rig.text && line[-1] != '\n')
			line--;
		(void)tn_call_hangup((int32_t)rig_number(line, "call"), 486, NULL);
	}
	rig_forget();
}

static void torment(int fd, const char *name, int number)
{
	char path[300], message[8192];
	struct sockaddr_in to = box();
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), CORPUS "/%s", name);
	file = fopen(path, "rb");
	if (!CHECK(file != NULL))
		return;
	length = fread(message, 1, sizeof(message), file);
	fclose(file);
	(void)!sendto(fd, message, length, 0, (struct sockaddr *)&to, sizeof(to));
	if (!CHECK(answers(fd, number)))
		printf("  after %s over UDP\n", name);
	send_stream(message, length);
	if (!CHECK(answers(fd, number + 1000)))
		printf("  after %s over TCP\n", name);
	clear_line();
}

int main(void)
{
	struct tn_account account;
	DIR *folder = opendir(CORPUS);
	struct dirent *entry;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), number = 0;
	int32_t call;

	if (!CHECK(folder != NULL) || !CHECK(rig_open() == 0))
		return check_summary("voice_torture");
	rig_account(&account, "secret-of-alice");
	CHECK_INT(tn_account(0, &account), 0);
	CHECK(*rig_wait("\"state\":\"registered\"", NULL, 5000));
	while ((entry = readdir(folder)))
		if (*entry->d_name != '.')
			torment(fd, entry->d_name, number++);
	closedir(folder);
	CHECK(number > 15);
	usleep(300000);
	clear_line();
	usleep(300000);
	call = tn_call_dial(0, "echo");
	CHECK(call > 0);
	CHECK(*rig_wait("\"state\":\"established\"", NULL, 3000));
	CHECK_INT(tn_call_hangup(call, 0, NULL), 0);
	CHECK(*rig_wait("\"state\":\"ended\"", NULL, 2000));
	rig_close();
	close(fd);
	return check_summary("voice_torture");
}

/* The SIP thread: libre's loop, its life from tn_voice_open to tn_voice_close. */
#include "command.h"
#include "desk.h"
#include "ending.h"
#include "media.h"
#include "network.h"
#include "room.h"
#include "switchboard.h"
#include "trust.h"

#define DEBUG_MODULE "voice"
#define DEBUG_LEVEL 0
#include <re_dbg.h>

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define HASH_SIZE 16              /* transactions, connections, sessions: a handful */
#define CLOSE_MS 1500             /* for BYE and unregistration; tn_close promises 2 s */
#define NAME_SERVERS_MAX 4

static struct {
	pthread_t thread;
	pthread_mutex_t lock;          /* guards `queue` against posting while it goes */
	struct mqueue *queue;
	struct tmr timer;
	struct sip_lsnr *requests, *responses;
	sem_t ready;
	int error;
	bool closing, exited;          /* sip_close was called, and has come to its end */
} voice = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- commands ---- */

int command_post(const struct command *command)
{
	struct command *copy = malloc(sizeof(*copy));
	int err;

	if (!copy)
		return -ENOMEM;
	*copy = *command;
	pthread_mutex_lock(&voice.lock);
	err = voice.queue ? mqueue_push(voice.queue, 0, copy) : ENODEV;
	pthread_mutex_unlock(&voice.lock);
	if (err)
		free(copy);
	return -err;
}

static void on_stack_exit(void *argument)
{
	(void)argument;
	voice.exited = true;
	re_cancel();
}

static void on_patience_end(void *argument)
{
	(void)argument;
	re_cancel();
}

static void on_command(int id, void *data, void *argument)
{
	struct command *command = data;

	(void)id;
	(void)argument;
	command_perform(command);
	if (command->kind == COMMAND_CLOSE) {
		tmr_start(&voice.timer, CLOSE_MS, on_patience_end, NULL);
		voice.closing = true;
		sip_close(room.sip, false);
	}
	/* It may have carried a password. */
	explicit_bzero(command, sizeof(*command));
	free(command);
}

/* ---- network ---- */

static bool has_calls(void)
{
	for (int line = 0; line < TN_MAX_LINES; line++)
		for (int i = 0; i < TN_LINE_PLACES; i++)
			if (room.calls[line][i])
				return true;
	return false;
}

/* What was bound before is given up. */
static void leave_address(void)
{
	sip_transp_flush(room.sip);
	room.has_clear = room.has_tls = false;
	sa_init(&room.address, AF_UNSPEC);
}

static int bind_for(const struct account *account)
{
	int err = 0;

	if (account->transport == TN_TRANSPORT_TLS) {
		err = trust_add(&room.tls, account->ca_file);
		if (!err && !room.has_tls)
			err = network_bind_tls(room.sip, &room.address, room.tls);
		room.has_tls = room.has_tls || !err;
	} else if (!room.has_clear) {
		err = network_bind_clear(room.sip, &room.config, &room.address);
		room.has_clear = !err;
	}
	return err;
}

int room_prepare(const struct account *account)
{
	struct sa address;
	int err = network_local_address(&room.config, account->hosts[0], &address);

	if (err)
		return err;
	network_refresh_name_servers(room.dns);
	/* A new address gives up the old sockets; calls on them are left in peace until they end. */
	if (!sa_cmp(&address, &room.address, SA_ADDR) && !has_calls()) {
		leave_address();
		room.address = address;
	}
	err = bind_for(account);
	if (err && !room.has_clear && !room.has_tls)
		leave_address();
	return err;
}

const char *trust_name_of(const struct sa *peer)
{
	for (int line = 0; line < TN_MAX_LINES; line++) {
		const struct account *account = room.accounts[line];
		int route = account ? proxies_route(&room.proxies[line], peer) : -1;

		if (route >= 0 && account->transport == TN_TRANSPORT_TLS)
			return account->hosts[route];
	}
	return NULL;
}

/* ---- life of the thread ---- */

static int open_stack(void)
{
	struct sa servers[NAME_SERVERS_MAX];
	uint32_t count = NAME_SERVERS_MAX;
	const char *software = *room.config.user_agent ? room.config.user_agent : "Tonalite";
	int err;

	if (dns_srv_get(NULL, 0, servers, &count))
		count = 0;
	err = dnsc_alloc(&room.dns, NULL, servers, count);
	if (!err)
		err = sip_alloc(&room.sip, room.dns, HASH_SIZE, HASH_SIZE, HASH_SIZE, software, on_stack_exit, NULL);
	if (err)
		return err;
	sip_set_trace_handler(room.sip, ending_trace);
	/* Before the sessions, which would swallow answers of other branches. */
	err = sip_listen(&voice.responses, room.sip, false, desk_on_stray_response, NULL);
	if (!err)
		err = sipsess_listen(&room.sessions, room.sip, HASH_SIZE, desk_on_invite, NULL);
	return err ? err : sip_listen(&voice.requests, room.sip, true, desk_on_request, NULL);
}

static int open_thread(void)
{
	struct sigaction pipe_action;
	int err;

	/* libre_init takes SIGPIPE for itself; the process had its own mind about it. */
	sigaction(SIGPIPE, NULL, &pipe_action);
	err = libre_init();
	sigaction(SIGPIPE, &pipe_action, NULL);
	if (err)
		return err;
	dbg_init(DBG_EMERG, DBG_NONE);
	err = poll_method_set(METHOD_EPOLL);
	if (!err)
		err = mqueue_alloc(&voice.queue, on_command, NULL);
	return err ? err : open_stack();
}

static void close_thread(void)
{
	struct mqueue *queue;

	pthread_mutex_lock(&voice.lock);
	queue = voice.queue;
	voice.queue = NULL;
	pthread_mutex_unlock(&voice.lock);
	tmr_cancel(&voice.timer);
	voice.requests = mem_deref(voice.requests);
	voice.responses = mem_deref(voice.responses);
	if (room.sip)
		sip_close(room.sip, true);
	room.sessions = mem_deref(room.sessions);
	/* libre gives the stack back to us when its last transaction is over; before that it is not ours to free. */
	if (!voice.closing || voice.exited)
		mem_deref(room.sip);
	room.sip = NULL;
	room.tls = mem_deref(room.tls);
	trust_forget();
	room.dns = mem_deref(room.dns);
	mem_deref(queue);
	libre_close();
}

static void *voice_main(void *argument)
{
	(void)argument;
	pthread_setname_np(pthread_self(), "tn-sip");
	voice.error = open_thread();
	sem_post(&voice.ready);
	if (!voice.error)
		(void)re_main(NULL);
	close_thread();
	return NULL;
}

static bool is_header_text(const char *text)
{
	for (; *text; text++)
		if (!isprint((unsigned char)*text))
			return false;
	return true;
}

static int open_sip(void)
{
	int err;

	sem_init(&voice.ready, 0, 0);
	err = pthread_create(&voice.thread, NULL, voice_main, NULL);
	if (err)
		return -err;
	while (sem_wait(&voice.ready))
		;
	if (voice.error)
		pthread_join(voice.thread, NULL);
	return -voice.error;
}

int tn_voice_open(const struct tn_config *config)
{
	sigset_t all, before;
	struct sa address;
	int result;

	if (!is_header_text(config->user_agent) ||
	    (*config->local_address && sa_set_str(&address, config->local_address, 0)))
		return -EINVAL;
	memset(&room, 0, sizeof(room));
	room.config = *config;
	voice.closing = voice.exited = false;
	tmr_init(&voice.timer);
	switchboard_open(config->lines);
	/* The process's signals are for its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = media_open(config);
	if (!result) {
		result = open_sip();
		if (result)
			media_close();
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result)
		switchboard_close();
	return result;
}

void tn_voice_close(void)
{
	struct command command = { .kind = COMMAND_CLOSE };

	switchboard_close();
	(void)command_post(&command);
	pthread_join(voice.thread, NULL);
	sem_destroy(&voice.ready);
	media_close();
}

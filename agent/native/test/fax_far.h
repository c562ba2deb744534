/* For tests: a far end with a fax machine of its own, in the sound or behind T.38. */
#ifndef TN_TEST_FAX_FAR_H
#define TN_TEST_FAX_FAR_H

#include "fax_far_sip.h"

#include <sched.h>

static void fax_far_take_media(void)
{
	uint8_t packet[2048];
	ssize_t count;

	while ((count = recv(far_fax.media, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		int16_t samples[TN_FRAME];

		if (far_fax.imaging) {
			if (!fax_far_loses())
				udptl_receive(&far_fax.receiver, packet, (size_t)count, fax_far_deliver, NULL);
			continue;
		}
		if (count != 12 + TN_FRAME || (packet[1] & 0x7f) != 8 || !far_fax.machine)
			continue;
		for (int i = 0; i < TN_FRAME; i++)
			samples[i] = alaw_to_linear(packet[12 + i]);
		(void)fax_rx(far_fax.machine, samples, TN_FRAME);
	}
}

static void fax_far_step(void)
{
	uint8_t packet[12 + TN_FRAME] = { 0x80, 8, (uint8_t)(far_fax.sequence >> 8), (uint8_t)far_fax.sequence };
	uint32_t timestamp = far_fax.sequence * (uint32_t)TN_FRAME;
	int16_t samples[TN_FRAME] = { 0 };

	far_fax.steps++;
	if (far_fax.way == FAX_FAR_OFFERS && far_fax.steps == 50)
		fax_far_request("INVITE", fax_far_description(true));
	if (far_fax.imaging) {
		t38_terminal_send_timeout(far_fax.terminal, TN_FRAME);
		return;
	}
	if (far_fax.machine)
		(void)fax_tx(far_fax.machine, samples, TN_FRAME);
	for (int i = 0; i < 4; i++)
		packet[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i));
	packet[11] = 1;
	for (int i = 0; i < TN_FRAME; i++)
		packet[12 + i] = linear_to_alaw(samples[i]);
	(void)!sendto(far_fax.media, packet, sizeof(packet), 0, (struct sockaddr *)&far_fax.box_media, sizeof(far_fax.box_media));
	far_fax.sequence++;
}

static void *fax_far_run(void *argument)
{
	struct sched_param parameter = { .sched_priority = 30 };
	uint64_t next = tn_monotonic_us();

	(void)argument;
	/* Modems in the sound bear no gaps; without the right to it the machine should have nothing else to do. */
	(void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter);
	while (!atomic_load(&far_fax.stop)) {
		struct pollfd fds[2] = { { far_fax.sip, POLLIN, 0 }, { far_fax.media, POLLIN, 0 } };
		int64_t left = (int64_t)(next - tn_monotonic_us());

		(void)poll(fds, 2, left > 0 ? (int)(left / 1000) : 0);
		fax_far_take_sip();
		fax_far_take_media();
		for (; next <= tn_monotonic_us(); next += 20000)
			if (far_fax.up)
				fax_far_step();
	}
	return NULL;
}

static int fax_far_bind(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Ready for one call of the box. `in_sound`: its machine is on the sound from the beginning. */
static inline void fax_far_start(enum fax_far_way way, bool sends, bool in_sound, const char *path)
{
	memset(&far_fax, 0, sizeof(far_fax));
	far_fax.way = way;
	far_fax.sends = sends;
	far_fax.path = path;
	atomic_store(&far_fax.result, -1);
	far_fax.sender.limit = UDPTL_DATAGRAM_MAX;
	far_fax.sip = fax_far_bind(RIG_FAR_PORT);
	far_fax.media = fax_far_bind(RIG_MEDIA_PORT);
	if (in_sound) {
		far_fax.machine = fax_init(NULL, sends);
		fax_set_transmit_on_idle(far_fax.machine, TRUE);
		fax_far_prepare(fax_get_t30_state(far_fax.machine));
	}
	CHECK_INT(pthread_create(&far_fax.thread, NULL, fax_far_run, NULL), 0);
}

static inline void fax_far_stop(void)
{
	atomic_store(&far_fax.stop, true);
	pthread_join(far_fax.thread, NULL);
	close(far_fax.sip);
	close(far_fax.media);
	if (far_fax.machine)
		fax_free(far_fax.machine);
	if (far_fax.terminal)
		t38_terminal_free(far_fax.terminal);
}

#endif

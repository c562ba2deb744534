/* A fax machine, our relay, a network that loses, repeats and swaps packets, and a T.38 terminal: all in simulated time. */
#include "check.h"
#include "fax_page.h"
#include "voice/fax-relay.h"
#include "voice/t30-watch.h"
#include "voice/udptl.h"

#include <spandsp/expose.h>

#define STEPS_MAX 9000            /* 3 minutes */
#define QUEUE 256

struct road {
	struct {
		uint8_t data[UDPTL_DATAGRAM_MAX];
		size_t length;
		int due;
	} packet[QUEUE];
	unsigned count;
	int now;
	unsigned loss, repeat, swap;   /* of a thousand */
	unsigned seed;
};

struct trial {
	struct fax_relay_setup setup;
	unsigned loss, repeat, swap, seed;
	int pages;
	bool machine_sends;
	bool burst;                    /* three packets in a row are lost, again and again */
};

static int steps_taken;

static struct {
	struct fax_relay *relay;
	struct road out, in;
	struct udptl_sender sender;
	struct udptl_receiver receiver;
	t38_terminal_state_t *terminal;
	fax_state_t *machine;
	struct t30_watch watch;
	int machine_result, terminal_result;
	bool burst;
	unsigned carried;
} bench;

static unsigned chance(struct road *road)
{
	road->seed = road->seed * 1103515245u + 12345u;
	return (road->seed >> 16) % 1000;
}

static void carry(struct road *road, const uint8_t *data, size_t length)
{
	bool lost = chance(road) < road->loss;
	int copies = lost ? 0 : chance(road) < road->repeat ? 2 : 1;

	if (bench.burst && bench.carried++ % 40 < 3)
		copies = 0;
	for (int i = 0; i < copies && road->count < QUEUE; i++) {
		memcpy(road->packet[road->count].data, data, length);
		road->packet[road->count].length = length;
		road->packet[road->count++].due = road->now + 3 + (chance(road) < road->swap ? 4 : 0);
	}
}

static void arrive(struct road *road, void (*take)(const uint8_t *, size_t))
{
	for (unsigned i = 0; i < road->count;) {
		if (road->packet[i].due > road->now) {
			i++;
			continue;
		}
		take(road->packet[i].data, road->packet[i].length);
		memmove(&road->packet[i], &road->packet[i + 1], (--road->count - i) * sizeof(road->packet[0]));
	}
	road->now++;
}

static void on_relay(void *argument, const uint8_t *datagram, size_t length)
{
	(void)argument;
	carry(&bench.out, datagram, length);
}

static void on_frame(void *argument, const uint8_t *frame, size_t length)
{
	(void)argument;
	(void)t30_watch_frame(&bench.watch, frame, length, (uint64_t)steps_taken * 20);
}

static int on_terminal(t38_core_state_t *core, void *argument, const uint8_t *data, int length, int count)
{
	uint8_t datagram[UDPTL_DATAGRAM_MAX];
	size_t size = udptl_send(&bench.sender, data, (size_t)length, 3, datagram);

	(void)core;
	(void)argument;
	for (int i = 0; i < (count & 0xff); i++)
		carry(&bench.in, datagram, size);
	return 0;
}

static void deliver(void *argument, uint16_t sequence, const uint8_t *data, size_t length)
{
	(void)argument;
	(void)t38_core_rx_ifp_packet(t38_terminal_get_t38_core_state(bench.terminal), data, (int)length, sequence);
}

static void to_terminal(const uint8_t *data, size_t length)
{
	udptl_receive(&bench.receiver, data, length, deliver, NULL);
}

static void to_relay(const uint8_t *data, size_t length)
{
	fax_relay_receive(bench.relay, data, length);
}

static void on_end(t30_state_t *t30, void *argument, int result)
{
	(void)t30;
	*(int *)argument = result;
}

static void prepare(t30_state_t *t30, int *result, const char *sent, const char *received, bool ecm)
{
	*result = -1;
	t30_set_phase_e_handler(t30, on_end, result);
	t30_set_tx_ident(t30, "33123456789");
	t30_set_ecm_capability(t30, ecm);
	t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION |
						    T30_SUPPORT_T6_COMPRESSION);
	t30_set_supported_modems(t30, T30_SUPPORT_V27TER | T30_SUPPORT_V29 | T30_SUPPORT_V17);
	if (sent)
		t30_set_tx_file(t30, sent, -1, -1);
	else
		t30_set_rx_file(t30, received, -1);
}

/* Runs a fax; how many pages came as they were sent. */
static int run(const struct trial *trial)
{
	const char *sent = fax_page_path("sent"), *received = fax_page_path("received");
	t38_core_state_t *core;
	int good;

	memset(&bench, 0, sizeof(bench));
	fax_page_write(sent, trial->pages);
	(void)remove(received);
	bench.out = bench.in = (struct road){ .loss = trial->loss, .repeat = trial->repeat, .swap = trial->swap, .seed = trial->seed };
	bench.burst = trial->burst;
	bench.sender = (struct udptl_sender){ .limit = UDPTL_DATAGRAM_MAX,
					      .parity = trial->setup.terms.recovery == T38_RECOVERY_PARITY };
	struct fax_relay_setup setup = trial->setup;

	setup.send = on_relay;
	setup.frame = on_frame;
	bench.relay = fax_relay_alloc(&setup);
	bench.machine = fax_init(NULL, trial->machine_sends);
	fax_set_transmit_on_idle(bench.machine, TRUE);
	bench.terminal = t38_terminal_init(NULL, !trial->machine_sends, on_terminal, NULL);
	core = t38_terminal_get_t38_core_state(bench.terminal);
	t38_set_t38_version(core, 0);
	t38_set_data_rate_management_method(core, T38_DATA_RATE_MANAGEMENT_TRANSFERRED_TCF);
	prepare(fax_get_t30_state(bench.machine), &bench.machine_result, trial->machine_sends ? sent : NULL, received, true);
	prepare(t38_terminal_get_t30_state(bench.terminal), &bench.terminal_result, trial->machine_sends ? NULL : sent, received,
		true);
	for (steps_taken = 0; steps_taken < STEPS_MAX && (bench.machine_result < 0 || bench.terminal_result < 0); steps_taken++) {
		int16_t spoken[TN_FRAME] = { 0 }, heard[TN_FRAME];

		arrive(&bench.in, to_relay);
		fax_relay_speak(bench.relay, heard);
		(void)fax_tx(bench.machine, spoken, TN_FRAME);
		(void)fax_rx(bench.machine, heard, TN_FRAME);
		fax_relay_hear(bench.relay, spoken);
		t38_terminal_send_timeout(bench.terminal, TN_FRAME);
		arrive(&bench.out, to_terminal);
	}
	fax_free(bench.machine);
	t38_terminal_free(bench.terminal);
	good = fax_page_count_good(received);
	(void)remove(sent);
	(void)remove(received);
	return good;
}

static const struct t38_terms plain = { .max_rate = 14400, .max_datagram = 1400 };

static void passes(const char *name, const struct trial *trial, int pages, uint32_t rate, bool ecm)
{
	int good = run(trial);
	struct fax_relay_figures figures = fax_relay_figures(bench.relay);

	if (!CHECK(good == pages && bench.machine_result == T30_ERR_OK && bench.terminal_result == T30_ERR_OK))
		printf("%s: %d good pages, results %d and %d, %u sent, %u lost, %u repaired, %d steps\n", name, good, bench.machine_result,
		       bench.terminal_result, figures.sent, figures.lost, figures.repaired, steps_taken);
	CHECK_INT(bench.watch.pages, pages);
	CHECK(t30_watch_complete(&bench.watch));
	CHECK(bench.watch.over);
	CHECK_INT(bench.watch.rate, rate);
	CHECK_INT(bench.watch.ecm, ecm);
	CHECK(figures.sent > 0 && figures.received > 0);
	if (trial->loss || trial->burst)
		CHECK(figures.repaired + bench.receiver.repaired > 0);
	mem_deref(bench.relay);
}

int main(void)
{
	struct trial trial = { .pages = 1, .seed = 1, .setup = { .low_depth = 3, .high_depth = 1, .terms = plain } };

	trial.machine_sends = true;
	passes("sends", &trial, 1, 14400, true);
	trial.machine_sends = false;
	trial.pages = 3;
	passes("receives three", &trial, 3, 14400, true);
	trial.setup.max_rate = 9600;
	trial.setup.no_ecm = true;
	trial.pages = 1;
	passes("receives slowly", &trial, 1, 9600, false);
	trial.machine_sends = true;
	passes("sends slowly", &trial, 1, 9600, false);
	trial.setup.max_rate = 4800;
	passes("sends at 4800", &trial, 1, 4800, false);

	trial.setup = (struct fax_relay_setup){ .low_depth = 3, .high_depth = 2, .terms = plain };
	for (unsigned seed = 1; seed <= 3; seed++) {
		trial.seed = seed;
		trial.loss = 30;
		trial.repeat = 50;
		trial.swap = 50;
		trial.machine_sends = true;
		passes("sends through a bad network", &trial, 1, 14400, true);
		trial.machine_sends = false;
		passes("receives through a bad network", &trial, 1, 14400, true);
	}
	trial.loss = trial.repeat = trial.swap = 0;
	trial.burst = true;
	trial.setup.high_depth = 3;
	passes("receives between bursts of loss", &trial, 1, 14400, true);
	trial.setup.terms.recovery = T38_RECOVERY_PARITY;
	trial.machine_sends = true;
	passes("sends with parity", &trial, 1, 14400, true);
	return check_summary("fax_relay");
}

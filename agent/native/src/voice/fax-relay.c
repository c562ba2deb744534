#include "fax-relay.h"

#include "udptl.h"

#include <spandsp.h>
#include <spandsp/expose.h>
#include <string.h>

#define STEP_MS 20
#define RATE_DEFAULT 14400
#define RATE_V29 9600
#define RATE_V27 4800
#define INDICATOR_TIMES 3
/* The last packet before a pause has nobody after it to carry it again: it goes out once more after each of these. */
#define AGAIN_STEPS 3
#define AGAIN_STEPS_LAST 8
#define DEPTH_SHIFT 8             /* spandsp hands the category's setting on: times in the low octet, depth in the next one */

struct fax_relay {
	struct fax_relay_setup setup;
	t38_gateway_state_t *gateway;
	t38_core_state_t *core;
	struct udptl_receiver receiver;
	struct udptl_sender sender;
	uint8_t last[UDPTL_DATAGRAM_MAX];
	size_t last_length;
	uint32_t sent, idle_steps, quiet_steps;
};

static void relay_free(void *argument)
{
	struct fax_relay *relay = argument;

	if (relay->gateway)
		t38_gateway_free(relay->gateway);
}

static void put(struct fax_relay *relay)
{
	relay->setup.send(relay->setup.argument, relay->last, relay->last_length);
	relay->sent++;
}

static int on_message(t38_core_state_t *core, void *argument, const uint8_t *data, int length, int setting)
{
	struct fax_relay *relay = argument;

	(void)core;
	relay->last_length = udptl_send(&relay->sender, data, (size_t)length, (unsigned)setting >> DEPTH_SHIFT, relay->last);
	if (!relay->last_length)
		return -1;
	relay->idle_steps = 0;
	if (length > 1)
		relay->quiet_steps = 0;
	for (int i = 0; i < (setting & 0xff); i++)
		put(relay);
	return 0;
}

static void on_frame(t38_gateway_state_t *gateway, void *argument, int from_phone, const uint8_t *frame, int length)
{
	struct fax_relay *relay = argument;

	(void)gateway;
	(void)from_phone;
	if (relay->setup.frame && length > 0)
		relay->setup.frame(relay->setup.argument, frame, (size_t)length);
}

/* The gateway takes the speeds it has no modem for out of what the machines tell each other. */
static int modems_of(uint32_t rate)
{
	if (!rate || rate > RATE_V29)
		return T30_SUPPORT_V27TER | T30_SUPPORT_V29 | T30_SUPPORT_V17;
	return rate > RATE_V27 ? T30_SUPPORT_V27TER | T30_SUPPORT_V29 : T30_SUPPORT_V27TER;
}

static void set_up(struct fax_relay *relay)
{
	const struct fax_relay_setup *setup = &relay->setup;
	int low = (int)(setup->low_depth << DEPTH_SHIFT), high = (int)(setup->high_depth << DEPTH_SHIFT);
	uint32_t rate = setup->max_rate && setup->max_rate < setup->terms.max_rate ? setup->max_rate : setup->terms.max_rate;

	t38_gateway_set_transmit_on_idle(relay->gateway, TRUE);
	t38_gateway_set_supported_modems(relay->gateway, modems_of(rate));
	t38_gateway_set_ecm_capability(relay->gateway, !setup->no_ecm);
	t38_gateway_set_real_time_frame_handler(relay->gateway, on_frame, relay);
	t38_set_t38_version(relay->core, 0);
	t38_set_data_transport_protocol(relay->core, T38_TRANSPORT_UDPTL);
	t38_set_data_rate_management_method(relay->core, setup->terms.local_tcf ? T38_DATA_RATE_MANAGEMENT_LOCAL_TCF
										: T38_DATA_RATE_MANAGEMENT_TRANSFERRED_TCF);
	t38_set_fastest_image_data_rate(relay->core, (int)(rate ? rate : RATE_DEFAULT));
	t38_set_max_datagram_size(relay->core, (int)setup->terms.max_datagram);
	t38_set_sequence_number_handling(relay->core, TRUE);
	t38_set_redundancy_control(relay->core, T38_PACKET_CATEGORY_INDICATOR, INDICATOR_TIMES | low);
	t38_set_redundancy_control(relay->core, T38_PACKET_CATEGORY_CONTROL_DATA, 1 | low);
	t38_set_redundancy_control(relay->core, T38_PACKET_CATEGORY_CONTROL_DATA_END, 1 | low);
	t38_set_redundancy_control(relay->core, T38_PACKET_CATEGORY_IMAGE_DATA, 1 | high);
	t38_set_redundancy_control(relay->core, T38_PACKET_CATEGORY_IMAGE_DATA_END, 1 | high);
}

struct fax_relay *fax_relay_alloc(const struct fax_relay_setup *setup)
{
	struct fax_relay *relay = mem_zalloc(sizeof(*relay), relay_free);

	if (!relay)
		return NULL;
	relay->setup = *setup;
	relay->sender.limit = setup->terms.max_datagram;
	relay->sender.parity = setup->terms.recovery == T38_RECOVERY_PARITY;
	if (setup->terms.recovery == T38_RECOVERY_NONE)
		relay->setup.low_depth = relay->setup.high_depth = 0;
	relay->gateway = t38_gateway_init(NULL, on_message, relay);
	if (!relay->gateway)
		return mem_deref(relay);
	relay->core = t38_gateway_get_t38_core_state(relay->gateway);
	set_up(relay);
	return relay;
}

static void on_delivery(void *argument, uint16_t sequence, const uint8_t *data, size_t length)
{
	struct fax_relay *relay = argument;

	if (length > 1)
		relay->quiet_steps = 0;
	(void)t38_core_rx_ifp_packet(relay->core, data, (int)length, sequence);
}

void fax_relay_receive(struct fax_relay *relay, const uint8_t *datagram, size_t length)
{
	udptl_receive(&relay->receiver, datagram, length, on_delivery, relay);
}

void fax_relay_speak(struct fax_relay *relay, int16_t to_phone[TN_FRAME])
{
	int made = t38_gateway_tx(relay->gateway, to_phone, TN_FRAME);

	made = made < 0 ? 0 : made;
	memset(to_phone + made, 0, (size_t)(TN_FRAME - made) * sizeof(*to_phone));
}

void fax_relay_hear(struct fax_relay *relay, const int16_t from_phone[TN_FRAME])
{
	int16_t own[TN_FRAME];

	memcpy(own, from_phone, sizeof(own));
	(void)t38_gateway_rx(relay->gateway, own, TN_FRAME);
	relay->quiet_steps++;
	relay->idle_steps++;
	if (relay->last_length && (relay->idle_steps == AGAIN_STEPS || relay->idle_steps == AGAIN_STEPS_LAST))
		put(relay);
}

struct fax_relay_figures fax_relay_figures(const struct fax_relay *relay)
{
	return (struct fax_relay_figures){ relay->sent, relay->receiver.received, relay->receiver.repaired, relay->receiver.lost,
					   relay->quiet_steps * STEP_MS };
}

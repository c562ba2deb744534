#include "line/sim-fax.h"
#include "dsp/level.h"

#include <spandsp.h>
#include <spandsp/expose.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_fax {
	fax_state_t *machine;
	bool done;
	int result;
};

static void on_end(t30_state_t *t30, void *argument, int result)
{
	struct sim_fax *fax = argument;

	(void)t30;
	fax->done = true;
	fax->result = result;
}

struct sim_fax *sim_fax_open(const char *path, bool sends)
{
	struct sim_fax *fax = calloc(1, sizeof(*fax));
	t30_state_t *t30;

	if (!fax)
		return NULL;
	fax->machine = fax_init(NULL, sends);
	if (!fax->machine) {
		free(fax);
		return NULL;
	}
	fax_set_transmit_on_idle(fax->machine, TRUE);
	t30 = fax_get_t30_state(fax->machine);
	t30_set_phase_e_handler(t30, on_end, fax);
	t30_set_ecm_capability(t30, TRUE);
	t30_set_supported_compressions(t30, T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION |
						    T30_SUPPORT_T6_COMPRESSION);
	t30_set_supported_modems(t30, T30_SUPPORT_V27TER | T30_SUPPORT_V29 | T30_SUPPORT_V17);
	if (sends)
		t30_set_tx_file(t30, path, -1, -1);
	else
		t30_set_rx_file(t30, path, -1);
	return fax;
}

void sim_fax_close(struct sim_fax *fax)
{
	if (!fax)
		return;
	fax_free(fax->machine);
	free(fax);
}

void sim_fax_exchange(struct sim_fax *fax, const int16_t *to_line, int16_t *from_line)
{
	int16_t heard[TN_FRAME], said[TN_FRAME] = { 0 };

	if (fax->done)
		return;
	memcpy(heard, to_line, sizeof(heard));
	(void)fax_rx(fax->machine, heard, TN_FRAME);
	(void)fax_tx(fax->machine, said, TN_FRAME);
	for (int i = 0; i < TN_FRAME; i++)
		from_line[i] = level_clip((float)from_line[i] + (float)said[i]);
}

void sim_fax_report(const struct sim_fax *fax, char *json, size_t capacity)
{
	t30_stats_t figures;

	json[0] = '\0';
	if (!fax)
		return;
	t30_get_transfer_statistics(fax_get_t30_state(fax->machine), &figures);
	snprintf(json, capacity, ",\"fax\":{\"done\":%s,\"result\":\"%s\",\"pages\":%d,\"rate\":%d,\"ecm\":%s}",
		 fax->done ? "true" : "false",
		 !fax->done			   ? ""
		 : fax->result == T30_ERR_OK ? "OK"
					     : t30_completion_code_to_str(fax->result),
		 figures.pages_tx > figures.pages_rx ? figures.pages_tx : figures.pages_rx, figures.bit_rate,
		 figures.error_correcting_mode ? "true" : "false");
}

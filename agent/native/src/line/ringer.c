#include "line/ringer.h"
#include "args.h"
#include "engine.h"

/* ETSI EN 300 659-1 §6.1.2: 200 ms at least between the end of the burst and the next ring; burst.c waits for it. */
#define GUARD_MS 200
#define PHASE_MAX_MS 60000

static bool date_valid(const char *text)
{
	return text[0] == '\0' || (strspn(text, "0123456789") == 8 && text[8] == '\0');
}

bool ringer_caller_valid(const struct tn_ring *ring)
{
	return ring->cid_standard <= TN_CID_ETSI_DTMF && ring->cid_delay_ms <= PHASE_MAX_MS &&
	       ring->cid_timing <= TN_CID_BEFORE_RING && ring->cid_alert <= TN_ALERT_LR_DT_AS &&
	       args_text(ring->number, sizeof(ring->number)) && args_text(ring->name, sizeof(ring->name)) &&
	       args_text(ring->date_time, sizeof(ring->date_time)) && date_valid(ring->date_time) &&
	       args_text(ring->cid_absence, sizeof(ring->cid_absence)) &&
	       (ring->cid_absence[0] == '\0' || strcmp(ring->cid_absence, "P") == 0 || strcmp(ring->cid_absence, "O") == 0);
}

bool ringer_valid(const struct tn_ring *ring)
{
	if (ring->frequency < 15 || ring->frequency > 70)
		return false;
	if (ring->phases < 2 || ring->phases > TN_RING_PHASES || ring->phases % 2 != 0)
		return false;
	for (uint32_t i = 0; i < ring->phases; i++)
		if (ring->phase_ms[i] < 20 || ring->phase_ms[i] > PHASE_MAX_MS)
			return false;
	return ringer_caller_valid(ring);
}

/* The first silence long enough for the burst, as a double ring's short gap is none; the longest if none is: it is
 * stretched then, for a burst cut by the bell is lost whole. */
static uint32_t silence_for(const struct tn_ring *ring, uint32_t burst_ms)
{
	uint32_t longest = 1;

	for (uint32_t i = 1; i < ring->phases; i += 2) {
		if (ring->phase_ms[i] >= ring->cid_delay_ms + burst_ms + GUARD_MS)
			return i;
		if (ring->phase_ms[i] > ring->phase_ms[longest])
			longest = i;
	}
	return longest;
}

void ringer_start(struct ringer *ringer, const struct tn_ring *ring)
{
	bool loaded = caller_id_load(&ringer->burst.sender, ring);

	ringer->plan = *ring;
	ringer->active = true;
	ringer->phase = ring->phases - 1; /* the first step enters phase 0 */
	ringer->left_ms = 0;
	ringer->count = 0;
	ringer->announcing = loaded && ring->cid_timing == TN_CID_BEFORE_RING;
	ringer->awaited = loaded && !ringer->announcing;
	if (ringer->announcing)
		burst_start(&ringer->burst, ring->cid_alert, ring->cid_delay_ms);
	if (ringer->awaited)
		ringer->cid_phase = silence_for(ring, ringer->burst.sender.duration_ms);
}

bool ringer_stop(struct ringer *ringer)
{
	ringer->active = false;
	return burst_stop(&ringer->burst);
}

static void enter_phase(struct ringer *ringer, struct ringer_step *step)
{
	ringer->phase = (ringer->phase + 1) % ringer->plan.phases;
	ringer->left_ms += (int32_t)ringer->plan.phase_ms[ringer->phase];
	if (ringer->phase % 2 == 0) {
		ringer->count++;
		step->began = true;
		return;
	}
	step->paused = true;
	if (ringer->awaited && ringer->phase == ringer->cid_phase) {
		ringer->awaited = false;
		burst_start(&ringer->burst, TN_ALERT_NONE, ringer->plan.cid_delay_ms);
	}
}

struct ringer_step ringer_step(struct ringer *ringer, uint32_t ms, int16_t *audio)
{
	struct ringer_step step = { 0 };

	if (ringer->announcing && !burst_busy(&ringer->burst))
		ringer->announcing = false;
	if (ringer->active && !ringer->announcing) {
		if (ringer->left_ms <= 0) {
			if (burst_busy(&ringer->burst))
				ringer->left_ms = 0; /* the burst outlasts this silence */
			else
				enter_phase(ringer, &step);
		}
		ringer->left_ms -= (int32_t)ms;
	}
	step.burst = burst_step(&ringer->burst, ms, audio);
	return step;
}

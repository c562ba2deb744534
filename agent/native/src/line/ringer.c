#include "line/ringer.h"
#include "args.h"
#include "engine.h"

/* ETSI EN 300 659-1 §6.1.2: 200 ms at least between the end of the burst and the next ring. */
#define GUARD_MS 200
#define PHASE_MAX_MS 60000

static bool date_valid(const char *text)
{
	return text[0] == '\0' || (strspn(text, "0123456789") == 8 && text[8] == '\0');
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
	return ring->cid_standard <= TN_CID_ETSI_DTMF && ring->cid_delay_ms <= PHASE_MAX_MS &&
	       args_text(ring->number, sizeof(ring->number)) && args_text(ring->name, sizeof(ring->name)) &&
	       args_text(ring->date_time, sizeof(ring->date_time)) && date_valid(ring->date_time) &&
	       args_text(ring->cid_absence, sizeof(ring->cid_absence)) &&
	       (ring->cid_absence[0] == '\0' || strcmp(ring->cid_absence, "P") == 0 || strcmp(ring->cid_absence, "O") == 0);
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
	ringer->plan = *ring;
	ringer->active = true;
	ringer->phase = ring->phases - 1; /* the first step enters phase 0 */
	ringer->left_ms = 0;
	ringer->count = 0;
	ringer->cid = caller_id_load(&ringer->sender, ring) ? CID_AWAITED : CID_IDLE;
	if (ringer->cid == CID_AWAITED)
		ringer->cid_phase = silence_for(ring, ringer->sender.duration_ms);
}

void ringer_stop(struct ringer *ringer)
{
	ringer->active = false;
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
	if (ringer->cid == CID_AWAITED && ringer->phase == ringer->cid_phase) {
		ringer->cid = CID_DELAYED;
		ringer->cid_left_ms = (int32_t)ringer->plan.cid_delay_ms;
	}
}

static void step_caller_id(struct ringer *ringer, uint32_t ms, int16_t *audio, struct ringer_step *step)
{
	if (ringer->cid == CID_DELAYED && ringer->cid_left_ms <= 0)
		ringer->cid = CID_SENDING;
	if (ringer->cid == CID_SENDING && caller_id_step(&ringer->sender, audio, TN_FRAME)) {
		ringer->cid = CID_GUARD;
		ringer->cid_left_ms = GUARD_MS;
		step->sent = true;
	} else if (ringer->cid == CID_DELAYED || ringer->cid == CID_GUARD) {
		ringer->cid_left_ms -= (int32_t)ms;
		if (ringer->cid == CID_GUARD && ringer->cid_left_ms <= 0)
			ringer->cid = CID_IDLE;
	}
}

struct ringer_step ringer_step(struct ringer *ringer, uint32_t ms, int16_t *audio)
{
	struct ringer_step step = { 0 };

	memset(audio, 0, TN_FRAME * sizeof(*audio));
	if (!ringer->active)
		return step;
	if (ringer->left_ms <= 0) {
		if (ringer->cid == CID_IDLE || ringer->cid == CID_AWAITED)
			enter_phase(ringer, &step);
		else
			ringer->left_ms = 0; /* the burst outlasts this silence */
	}
	ringer->left_ms -= (int32_t)ms;
	step_caller_id(ringer, ms, audio, &step);
	return step;
}

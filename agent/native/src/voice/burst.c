#include "burst.h"

#include <string.h>

#define WINDOW 16                 /* packets that one may be overtaken by */
#define JUMP 200                  /* a source that jumps farther has begun anew */

static void end_run(struct burst *burst)
{
	if (burst->run_lost > 1) {
		burst->bursts++;
		burst->burst_packets += burst->run;
		burst->burst_lost += burst->run_lost;
	}
	burst->run = burst->run_lost = 0;
}

static void judge(struct burst *burst, bool heard)
{
	burst->packets++;
	if (heard) {
		burst->since++;
		return;
	}
	burst->lost++;
	if (burst->run_lost && burst->since >= BURST_GMIN)
		end_run(burst);
	burst->run += burst->run_lost ? burst->since + 1 : 1;
	burst->run_lost++;
	burst->since = 0;
}

static void begin(struct burst *burst, uint16_t sequence)
{
	burst_settle(burst);
	burst->started = true;
	burst->newest = sequence;
	burst->heard = 0;
	burst->age = 1;
}

void burst_take(struct burst *burst, uint16_t sequence, bool in_time)
{
	int ahead = (int16_t)(sequence - burst->newest);

	if (!burst->started || ahead > JUMP || ahead < -JUMP) {
		begin(burst, sequence);
		ahead = 0;
	}
	for (; ahead > 0; ahead--) {
		if (burst->age == WINDOW)
			judge(burst, burst->heard >> (WINDOW - 1) & 1);
		else
			burst->age++;
		burst->heard <<= 1;
		burst->newest++;
	}
	if (in_time && -ahead < (int)burst->age)
		burst->heard |= 1u << -ahead;
}

void burst_settle(struct burst *burst)
{
	for (; burst->age; burst->age--)
		judge(burst, burst->heard >> (burst->age - 1) & 1);
	end_run(burst);
	burst->started = false;
}

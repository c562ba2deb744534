/* The tone plans of the shipped regions: frequencies within 1 % by measurement of what is played, cadences within 1 % by
 * the ear of the virtual telephone at the far side of the line. */
#include "line_rig.h"
#include "dsp/spectrum.h"
#include "dsp/tone.h"
#include "region_file.h"

#include <dirent.h>

#define EAR_MS 8 /* the ear hears in steps of 5 ms; a step that holds any of a sound counts as sound */

static void say(unsigned failed_before, const char *region, const char *tone)
{
	if (check_failed > failed_before)
		printf("  in %s, tone %s\n", region, tone);
}

static unsigned frequencies_of(const struct tn_tone *tone, unsigned segment, uint32_t hertz[4])
{
	unsigned count = 0;

	for (int k = 0; k < 4; k++) {
		uint32_t f = k < 2 ? tone->segment[segment].frequency[k] : tone->more[segment].frequency[k - 2];

		if (f)
			hertz[count++] = f;
	}
	return count;
}

/* Every step in turn, as played: its frequencies, its level, and silence where silence is due. */
static void steps(const struct tn_tone *tone)
{
	static int16_t audio[TN_RATE * 12];
	struct tone_player player = { 0 };
	unsigned plays = tone->lead ? 2 : 1; /* the second play proves that the lead comes again */

	tone_start(&player, tone);
	for (unsigned turn = 0; turn < plays; turn++)
		for (unsigned i = 0; i < (tone->lead ? tone->lead : tone->segments); i++) {
			uint32_t hertz[4] = { 0 }, ms = tone->segment[i].duration_ms ? tone->segment[i].duration_ms : 1000;
			unsigned expected = frequencies_of(tone, i, hertz);
			size_t count = (size_t)ms * TN_RATE / 1000;
			struct spectrum heard;
			double energy = 0;

			memset(audio, 0, count * sizeof(audio[0]));
			tone_mix(&player, audio, count);
			for (size_t k = 0; k < count; k++)
				energy += (double)audio[k] * audio[k];
			if (!expected) {
				CHECK_INT((long)energy, 0);
				continue;
			}
			spectrum_measure(audio, count, &heard);
			CHECK_INT(heard.count, expected);
			for (unsigned k = 0; k < expected && k < heard.count; k++)
				CHECK_NEAR(heard.frequency[k], hertz[k], hertz[k] * 0.01);
		}
}

static bool one_sound(const struct tn_tone *tone)
{
	for (unsigned i = 2; i < tone->segments; i++)
		if (memcmp(tone->segment[i].frequency, tone->segment[i - 2].frequency, sizeof(tone->segment[i].frequency)) ||
		    memcmp(tone->more[i].frequency, tone->more[i - 2].frequency, sizeof(tone->more[i].frequency)))
			return false;
	return tone->segments % 2 == 0 && tone->segment[1].frequency[0] == 0;
}

static void cadence(const struct tn_tone *tone)
{
	double heard[16] = { 0 };
	unsigned count, period = 0, expected = tone->segments;

	for (unsigned i = 0; i < tone->segments; i++)
		period += tone->segment[i].duration_ms;
	CHECK_INT(tn_line_tone(0, NULL), 0);
	rig_run(1000);
	tn_sim_forget(0);
	CHECK_INT(tn_line_tone(0, tone), 0);
	/* Tones that end are heard to their end, the others for two turns and into a third. */
	rig_run(tone->repeat ? period * tone->repeat + 100 : 2 * period + period / 2 + 100);
	if (expected == 4 && tone->segment[0].duration_ms == tone->segment[2].duration_ms &&
	    tone->segment[1].duration_ms == tone->segment[3].duration_ms)
		expected = 2;
	count = rig_numbers("\"cadence\"", heard);
	CHECK_INT(count, expected);
	for (unsigned i = 0; i < count && i < expected; i++) {
		double ms = tone->segment[i].duration_ms;

		CHECK_NEAR(heard[i], ms, ms * 0.01 > EAR_MS ? ms * 0.01 : EAR_MS);
	}
}

/* A stutter has its bursts first and then lasts. */
static void stutter(const struct tn_tone *tone)
{
	double heard[16] = { 0 }, on = tone->segment[0].duration_ms, off = tone->segment[1].duration_ms;
	unsigned lead_ms = (unsigned)(on + off) * tone->lead_plays;

	CHECK_INT(tone->lead, 2);
	CHECK_INT(tn_line_tone(0, NULL), 0);
	rig_run(1000);
	tn_sim_forget(0);
	CHECK_INT(tn_line_tone(0, tone), 0);
	rig_run(lead_ms - 20);
	CHECK_INT(rig_numbers("\"cadence\"", heard), 2);
	CHECK_NEAR(heard[0], on, EAR_MS);
	CHECK_NEAR(heard[1], off, EAR_MS);
	CHECK_NEAR(rig_number("\"activeMs\""), on * tone->lead_plays, 2 * EAR_MS);
	rig_run(5000);
	CHECK_INT(rig_numbers("\"cadence\"", heard), 0);
	CHECK(rig_numbers("\"frequencies\"", heard) > 0);
	CHECK_NEAR(rig_number("\"activeMs\""), on * tone->lead_plays + 5000 - 20, 60);
}

static unsigned region(const char *name)
{
	char path[512];
	struct odict *file;
	const struct odict *tones;
	unsigned count = 0;

	snprintf(path, sizeof(path), REGIONS "%s", name);
	file = region_read(path);
	tones = region_member(file, "tones");
	if (!CHECK(tones != NULL))
		return 0;
	for (struct le *le = tones->lst.head; le; le = le->next, count++) {
		const struct odict_entry *entry = le->data;
		struct tn_tone tone = region_tone(entry->u.odict);
		unsigned failed = check_failed;

		CHECK(tone_valid(&tone));
		steps(&tone);
		if (tone.lead)
			stutter(&tone);
		else if (one_sound(&tone))
			cadence(&tone);
		say(failed, name, entry->key);
	}
	mem_deref(file);
	return count;
}

int main(void)
{
	DIR *folder = opendir(REGIONS);
	unsigned regions = 0;

	rig_open();
	rig_lift();
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (strstr(entry->d_name, ".json")) {
			CHECK_INT(region(entry->d_name), 13);
			regions++;
		}
	CHECK(regions >= 6); /* FR, BE, LU, GB, DE, US */
	if (folder)
		closedir(folder);
	rig_close();
	return check_summary("line_regions");
}

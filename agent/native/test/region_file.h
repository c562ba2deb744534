/* The shipped region profiles as a test reads them: tones by name, from the same files the agent reads. */
#ifndef TN_TEST_REGION_FILE_H
#define TN_TEST_REGION_FILE_H

#include "tonalite.h"

#include <re.h>
#include <stdio.h>
#include <stdlib.h>

#define REGIONS "../../device-profiles/regions/"

static inline struct odict *region_read(const char *name)
{
	static char text[262144];
	struct odict *region = NULL;
	FILE *file = fopen(name, "r");
	size_t length = file ? fread(text, 1, sizeof(text), file) : 0;

	if (file)
		fclose(file);
	return json_decode_odict(&region, 64, text, length, 16) ? NULL : region;
}

static inline const struct odict *region_member(const struct odict *of, const char *key)
{
	const struct odict_entry *entry = of ? odict_lookup(of, key) : NULL;

	return entry && odict_type_iscontainer(entry->type) ? entry->u.odict : NULL;
}

static inline double region_number(const struct odict *of, const char *key, double absent)
{
	const struct odict_entry *entry = of ? odict_lookup(of, key) : NULL;

	return !entry ? absent : entry->type == ODICT_DOUBLE ? entry->u.dbl : (double)entry->u.integer;
}

/* As core/provisioning/sounds.ts makes it. */
static inline struct tn_tone region_tone(const struct odict *definition)
{
	struct tn_tone tone = { .size = sizeof(tone) };
	const struct odict *steps = region_member(definition, "steps"), *lead = region_member(definition, "lead");

	tone.repeat = (uint32_t)region_number(definition, "repeat", 0);
	tone.lead = (uint32_t)region_number(lead, "steps", 0);
	tone.lead_plays = (uint32_t)region_number(lead, "plays", 0);
	for (struct le *le = steps->lst.head; le && tone.segments < TN_TONE_SEGMENTS; le = le->next) {
		const struct odict *step = ((const struct odict_entry *)le->data)->u.odict;
		int32_t level = (int32_t)(region_number(step, "level", -13) * 10);
		uint32_t at = tone.segments++, k = 0;

		tone.segment[at].duration_ms = (uint32_t)region_number(step, "ms", 0);
		for (struct le *f = region_member(step, "frequencies")->lst.head; f && k < 4; f = f->next, k++) {
			uint32_t hertz = (uint32_t)((const struct odict_entry *)f->data)->u.integer;

			*(k < 2 ? &tone.segment[at].frequency[k] : &tone.more[at].frequency[k - 2]) = hertz;
			*(k < 2 ? &tone.segment[at].level[k] : &tone.more[at].level[k - 2]) = level;
		}
	}
	return tone;
}

#endif

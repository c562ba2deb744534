/* The virtual fax machine on a virtual telephone's plug: spandsp's (ITU-T T.30). */
#ifndef TN_LINE_SIM_FAX_H
#define TN_LINE_SIM_FAX_H

#include "engine.h"

#include <stddef.h>

struct sim_fax;

/* A machine that calls and sends the pages of a TIFF file, or answers and receives into one. NULL without memory. */
struct sim_fax *sim_fax_open(const char *path, bool sends);
void sim_fax_close(struct sim_fax *fax);
/* 20 ms: hears the line, and adds what it says itself. */
void sim_fax_exchange(struct sim_fax *fax, const int16_t *to_line, int16_t *from_line);
/* Writes what became of it as JSON members; "" for none. */
void sim_fax_report(const struct sim_fax *fax, char *json, size_t capacity);

#endif

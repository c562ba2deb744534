/* Listens for facsimile in one direction of a line: the tones of ITU-T T.30 §4 (calling 1100 Hz, answering 2100 Hz) and V.21
 * data with its flags and frames. */
#ifndef TN_DSP_FAX_EAR_H
#define TN_DSP_FAX_EAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fax_ear;

struct fax_ear_heard {
	bool calling, answering;       /* a tone has sounded long enough to be meant */
	bool preamble;                 /* flags of V.21, more in a row than chance brings */
	bool silent;
};

/* A frame with a right check sum came, from its address on; within fax_ear_hear. */
typedef void fax_ear_frame(void *argument, const uint8_t *frame, size_t length);

/* NULL without memory. */
struct fax_ear *fax_ear_open(fax_ear_frame *on_frame, void *argument);
void fax_ear_close(struct fax_ear *ear);
/* Takes one frame of sound; what was heard in it. */
struct fax_ear_heard fax_ear_hear(struct fax_ear *ear, const int16_t *audio);

#endif

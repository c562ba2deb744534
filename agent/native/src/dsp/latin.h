/* UTF-8 to the characters a telephone's display can be trusted with. */
#ifndef TN_DSP_LATIN_H
#define TN_DSP_LATIN_H

#include <stddef.h>

/* Folds `text` to printable ASCII: accented Latin letters lose their accents, anything else becomes '?'. EN 300 659-3 §4:
 * ITU-T T.50, where what lies beyond 7 bits is the network operator's own. Returns the length; always terminates. */
size_t latin_fold(char *out, size_t capacity, const char *text);

#endif

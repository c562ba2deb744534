/* The driver for real lines under Linux, built where the kernel interface's header is (Debian: dahdi-source). */
#ifndef TN_LINE_DAHDI_H
#define TN_LINE_DAHDI_H

#include "line/driver.h"

extern const struct line_driver line_driver_dahdi;

#endif

/* A serial port, or a pair of pipes in tests, which have no speed. Functions return 0 or an errno. */
#ifndef RECOVERY_PORT_H
#define RECOVERY_PORT_H

#include <stddef.h>
#include <stdint.h>

struct port {
	int in, out;
	/* told of each new speed; NULL on a board */
	void (*changed)(uint32_t baud);
};

int port_open(struct port *port, const char *path);
/* Bits per second, 8N1, nothing is translated; what was written before leaves at the old speed. */
int port_speed(const struct port *port, uint32_t baud);
int port_write(const struct port *port, const uint8_t *bytes, size_t length);
/* Returns the bytes that came within so many ms, at least one; 0 when none did; -1 when the port is gone. */
int port_read(const struct port *port, uint8_t *bytes, size_t most, int ms);

#endif

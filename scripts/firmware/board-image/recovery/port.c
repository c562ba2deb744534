#include "port.h"
/* Any speed at all, which <termios.h> has no word for; the two headers do not go together. */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

int port_open(struct port *port, const char *path)
{
	port->in = port->out = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return port->in < 0 ? errno : 0;
}

int port_speed(const struct port *port, uint32_t baud)
{
	struct termios2 settings;
	if (port->changed)
		port->changed(baud);
	if (ioctl(port->out, TCGETS2, &settings))
		return errno == ENOTTY || errno == EINVAL ? 0 : errno;
	settings.c_iflag = IGNBRK | IGNPAR;
	settings.c_oflag = 0;
	settings.c_lflag = 0;
	settings.c_cflag = CS8 | CREAD | CLOCAL | BOTHER;
	settings.c_ispeed = settings.c_ospeed = baud;
	settings.c_cc[VMIN] = 1;
	settings.c_cc[VTIME] = 0;
	return ioctl(port->out, TCSETSW2, &settings) ? errno : 0;
}

int port_write(const struct port *port, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t put = write(port->out, bytes, length);
		if (put < 0 && errno != EINTR)
			return errno;
		if (put < 0)
			continue;
		bytes += put;
		length -= (size_t)put;
	}
	return 0;
}

int port_read(const struct port *port, uint8_t *bytes, size_t most, int ms)
{
	struct pollfd ready = {.fd = port->in, .events = POLLIN};
	if (poll(&ready, 1, ms) <= 0)
		return 0;
	ssize_t got = read(port->in, bytes, most);
	return got > 0 ? (int)got : -1;
}

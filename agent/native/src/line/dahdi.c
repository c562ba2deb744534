/* Backend "dahdi": FXS ports of Linux's DAHDI drivers. Line n is DAHDI's channel n + 1, configured (fxoks) before we start.
 * The loop is looked at each 20 ms, which is too seldom for a rotary dial: pulses are the kernel's to count, and are played
 * back as breaks of the loop, so that the hook machine stays the one judge of every line. */
#ifdef TN_HAVE_DAHDI
#include "line/contact.h"
#include "line/dahdi.h"
#include "engine.h"

#include <dahdi/user.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEVICE "/dev/dahdi/channel"
#define CONTROL "/dev/dahdi/ctl"
#define FRAME_MS (TN_FRAME * 1000 / TN_RATE)
#define FRAME_BYTES (TN_FRAME * (int)sizeof(int16_t))
#define BUFFERS 8
#define STOCK 2                  /* frames: 40 ms */
#define BREAK_STEPS 5            /* open in so many looks on end: longer than any pulse (80 ms) */
#define LONG_STEPS 50            /* no break any more: on-hook */
#define PULSE_BREAK_MS 60
#define PULSE_MAKE_MS 40
#define TRANSFER_MS 6000         /* sound to a telephone on its hook: longer than any pause of a ring */
#define RING_MS 60000            /* the cadence is ours: to the kernel each ring is one long one */
#define EVENTS_MAX 16            /* taken in one step */
#define AGAIN_STEPS 50           /* a port that is gone is looked for each second */
/* The kernel counts any break up to 200 ms as a pulse, and tells it 250 ms after its end. */
#define MISTAKEN_STEPS 14

static struct port {
	int fd;
	struct contact contact;  /* the rotary dial */
	unsigned open;           /* looks on end that found the loop open, LONG_STEPS at most */
	unsigned owed;           /* of a break that is told late, its end has to be, too */
	unsigned mistaken;       /* steps in which the kernel may still tell of a flash as a pulse */
	int lost;                /* errno of a port that is gone, 0 while it is there */
	unsigned again;          /* steps until it is looked for again */
	unsigned rest;           /* steps without reading, so that a stock of frames builds up again */
} ports[TN_MAX_LINES] = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 } };

static int order(int fd, unsigned long what, int value)
{
	return ioctl(fd, what, &value) ? -errno : 0;
}

/* The kernel does not ring before it has a tone zone, whatever is in it. */
static int load_zone(int fd)
{
	static struct dahdi_tone_def_header zone = { .zone = 1, .ringcadence = { 1000, 4000 }, .name = "line" };
	int number = -1, control, result = 0;

	/* It names a zone even where none was loaded: only choosing it tells. */
	if (ioctl(fd, DAHDI_GETTONEZONE, &number) == 0 && number >= 0 && order(fd, DAHDI_SETTONEZONE, number) == 0)
		return 0;
	control = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (control < 0)
		return -errno;
	if (ioctl(control, DAHDI_LOADZONE, &zone) && errno != EBUSY) /* EBUSY: somebody loaded it before */
		result = -errno;
	close(control);
	return result ? result : order(fd, DAHDI_SETTONEZONE, zone.zone);
}

static int prepare_sound(int fd)
{
	struct dahdi_bufferinfo buffers = { .txbufpolicy = DAHDI_POLICY_IMMEDIATE, .rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
					    .numbufs = BUFFERS, .bufsize = TN_FRAME };
	struct dahdi_ring_cadence cadence = { .ringcadence = { RING_MS, RING_MS } };
	int result = ioctl(fd, DAHDI_SET_BUFINFO, &buffers) ? -errno : order(fd, DAHDI_SETLINEAR, 1);

	if (!result)
		result = load_zone(fd);
	if (!result && ioctl(fd, DAHDI_SETCADENCE, &cadence))
		result = -errno;
	return result;
}

static int open_port(struct port *port, int channel)
{
	struct dahdi_params params = { 0 };
	int result;

	port->fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (port->fd < 0)
		return -errno;
	result = order(port->fd, DAHDI_SPECIFY, channel);
	if (!result && ioctl(port->fd, DAHDI_GET_PARAMS, &params))
		result = -errno;
	if (!result && params.sigtype != DAHDI_SIG_FXOKS)
		result = -EMEDIUMTYPE; /* no port for a telephone */
	if (!result)
		result = prepare_sound(port->fd);
	contact_lift(&port->contact, true);
	port->open = LONG_STEPS;
	port->owed = port->mistaken = 0;
	port->lost = 0;
	port->again = AGAIN_STEPS;
	port->rest = STOCK;
	return result;
}

static void dahdi_close(void)
{
	for (int i = 0; i < TN_MAX_LINES; i++) {
		if (ports[i].fd >= 0)
			close(ports[i].fd);
		ports[i].fd = -1;
	}
}

static int dahdi_open(uint32_t lines)
{
	int result = 0;

	for (uint32_t i = 0; i < lines && !result; i++)
		result = open_port(&ports[i], (int)i + 1);
	if (result)
		dahdi_close();
	return result;
}

static void dial(struct contact *contact, char digit)
{
	if (digit < '0' || digit > '9' || contact->count == CONTACT_DIGITS_MAX)
		return;
	contact->break_ms = PULSE_BREAK_MS;
	contact->make_ms = PULSE_MAKE_MS;
	contact->digits[contact->count++] = digit;
}

/* Sound cannot be read while an event waits: all are taken. */
static void take_events(struct port *port)
{
	for (int i = 0; i < EVENTS_MAX; i++) {
		int event = 0;

		if (ioctl(port->fd, DAHDI_GETEVENT, &event) || event == DAHDI_EVENT_NONE)
			return;
		if (!(event & DAHDI_EVENT_PULSEDIGIT))
			continue;
		if (!port->mistaken || (event & 0xff) != '1')
			dial(&port->contact, (char)(event & 0xff));
		port->mistaken = 0;
	}
}

/* Whether the loop is open, pulses left out: a break is told when it is known to be longer than one, and so much later ends. */
static bool is_open(struct port *port)
{
	struct dahdi_params params = { 0 };

	port->lost = ioctl(port->fd, DAHDI_GET_PARAMS, &params) ? errno : 0;
	if (!port->lost && params.rxisoffhook) {
		if (port->open >= BREAK_STEPS)
			port->mistaken = MISTAKEN_STEPS;
		port->open = 0;
		port->owed -= port->owed > 0;
		return port->owed > 0;
	}
	port->open += port->open < LONG_STEPS;
	if (port->open == BREAK_STEPS)
		port->owed = BREAK_STEPS;
	if (port->open == LONG_STEPS)
		port->owed = 0;
	return port->open >= BREAK_STEPS;
}

/* Its module was loaded anew, or the board came back: the old file is dead for good. */
static void look_again(int line)
{
	struct port *port = &ports[line];
	int result;

	if (port->again-- > 0)
		return;
	if (port->fd >= 0)
		close(port->fd);
	result = open_port(port, line + 1);
	port->lost = -result;
	port->again = AGAIN_STEPS;
}

static uint32_t dahdi_loop(int line)
{
	struct port *port = &ports[line];
	uint32_t dialled;

	if (port->lost) {
		look_again(line);
		return 0;
	}
	take_events(port);
	port->mistaken -= port->mistaken > 0;
	dialled = contact_step(&port->contact, FRAME_MS);
	if (!is_open(port))
		return dialled;
	contact_lift(&port->contact, true); /* what was still to be dialled is not any more */
	return 0;
}

/* The board's clock and ours drift apart: a frame too many is dropped. One too few is silence, and more of it at once, so that
 * the next late frame finds a stock: one gap is heard, many would part a key into two. */
static void dahdi_exchange(int line, const int16_t *to_line, int16_t *from_line)
{
	int fd = ports[line].fd;
	ssize_t got;

	memset(from_line, 0, FRAME_BYTES);
	got = ports[line].rest ? 0 : read(fd, from_line, FRAME_BYTES);
	if (ports[line].rest)
		ports[line].rest--;
	else if (got <= 0)
		ports[line].rest = STOCK;
	if (got >= 0 && got < FRAME_BYTES)
		memset((char *)from_line + got, 0, (size_t)(FRAME_BYTES - got));
	(void)!write(fd, to_line, FRAME_BYTES);
}

static int dahdi_ring(int line, uint32_t frequency)
{
	int result = order(ports[line].fd, DAHDI_HOOK, frequency ? DAHDI_RING : DAHDI_RINGOFF);

	if (result == -EINPROGRESS) /* non-blocking, it is on its way: not an error */
		result = 0;
	/* Data in the pauses reaches the telephone only when asked for; not every board knows how. */
	if (!frequency)
		(void)order(ports[line].fd, DAHDI_ONHOOKTRANSFER, TRANSFER_MS);
	return result;
}

static int dahdi_reverse(int line, bool reversed)
{
	int result = order(ports[line].fd, DAHDI_SETPOLARITY, reversed);

	(void)order(ports[line].fd, DAHDI_ONHOOKTRANSFER, TRANSFER_MS);
	return result == -ENOTTY ? -ENOTSUP : result;
}

static int dahdi_lost(int line)
{
	return ports[line].lost;
}

const struct line_driver line_driver_dahdi = {
	.name = "dahdi",
	.open = dahdi_open,
	.close = dahdi_close,
	.exchange = dahdi_exchange,
	.ring = dahdi_ring,
	.reverse = dahdi_reverse,
	.loop = dahdi_loop,
	.lost = dahdi_lost,
};
#else
typedef int line_dahdi_is_not_built;
#endif

/* The driver of real lines against a stand-in for the kernel: what it asks of /dev/dahdi, and what it makes of the events.
 * The stand-in is a socket pair (sound) and a table (ioctl); its rules are those of dahdi-base.c that others fell over. */
#include "line_rig.h"

#ifdef TN_HAVE_DAHDI
#include <dahdi/user.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/socket.h>

static struct {
	int driver, telephone;    /* two ends of the sound */
	int sigtype, zone, loaded, ringing, rings, transfers, polarity;
	bool linear, has_polarity, off_hook, gone;
	int events[8];
	unsigned event_count;
} kernel;

int open(const char *path, int flags, ...)
{
	int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	int pair[2];

	if (strcmp(path, "/dev/dahdi/ctl") == 0)
		return dup(kernel.telephone);
	if (strcmp(path, "/dev/dahdi/channel"))
		return real(path, flags, 0600);
	if (kernel.gone) {
		errno = ENOENT;
		return -1;
	}
	if (kernel.driver >= 0) {
		errno = EBUSY;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair))
		return -1;
	kernel.telephone = pair[1];
	return kernel.driver = pair[0];
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

static int hook(int value)
{
	if (value == DAHDI_RING && kernel.zone < 0)
		return refuse(ENODATA);
	kernel.rings += value == DAHDI_RING;
	kernel.ringing = value == DAHDI_RING;
	return value == DAHDI_RING ? refuse(EINPROGRESS) : 0; /* as every non-blocking channel answers */
}

int ioctl(int fd, unsigned long what, ...)
{
	va_list list;
	void *argument;

	(void)fd;
	va_start(list, what);
	argument = va_arg(list, void *);
	va_end(list);
	switch (what) {
	case DAHDI_SPECIFY:
		return *(int *)argument == 1 ? 0 : refuse(ENXIO);
	case DAHDI_GET_PARAMS:
		if (kernel.gone)
			return refuse(ENODEV);
		((struct dahdi_params *)argument)->sigtype = kernel.sigtype;
		((struct dahdi_params *)argument)->rxisoffhook = kernel.off_hook;
		return 0;
	case DAHDI_SETLINEAR:
		kernel.linear = *(int *)argument != 0;
		return 0;
	case DAHDI_AUDIOMODE: /* a line is one already, and says so like this */
		return refuse(EINVAL);
	case DAHDI_LOADZONE:
		kernel.loaded = ((struct dahdi_tone_def_header *)argument)->zone;
		return 0;
	case DAHDI_GETTONEZONE: /* the default's number, loaded or not */
		*(int *)argument = 0;
		return 0;
	case DAHDI_SETTONEZONE:
		if (*(int *)argument != kernel.loaded)
			return refuse(ENODATA);
		kernel.zone = *(int *)argument;
		return 0;
	case DAHDI_HOOK:
		return hook(*(int *)argument);
	case DAHDI_ONHOOKTRANSFER:
		kernel.transfers++;
		return 0;
	case DAHDI_SETPOLARITY:
		if (!kernel.has_polarity)
			return refuse(ENOTTY);
		kernel.polarity = *(int *)argument;
		return 0;
	case DAHDI_GETEVENT:
		*(int *)argument = DAHDI_EVENT_NONE;
		if (kernel.event_count) {
			*(int *)argument = kernel.events[0];
			memmove(kernel.events, kernel.events + 1, --kernel.event_count * sizeof(int));
		}
		return 0;
	default:
		return 0;
	}
}

static void tell(int event)
{
	kernel.events[kernel.event_count++] = event;
}

/* The loop opens for `ms` and stays closed until the kernel would tell of a pulse. */
static void break_loop(unsigned ms)
{
	kernel.off_hook = false;
	rig_run(ms);
	kernel.off_hook = true;
	rig_run(240);
}

static int open_engine(uint32_t lines)
{
	struct tn_config config = { .size = sizeof(config), .lines = lines, .backend = "dahdi" };

	kernel.driver = kernel.telephone = -1;
	kernel.zone = kernel.loaded = -1;
	return tn_open(&config, &rig_fd);
}

static void refuses_what_is_no_telephone_port(void)
{
	kernel.sigtype = DAHDI_SIG_FXSKS;
	CHECK_INT(open_engine(1), -EMEDIUMTYPE);
	kernel.sigtype = DAHDI_SIG_FXOKS;
	CHECK_INT(open_engine(2), -EBUSY); /* a channel that another program has */
}

static void tells_the_hook(void)
{
	struct tn_line_setup setup = { .size = sizeof(setup), .flash_min_ms = 80, .flash_max_ms = 500, .offhook_ms = 40,
				       .pulse_break_min_ms = 40, .pulse_break_max_ms = 79, .pulse_make_min_ms = 20,
				       .pulse_gap_ms = 200 };

	CHECK_INT(open_engine(1), 0);
	CHECK(kernel.linear);
	CHECK_INT(kernel.zone, 1);
	CHECK_INT(tn_line_setup(0, &setup), 0);
	kernel.off_hook = true;
	tell(DAHDI_EVENT_RINGOFFHOOK);
	rig_run(60);
	CHECK_INT(rig_count("\"offHook\":true"), 1);
	break_loop(80); /* a pulse: the kernel's matter */
	break_loop(100);
	tell(DAHDI_EVENT_PULSEDIGIT | '1'); /* the same break, as the kernel takes it */
	rig_run(600);
	CHECK_INT(rig_count("\"event\":\"flash\",\"line\":0,\"ms\":100"), 1);
	CHECK_INT(rig_count("\"event\":\"digit\""), 0);
	break_loop(500);
	rig_run(200);
	CHECK_INT(rig_count("\"event\":\"flash\",\"line\":0,\"ms\":500"), 1);
	CHECK_INT(rig_count("\"event\":\"flash\""), 2);
	tell(DAHDI_EVENT_PULSEDIGIT | '1');
	tell(DAHDI_EVENT_PULSEDIGIT | '3');
	tell(DAHDI_EVENT_PULSEDIGIT | '0');
	rig_run(5000);
	CHECK_INT(rig_count("\"digit\":\"1\""), 1);
	CHECK_INT(rig_count("\"digit\":\"3\""), 1);
	CHECK_INT(rig_count("\"digit\":\"0\""), 1);
	kernel.off_hook = false;
	rig_run(580);
	CHECK_INT(rig_count("\"offHook\":false"), 0); /* may still become a flash */
	rig_run(40);
	CHECK_INT(rig_count("\"offHook\":false"), 1);
	CHECK_INT(rig_count("\"event\":\"hook\""), 2);
	CHECK_INT(tn_sim_hook(0, 1), -ENOTSUP); /* a real telephone: use your hands */
}

static void rings(void)
{
	struct tn_ring ring = { .size = sizeof(ring), .frequency = 50, .phases = 2, .phase_ms = { 1500, 3500 } };

	rig_clear_events();
	CHECK_INT(tn_line_ring(0, &ring), 0);
	rig_run(1000);
	CHECK_INT(kernel.ringing, 1);
	rig_run(1000);
	CHECK_INT(kernel.ringing, 0);
	CHECK(kernel.transfers > 0); /* the pause carries caller identification */
	rig_run(4000);
	CHECK_INT(kernel.rings, 2);
	CHECK_INT(rig_count("\"event\":\"fault\""), 0);
	CHECK_INT(tn_line_ring(0, NULL), 0);
	CHECK_INT(kernel.ringing, 0);
	CHECK_INT(tn_line_polarity(0, 1), -ENOTSUP);
	CHECK_INT(tn_line_polarity(0, 0), 0);
	kernel.has_polarity = true;
	CHECK_INT(tn_line_polarity(0, 1), 0);
	CHECK_INT(kernel.polarity, 1);
	CHECK_INT(tn_line_meter(0, 12000, 100), -EBUSY);
}

static void carries_sound(void)
{
	struct tn_tone tone = { .size = sizeof(tone), .segments = 1, .segment = { { .frequency = { 440 }, .level = { -130 } } } };
	int16_t frame[TN_FRAME], talk[TN_FRAME], heard[TN_FRAME];
	int loud = 0;

	kernel.off_hook = true;
	rig_run(100);
	while (read(kernel.telephone, frame, sizeof(frame)) > 0)
		;
	CHECK_INT(tn_line_tone(0, &tone), 0);
	for (int i = 0; i < TN_FRAME; i++)
		talk[i] = (int16_t)(6000 * sin(2 * M_PI * 500 * i / TN_RATE));
	for (int i = 0; i < 4; i++)
		CHECK_INT(write(kernel.telephone, talk, sizeof(talk)), (int)sizeof(talk));
	rig_run_with(60, NULL, heard); /* at rest after the silence before */
	rig_run_with(20, NULL, heard);
	CHECK(memcmp(heard, talk, sizeof(talk)) == 0);
	CHECK_INT(read(kernel.telephone, frame, sizeof(frame)), (int)sizeof(frame));
	for (int i = 0; i < TN_FRAME; i++)
		loud = abs(frame[i]) > loud ? abs(frame[i]) : loud;
	CHECK(loud > 4000);
	rig_run(200);
	rig_run_with(20, NULL, heard); /* nothing came: silence */
	for (int i = 0; i < TN_FRAME; i++)
		CHECK_INT(heard[i], 0);
	rig_run(2000); /* nobody reads: frames are dropped, the line goes on */
	CHECK_INT(rig_count("\"event\":\"fault\""), 0);
}

/* The board's module is unloaded in a call, and comes back. */
static void loses_its_port(void)
{
	rig_clear_events();
	CHECK_INT(tn_line_off_hook(0), 1);
	kernel.gone = true;
	rig_run(1000);
	CHECK_INT(rig_count("\"event\":\"port\",\"line\":0,\"usable\":false,\"code\":19"), 1);
	CHECK_INT(rig_count("\"offHook\":false"), 1);
	rig_run(60000);
	CHECK_INT(rig_count("\"reason\":\"No such file or directory\""), 1); /* another reason is told, each once */
	CHECK_INT(rig_count("\"event\":\"port\""), 2);
	kernel.gone = false;
	kernel.driver = -1;
	rig_run(1200);
	CHECK_INT(rig_count("\"event\":\"port\",\"line\":0,\"usable\":true"), 1);
	CHECK_INT(rig_count("\"offHook\":true"), 1); /* the handset is still off */
}

int main(void)
{
	refuses_what_is_no_telephone_port();
	tells_the_hook();
	rings();
	carries_sound();
	loses_its_port();
	rig_close();
	return check_summary("line_dahdi");
}
#else
int main(void)
{
	puts("line_dahdi: not built: dahdi/user.h (Debian: dahdi-source) is not installed");
	return 0;
}
#endif

#include "stream-fax.h"

#include "account.h"
#include "command.h"
#include "dsp/answer-tone.h"
#include "dsp/fax-ear.h"
#include "fax-relay.h"
#include "media.h"
#include "stream-state.h"
#include "t30-watch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MS 20
/* Machines pause for seconds (T.30 timer T4: 3 s, up to 4.5 s with a person at it), talk does not. */
#define SILENCE_STEPS (6000 / STEP_MS)
#define QUIET_MS 60000            /* in T.38: T1 and T2 of both machines have run out long ago */
#define GOODBYE_STEPS (1500 / STEP_MS) /* the relay plays its last frame out */

struct stream_fax {
	struct stream *stream;
	struct fax_ear *phone, *far;   /* NULL: nothing is listened for */
	struct fax_relay *relay;       /* NULL: sound */
	struct t30_watch watch;
	uint32_t mode, max_rate;       /* enum tn_fax; bit/s */
	bool no_ecm, data, relayed, told_over;
	unsigned low_depth, high_depth;
	unsigned silent_steps, over_steps;
	struct answer_tone answer[2];  /* by FAX_SIGN_PHONE and FAX_SIGN_FAR, as what follows */
	bool calls[2];                 /* a machine's calling tone came from there */
	bool told[2];                  /* FAX_SIGN_PHONE and FAX_SIGN_FAR, of this preamble */
};

static void tell(const struct stream_fax *fax, const char *state, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void tell(const struct stream_fax *fax, const char *state, const char *format, ...)
{
	char more[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(more, sizeof(more), format, arguments);
	va_end(arguments);
	tn_emit("\"event\":\"fax\",\"line\":%d,\"call\":%d,\"state\":\"%s\"%s", fax->stream->line, fax->stream->call, state, more);
}

static void sign(const struct stream_fax *fax, enum fax_sign what)
{
	struct command command = { .kind = COMMAND_FAX, .line = fax->stream->line, .call = fax->stream->call, .code = (int)what };

	(void)command_post(&command);
}

static void tell_end(struct stream_fax *fax)
{
	struct fax_relay_figures figures = { 0 };

	if (!fax->watch.began)
		return;
	if (fax->relay)
		figures = fax_relay_figures(fax->relay);
	tell(fax, "ended",
	     ",\"mode\":\"%s\",\"pages\":%u,\"rate\":%u,\"ecm\":%s,\"complete\":%s,\"txPackets\":%u,\"rxPackets\":%u,\"repaired\":%u,"
	     "\"lost\":%u",
	     fax->relayed ? "T.38" : "G.711", fax->watch.pages, fax->watch.rate, fax->watch.ecm ? "true" : "false",
	     t30_watch_complete(&fax->watch) ? "true" : "false", figures.sent, figures.received, figures.repaired, figures.lost);
	fax->watch = (struct t30_watch){ .began = false };
	fax->relayed = false;
}

static void set_data(struct stream_fax *fax, bool on)
{
	if (fax->data == on)
		return;
	fax->data = on;
	fax->silent_steps = 0;
	tn_line_data(fax->stream->line, on);
	jitter_hold_still(&fax->stream->jitter, on);
}

static void on_frame(void *argument, const uint8_t *frame, size_t length)
{
	struct stream_fax *fax = argument;

	switch (t30_watch_frame(&fax->watch, frame, length, tn_monotonic_us() / 1000)) {
	case T30_NOTE_BEGAN:
		tell(fax, "began", "%s", "");
		break;
	case T30_NOTE_PAGE:
		tell(fax, "page", ",\"pages\":%u,\"more\":%s", fax->watch.pages, fax->watch.more ? "true" : "false");
		break;
	case T30_NOTE_OVER:
		fax->over_steps = GOODBYE_STEPS;
		break;
	case T30_NOTE_NONE:
		break;
	}
}

struct stream_fax *stream_fax_open(struct stream *stream)
{
	struct stream_fax *fax = calloc(1, sizeof(*fax));

	if (!fax)
		return NULL;
	fax->stream = stream;
	fax->phone = fax_ear_open(on_frame, fax);
	fax->far = fax_ear_open(on_frame, fax);
	if (fax->phone && fax->far)
		return fax;
	stream_fax_close(fax);
	return NULL;
}

void stream_fax_close(struct stream_fax *fax)
{
	if (!fax)
		return;
	tell_end(fax);
	set_data(fax, false);
	mem_deref(fax->relay);
	fax_ear_close(fax->phone);
	fax_ear_close(fax->far);
	free(fax);
}

struct setting_up {
	struct stream_fax *fax;
	const struct account *account;
};

static void run_set_up(void *argument)
{
	struct setting_up *setting = argument;
	struct stream_fax *fax = setting->fax;

	fax->mode = setting->account->fax;
	fax->max_rate = setting->account->fax_max_rate;
	fax->no_ecm = setting->account->fax_no_ecm;
	fax->low_depth = setting->account->fax_low_redundancy;
	fax->high_depth = setting->account->fax_high_redundancy;
	if (fax->mode == TN_FAX_ALWAYS)
		set_data(fax, true);
}

void stream_fax_set_up(struct stream *stream, const struct account *account)
{
	struct setting_up setting = { stream->fax, account };

	if (stream->fax)
		media_run(run_set_up, &setting);
}

/* ---- T.38 ---- */

static void on_datagram(void *argument, const uint8_t *datagram, size_t length)
{
	struct stream_fax *fax = argument;
	struct stream *stream = fax->stream;
	struct mbuf *packet = mbuf_alloc(length);

	if (packet && !mbuf_write_mem(packet, datagram, length)) {
		packet->pos = 0;
		(void)udp_send(rtp_sock(stream->rtp), latch_peer(&stream->latch), packet);
	}
	mem_deref(packet);
}

int stream_fax_apply(struct stream *stream, const struct stream_terms *terms)
{
	struct stream_fax *fax = stream->fax;
	struct fax_relay_setup setup = { .terms = terms->t38, .send = on_datagram, .frame = on_frame, .argument = fax };

	if (terms->image && !fax)
		return ENOMEM;
	if (!fax || terms->image == (fax->relay != NULL))
		return 0;
	if (!terms->image) {
		tell_end(fax);
		fax->relay = mem_deref(fax->relay);
		return 0;
	}
	setup.max_rate = fax->max_rate;
	setup.no_ecm = fax->no_ecm;
	setup.low_depth = fax->low_depth;
	setup.high_depth = fax->high_depth;
	fax->relay = fax_relay_alloc(&setup);
	if (!fax->relay)
		return ENOMEM;
	set_data(fax, true);
	fax->relayed = true;
	fax->told_over = false;
	return 0;
}

bool stream_fax_relays(const struct stream *stream)
{
	return stream->fax && stream->fax->relay;
}

void stream_fax_receive(struct stream *stream, struct mbuf *datagram)
{
	fax_relay_receive(stream->fax->relay, mbuf_buf(datagram), mbuf_get_left(datagram));
}

void stream_fax_speak(struct stream *stream, int16_t to_phone[TN_FRAME])
{
	fax_relay_speak(stream->fax->relay, to_phone);
}

static void step_relay(struct stream_fax *fax, const int16_t *from_phone)
{
	fax_relay_hear(fax->relay, from_phone);
	if (fax->over_steps && --fax->over_steps)
		return;
	if (!fax->told_over && (fax->watch.over || fax_relay_figures(fax->relay).quiet_ms > QUIET_MS)) {
		fax->told_over = true;
		sign(fax, FAX_SIGN_OVER);
	}
}

/* ---- sound ---- */

static void tell_preamble(struct stream_fax *fax, enum fax_sign from, bool heard)
{
	if (heard && !fax->told[from])
		sign(fax, from);
	fax->told[from] = fax->told[from] || heard;
}

static void step_sound(struct stream_fax *fax, const int16_t *to_phone, const int16_t *from_phone)
{
	struct fax_ear_heard phone = fax_ear_hear(fax->phone, from_phone), far = fax_ear_hear(fax->far, to_phone);

	if (fax->mode == TN_FAX_OFF)
		return;
	fax->calls[FAX_SIGN_PHONE] = fax->calls[FAX_SIGN_PHONE] || phone.calling;
	fax->calls[FAX_SIGN_FAR] = fax->calls[FAX_SIGN_FAR] || far.calling;
	tell_preamble(fax, FAX_SIGN_PHONE, phone.preamble);
	tell_preamble(fax, FAX_SIGN_FAR, far.preamble);
	if (phone.calling || phone.answering || far.calling || far.answering || phone.preamble || far.preamble)
		set_data(fax, true);
	fax->silent_steps = phone.silent && far.silent ? fax->silent_steps + 1 : 0;
	if (fax->over_steps && !--fax->over_steps)
		tell_end(fax);
	if (fax->silent_steps != SILENCE_STEPS || fax->mode == TN_FAX_ALWAYS)
		return;
	tell_end(fax);
	set_data(fax, false);
	memset(fax->told, 0, sizeof(fax->told));
	memset(fax->calls, 0, sizeof(fax->calls));
}

void stream_fax_hear(struct stream *stream, const int16_t *to_phone, const int16_t *from_phone, bool alone)
{
	if (!stream->fax)
		return;
	if (stream->fax->relay)
		step_relay(stream->fax, from_phone);
	else if (alone)
		step_sound(stream->fax, to_phone, from_phone);
}

void stream_fax_plain(struct stream *stream, enum fax_sign from, int16_t audio[TN_FRAME])
{
	struct stream_fax *fax = stream->fax;
	bool wanted = fax && !fax->relay && (fax->mode == TN_FAX_T38 || fax->mode == TN_FAX_PASS_THROUGH);

	if (wanted && fax->calls[from == FAX_SIGN_PHONE ? FAX_SIGN_FAR : FAX_SIGN_PHONE])
		answer_tone_flatten(&fax->answer[from], audio);
}

bool stream_fax_is_data(const struct stream *stream)
{
	return stream->fax && stream->fax->data;
}

#include "stream-state.h"

#include "command.h"

#include <string.h>

struct stream *streams[TN_MAX_LINES][TN_LINE_PLACES];
bool conferring[TN_MAX_LINES];

static void send_packet(struct stream *stream, uint8_t payload_type, bool marker, uint32_t timestamp)
{
	stream->packet->pos = RTP_HEADER_SIZE;
	if (!rtp_send(stream->rtp, latch_peer(&stream->latch), false, marker, payload_type, timestamp, stream->packet))
		stream->tx_packets++;
}

static void send_audio(struct stream *stream, const int16_t *samples)
{
	stream->packet->end = RTP_HEADER_SIZE +
			      codec_encode(stream->codec, stream->terms.codec, samples, stream->packet->buf + RTP_HEADER_SIZE);
	send_packet(stream, (uint8_t)stream->terms.send_type, stream->marker, stream->timestamp);
	stream->marker = false;
}

/* True while a digit is sent as an event: the same digit in the sound is left out. */
static bool send_event(struct stream *stream)
{
	uint8_t payload[TELEPHONE_EVENT_BYTES];
	bool marker;
	int copies = telephone_event_payload(&stream->sender, stream->timestamp + TN_FRAME, payload, &marker);

	for (int i = 0; i < copies; i++) {
		memcpy(stream->packet->buf + RTP_HEADER_SIZE, payload, sizeof(payload));
		stream->packet->end = RTP_HEADER_SIZE + sizeof(payload);
		send_packet(stream, (uint8_t)stream->terms.event_send, marker, stream->sender.start);
		stream->marker = true; /* sound begins a new talkspurt after it */
	}
	return copies > 0;
}

static void add(int16_t *sum, const int16_t *samples)
{
	for (int i = 0; i < TN_FRAME; i++) {
		int32_t value = sum[i] + samples[i];

		sum[i] = (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
	}
}

/* True while silence is told, or was: nothing else is sent then. The next sound begins a talkspurt (RFC 3551 §4.1). */
static bool send_silence(struct stream *stream, const int16_t *samples)
{
	enum comfort_word word;
	uint8_t level;

	if (!stream->terms.comfort || stream_fax_is_data(stream))
		return false;
	word = comfort_judge(&stream->silence, samples, &level);
	if (word == COMFORT_SOUND)
		return false;
	if (word == COMFORT_LEVEL) {
		stream->packet->buf[RTP_HEADER_SIZE] = level;
		stream->packet->end = RTP_HEADER_SIZE + 1;
		send_packet(stream, COMFORT_TYPE, false, stream->timestamp);
	}
	stream->marker = true;
	return true;
}

/* One frame to the far end: our telephone, in a conference with the other far ends; silence while on hold. */
static void send_frame(struct stream *stream, const int16_t *samples)
{
	static const int16_t silence[TN_FRAME];

	if (!stream->terms.send || stream_fax_relays(stream))
		stream->marker = true;
	else if (stream->holding || stream->pressed)
		send_audio(stream, silence);
	else if (!send_event(stream) && !send_silence(stream, samples))
		send_audio(stream, samples);
	stream->timestamp += TN_FRAME;
}

/* 20 ms of the far end; false when there is nothing of it. */
static bool receive_frame(struct stream *stream, int16_t sound[TN_FRAME])
{
	if (!stream->running)
		return false;
	if (!stream_fax_relays(stream))
		return jitter_get(&stream->jitter, sound) && !stream->holding;
	stream_fax_speak(stream, sound);
	return true;
}

static bool is_alone(int line)
{
	int count = 0;

	for (int i = 0; i < TN_LINE_CALLS; i++)
		count += streams[line][i] && streams[line][i]->running;
	return count == 1;
}

void stream_step(int line)
{
	int16_t sound[TN_LINE_PLACES][TN_FRAME], to_phone[TN_FRAME] = { 0 }, from_phone[TN_FRAME];
	bool heard[TN_LINE_PLACES] = { false }, any = false;

	for (int i = 0; i < TN_LINE_PLACES; i++) {
		struct stream *stream = streams[line][i];

		heard[i] = stream && receive_frame(stream, sound[i]);
		if (stream && stream->probe.on) {
			echo_probe_hear(&stream->probe, heard[i] ? sound[i] : NULL);
			heard[i] = false;
		}
		if (!heard[i])
			continue;
		stream_fax_plain(stream, FAX_SIGN_FAR, sound[i]);
		add(to_phone, sound[i]);
		any = true;
	}
	tn_line_exchange(line, any ? to_phone : NULL, from_phone);
	for (int i = 0; i < TN_LINE_PLACES; i++) {
		struct stream *stream = streams[line][i];
		int16_t mixed[TN_FRAME];

		if (!stream || !stream->running)
			continue;
		stream_fax_hear(stream, to_phone, from_phone, is_alone(line));
		memcpy(mixed, from_phone, sizeof(mixed));
		stream_fax_plain(stream, FAX_SIGN_PHONE, mixed);
		if (stream->probe.on)
			echo_probe_send(&stream->probe, mixed);
		for (int other = 0; conferring[line] && other < TN_LINE_PLACES; other++)
			if (other != i && heard[other])
				add(mixed, sound[other]);
		send_frame(stream, mixed);
	}
}

bool streams_sound(int line)
{
	for (int i = 0; i < TN_LINE_PLACES; i++)
		if (streams[line][i] && streams[line][i]->running && !streams[line][i]->probe.on)
			return true;
	return false;
}

void streams_skip(uint64_t steps)
{
	for (int i = 0; i < TN_MAX_LINES * TN_LINE_PLACES; i++)
		if (streams[i / TN_LINE_PLACES][i % TN_LINE_PLACES])
			streams[i / TN_LINE_PLACES][i % TN_LINE_PLACES]->timestamp += (uint32_t)steps * TN_FRAME;
}

/* Told to the SIP thread once, when the key is let go. */
static void inform(struct stream *stream, char digit, bool on)
{
	struct command command = { .kind = COMMAND_DIGIT, .line = stream->line, .call = stream->call, .text = { digit } };

	stream->pressed = on;
	if (!on)
		(void)command_post(&command);
}

static void signal_digit(struct stream *stream, char digit, int code, bool on)
{
	if (!stream || !stream->running || stream->holding || stream_fax_is_data(stream))
		return;
	if (stream->terms.info)
		inform(stream, digit, on);
	if (stream->terms.event_send < 0)
		return;
	if (on)
		telephone_event_begin(&stream->sender, code, stream->timestamp);
	else
		telephone_event_finish(&stream->sender);
}

void tn_voice_digit(int line, char digit, int on)
{
	int code = telephone_event_code(digit);

	for (int i = 0; code >= 0 && line >= 0 && line < TN_MAX_LINES && i < TN_LINE_PLACES; i++)
		signal_digit(streams[line][i], digit, code, on);
}

/* The "call" events of tonalite.h. */
#include "call-state.h"
#include "quality.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ESCAPED(bytes) (6 * (bytes) + 1)

static void escape(char *out, size_t capacity, const char *text)
{
	tn_json_escape(out, capacity, text, strlen(text));
}

void call_tell(const struct call *call, const char *state, const char *format, ...)
{
	char number[ESCAPED(sizeof(call->number))], name[ESCAPED(sizeof(call->name))];
	char sip_call_id[ESCAPED(sizeof(call->sip_call_id))], more[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(more, sizeof(more), format, arguments);
	va_end(arguments);
	escape(number, sizeof(number), call->number);
	escape(name, sizeof(name), call->name);
	escape(sip_call_id, sizeof(sip_call_id), call->sip_call_id);
	tn_emit("\"event\":\"call\",\"line\":%d,\"call\":%d,\"direction\":\"%s\",\"state\":\"%s\",\"number\":\"%s\","
		"\"name\":\"%s\",\"sipCallId\":\"%s\"%s",
		call->line, call->handle, call->outgoing ? "out" : "in", state, number, name, sip_call_id, more);
}

static unsigned known(uint8_t value)
{
	return value == VOIP_METRICS_UNKNOWN ? 0 : value;
}

void call_tell_ended(const struct call *call, const char *by, int code, const char *reason, const char *reason_header,
		     const struct stream_statistics *statistics)
{
	const struct voip_metrics *far = &statistics->far;
	struct quality quality = { 0, 0 };
	char phrase[ESCAPED(128)], header[ESCAPED(256)], redirected[ESCAPED(sizeof(call->redirected_to))];

	if (call->answer_us && statistics->rx_packets)
		quality = quality_of(call->terms.codec, statistics->delay_ms, stream_lost(statistics),
				     statistics->rx_packets + (uint32_t)statistics->rx_lost);
	escape(phrase, sizeof(phrase), reason);
	escape(header, sizeof(header), reason_header);
	escape(redirected, sizeof(redirected), call->redirected_to);
	call_tell(call, "ended",
		  ",\"by\":\"%s\",\"code\":%d,\"reason\":\"%s\",\"reasonHeader\":\"%s\",\"redirectedTo\":\"%s\",\"codec\":\"%s\",\"security\":\"%s\",\"startUs\":%" PRIu64
		  ",\"answerUs\":%" PRIu64 ",\"endUs\":%" PRIu64
		  ",\"txPackets\":%u,\"rxPackets\":%u,\"rxLost\":%d,\"rxJitterUs\":%u,\"txLost\":%d,\"txJitterUs\":%u,"
		  "\"rttUs\":%u,\"reports\":%u,\"late\":%u,\"underruns\":%u,\"delayMs\":%u,\"rFactor\":%u,\"mos\":%u,\"bursts\":%u,\"burstPackets\":%u,\"burstLost\":%u,\"farRFactor\":%u,\"farMos\":%u,"
		  "\"farDiscarded\":%u,\"farDelayMs\":%u,\"probesSent\":%u,\"probesHeard\":%u,\"probeDelayMs\":%u",
		  by, code, phrase, header, redirected, codec_facts(call->terms.codec)->name,
		  call->terms.secure ? "SRTP" : "", call->start_us, call->answer_us,
		  call->end_us, statistics->tx_packets, statistics->rx_packets, statistics->rx_lost,
		  statistics->rx_jitter_us, statistics->tx_lost, statistics->tx_jitter_us, statistics->rtt_us,
		  statistics->reports, statistics->late, statistics->underruns, statistics->delay_ms,
		  quality.r_factor, quality.mos, statistics->bursts, statistics->burst_packets, statistics->burst_lost,
		  statistics->has_far ? known(far->r_factor) : 0, statistics->has_far ? 10 * known(far->mos_conversational) : 0,
		  statistics->has_far ? far->discard * 100u / 256 : 0, statistics->has_far ? far->end_system_ms : 0u,
		  statistics->probes_sent, statistics->probes_heard, statistics->probe_delay_ms);
}

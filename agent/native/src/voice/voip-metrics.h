/* The VoIP metrics block of RTCP extended reports (RFC 3611 §4.7): how a call sounds at one end of it. Pure. */
#ifndef TN_VOICE_VOIP_METRICS_H
#define TN_VOICE_VOIP_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VOIP_METRICS_BYTES 44     /* an XR packet with this block alone */
#define VOIP_METRICS_UNKNOWN 127

/* Rates and densities in 256ths, times in milliseconds, MOS in tenths; R and MOS may be VOIP_METRICS_UNKNOWN. */
struct voip_metrics {
	uint32_t source;               /* SSRC of whose sound it is about */
	uint8_t loss, discard, burst_density, gap_density;
	uint16_t burst_ms, gap_ms, round_trip_ms, end_system_ms;
	uint8_t r_factor, mos_listening, mos_conversational;
	uint16_t buffer_nominal_ms, buffer_maximum_ms, buffer_limit_ms;
};

void voip_metrics_write(const struct voip_metrics *metrics, uint32_t sender, uint8_t packet[VOIP_METRICS_BYTES]);
/* Looks in a compound packet for what the far end says about the sound of `source`; false without it. What cannot be (RFC 3611
 * §4.7.4, §4.7.5) reads as unknown. */
bool voip_metrics_read(struct voip_metrics *metrics, uint32_t source, const uint8_t *packet, size_t length);

#endif

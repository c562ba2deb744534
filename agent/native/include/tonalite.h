/*
 * libtonalite: the voice engine of an analog telephone adapter, as a flat C ABI.
 *
 * Threads: every call below may come from any thread and returns at once; the work happens on the engine's own
 * threads (line clock, SIP, RTP). No call takes a callback: what happens is told as JSON lines on the event socket.
 *
 * Conventions
 *  - Results are 0 (or a positive value where said) or a negative errno.
 *  - Every struct starts with `size` = sizeof of the struct the caller was built with; a smaller (older) struct is
 *    accepted and its missing fields are 0. All fields are 4-byte aligned, without padding, little-endian on the wire
 *    of the FFI (host order on every board we build for). Text is UTF-8, NUL-terminated within its array.
 *  - Lines are numbered from 0. A call handle is > 0 and never reused within a process.
 *  - Levels are in tenths of dBm0, times in milliseconds, frequencies in hertz, unless a name says otherwise.
 *
 * Events: one JSON object a line: {"seq":N,"t":MICROSECONDS,"dropped":N,"event":"…",…}
 *  `seq` counts from 1 without holes in what was sent; `t` is CLOCK_MONOTONIC; `dropped` is how many events were lost
 *  since open because the reader was too slow (the socket's buffer was full).
 *   hook          line, offHook
 *   flash         line, ms                                  (hook flash within the window of tn_line_setup)
 *   digit         line, digit ("0-9*#A-D")                  (DTMF, at its end; or dialled by pulses)
 *   ring          line, count                               (a ring of the cadence began; 1 = first)
 *   callerId      line                                      (caller identification was sent to the telephone)
 *   lamp          line                                      (the lamp's message was sent to the telephone)
 *   tone          line, state:"ended"                       (a tone with `repeat` > 0 has played out)
 *   registration  line, state:"registering"|"registered"|"failed"|"unregistered", code, reason, expires, proxy
 *                 (code: SIP status or 0; reason: phrase or transport error; proxy: the URI it went to)
 *   call          line, call, direction:"out"|"in", state, number, name, sipCallId, + per state:
 *                   replacing {replaces: the call whose place it takes (RFC 3891); that one ends next};
 *                   incoming {alert: Alert-Info or ""}; calling; ringing {code}; early {code}; established {codec, setupMs}; held; resumed (by the far
 *                   end); holding; retrieved (by us);
 *                   transfer {code, final} (how far the far end got with what it was referred to; code: SIP status);
 *                   ended {by:"local"|"remote"|"error", code, reason, reasonHeader, redirectedTo (the number of a 3xx,
 *                     which is not followed), codec, security:""|"SRTP", startUs,
 *                     answerUs (0: never), endUs (CLOCK_MONOTONIC), txPackets, rxPackets, rxLost, rxJitterUs, txLost,
 *                     txJitterUs, rttUs, reports (RTCP reports of the far end about us: 0 leaves the tx figures unknown),
 *                     late, underruns, delayMs (mouth to ear, one way: ours, and half
 *                     the round trip), rFactor, mos (hundredths; ITU-T G.107 for what the telephone heard; 0: never answered), bursts (RFC 3611 §4.7.2: of loss,
 *                     burstPackets long together, burstLost of those lost), farRFactor, farMos, farDiscarded (percent), farDelayMs
 *                     (what the far end says by RTCP XR of how it hears us; all 0: nothing),
 *                     probesSent, probesHeard, probeDelayMs (of a call that is a test: bursts, those whose echo came within
 *                     their second, and after how long on average)}
 *   subscription  line, state:"active"|"failed", code, reason   (of the account's messages_s; code: SIP status or 0)
 *   messages      line, waiting, new, old                   (the provider's voice mail, RFC 3842)
 *   fax           line, call, state, + per state (facsimile in the sound of a call, or instead of it):
 *                   began (a frame of ITU-T T.30 was seen: this is a fax);
 *                   relay (T.38 has the place of sound); sound (it has it no longer);
 *                   passThrough {why:"profile"|"secure"|"refused", code} (it stays in the sound; code: SIP status of a refusal);
 *                   page {pages, more} (so many were confirmed by their receiver; whether another one follows);
 *                   ended {mode:"T.38"|"G.711", pages, rate, ecm, complete (all pages confirmed, as far as anybody on the
 *                     way can know), txPackets, rxPackets, repaired, lost (of T.38)}
 *   remoteDigit   line, call, digit                         (RFC 4733 event from the far end)
 *   port          line, usable, code (errno), reason          (the telephone's port was lost, or is back)
 *   fault         line (or -1), code (errno), message
 */
#ifndef TONALITE_H
#define TONALITE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TN_ABI_VERSION 1u
#define TN_EXPORT __attribute__((visibility("default")))

#define TN_MAX_LINES 4
#define TN_LINE_CALLS 2      /**< calls a line can have at once */
#define TN_TONE_SEGMENTS 8
#define TN_RING_PHASES 8

/** Engine settings, read once by tn_open. */
struct tn_config {
	uint32_t size;
	uint32_t lines;          /**< 1 … TN_MAX_LINES */
	uint32_t sip_port;       /**< local SIP port; 0 lets the kernel choose */
	uint32_t rtp_port_min;   /**< even; 0 = 16384 */
	uint32_t rtp_port_max;   /**< 0 = 32766 */
	uint32_t jitter_min_ms;  /**< 0 = 20 */
	uint32_t jitter_max_ms;  /**< 0 = 120 */
	uint32_t dscp_media;     /**< RFC 4594: 46 = EF; 0 = unmarked */
	uint32_t dscp_signalling;/**< RFC 4594: 24 … 40; 0 = unmarked */
	char backend[64];        /**< line driver: "sim" */
	char local_address[64];  /**< address SIP and RTP bind to; "" = the one that routes to the registrar */
	char user_agent[64];     /**< SIP User-Agent */
};

/** What the line looks like to a telephone: ohms, or ohms in series with ohms and nanofarads in parallel. */
enum tn_impedance {
	TN_IMPEDANCE_600 = 0,
	TN_IMPEDANCE_900_2160NF = 1,     /**< 900 + 2.16 uF, North America */
	TN_IMPEDANCE_270_750_150NF = 2,  /**< TBR 21 */
	TN_IMPEDANCE_215_1000_137NF = 3, /**< France */
	TN_IMPEDANCE_150_830_72NF = 4,   /**< Belgium */
	TN_IMPEDANCE_220_820_115NF = 5,  /**< Germany */
	TN_IMPEDANCE_370_620_310NF = 6   /**< Britain */
};

/** How the line behaves electrically and in time; from the hardware profile and the region. */
struct tn_line_setup {
	uint32_t size;
	uint32_t flash_min_ms;   /**< shorter: a bounce */
	uint32_t flash_max_ms;   /**< longer: on-hook */
	uint32_t offhook_ms;     /**< debounce of off-hook */
	int32_t gain_to_phone;   /**< tenths of dB */
	int32_t gain_from_phone; /**< tenths of dB */
	uint32_t pulse_break_min_ms; /**< a rotary dial's interruptions: at least this, at most the next, below flash_min_ms */
	uint32_t pulse_break_max_ms;
	uint32_t pulse_make_min_ms;  /**< a shorter closure within a break is a bounce of the contact */
	uint32_t pulse_gap_ms;       /**< closed for so long, a train of pulses is a digit; 0: no pulse dialling */
	uint32_t echo_tail_ms;       /**< of the echo canceller towards the line, at most 64; 0: none */
	uint32_t impedance;          /**< enum tn_impedance; for drivers that can choose */
};

/** One step of a tone: up to two frequencies, or silence (both 0). */
struct tn_tone_segment {
	uint32_t frequency[2];
	int32_t level[2];        /**< tenths of dBm0, at most 0 */
	uint32_t duration_ms;    /**< 0 = for ever */
};

struct tn_tone {
	uint32_t size;
	uint32_t segments;       /**< 1 … TN_TONE_SEGMENTS */
	uint32_t repeat;         /**< 0 = until replaced */
	struct tn_tone_segment segment[TN_TONE_SEGMENTS];
	uint32_t lead;           /**< so many first segments are played lead_plays times and then no more; 0 none */
	uint32_t lead_plays;
	struct {                 /**< third and fourth frequency of the segments (North America's off-hook warning) */
		uint32_t frequency[2];
		int32_t level[2];
	} more[TN_TONE_SEGMENTS];
};

enum tn_cid_standard {
	TN_CID_NONE = 0,
	TN_CID_ETSI_FSK = 1,     /**< ETSI EN 300 659-1/-3, V.23 */
	TN_CID_BELLCORE_FSK = 2, /**< GR-30-CORE, Bell 202 */
	TN_CID_ETSI_DTMF = 3     /**< ETSI EN 300 659-1 annex B */
};

/** When caller identification is sent (ETSI EN 300 659-1 §6.1). */
enum tn_cid_timing { TN_CID_DURING_RING = 0, TN_CID_BEFORE_RING = 1 };

/** What announces a burst to a telephone on its hook; during ringing it is the first ring. */
enum tn_alert {
	TN_ALERT_NONE = 0,
	TN_ALERT_DT_AS = 1,      /**< dual tone, 2130 and 2750 Hz */
	TN_ALERT_RP_AS = 2,      /**< a short ring */
	TN_ALERT_LR_DT_AS = 3    /**< line reversal (where the driver can), then the dual tone */
};

struct tn_ring {
	uint32_t size;
	uint32_t frequency;      /**< 50 in France */
	uint32_t phases;         /**< even count of on, off, on, off … */
	uint32_t phase_ms[TN_RING_PHASES];
	uint32_t cid_standard;   /**< enum tn_cid_standard */
	uint32_t cid_delay_ms;   /**< from the end of the first ring or the alert to the first bit of the burst */
	char number[32];         /**< "" with cid_absence set when unknown */
	char name[64];
	char date_time[12];      /**< MMDDhhmm local time, "" = not sent */
	char cid_absence[4];     /**< "P" private, "O" unavailable, "" = number present */
	uint32_t cid_timing;     /**< enum tn_cid_timing */
	uint32_t cid_alert;      /**< enum tn_alert; for TN_CID_BEFORE_RING */
};

/** The lamp of waiting messages on a telephone (ETSI EN 300 659-1 §6.2, GR-1401-CORE). */
struct tn_lamp {
	uint32_t size;
	uint32_t lit;
	uint32_t cid_standard;   /**< an FSK standard */
	uint32_t cid_alert;      /**< enum tn_alert */
	uint32_t cid_delay_ms;   /**< from the end of the alert to the first bit */
};

enum tn_transport { TN_TRANSPORT_UDP = 0, TN_TRANSPORT_TCP = 1, TN_TRANSPORT_TLS = 2 };
enum tn_codec { TN_CODEC_NONE = 0, TN_CODEC_PCMA = 1, TN_CODEC_PCMU = 2, TN_CODEC_G722 = 3, TN_CODEC_G726_32 = 4 };
/** SRTP with keys in SDP (RFC 3711, RFC 4568); OFFERED takes clear sound when the far end has nothing better. */
enum tn_media_security { TN_SECURITY_OFF = 0, TN_SECURITY_OFFERED = 1, TN_SECURITY_REQUIRED = 2 };

/** How the telephone's digits travel: RFC 4733 where the far end knows it and in the sound elsewhere; in the sound only; by SIP
 *  INFO (application/dtmf-relay). */
enum tn_dtmf { TN_DTMF_AUTOMATIC = 0, TN_DTMF_IN_BAND = 1, TN_DTMF_INFO = 2 };

/** What becomes of a fax on the line: left in the sound, with the line made fit for modems when they are heard; by T.38 where
 *  the far end takes it, and in the sound elsewhere; nothing is done for it; made fit for modems from the start of every call. */
enum tn_fax { TN_FAX_PASS_THROUGH = 0, TN_FAX_T38 = 1, TN_FAX_OFF = 2, TN_FAX_ALWAYS = 3 };

/** A SIP account of one line (RFC 3261 §10). */
struct tn_account {
	uint32_t size;
	uint32_t expires_s;
	uint32_t transport;      /**< enum tn_transport; never another one than this */
	uint32_t codecs[4];      /**< preference order, TN_CODEC_NONE ends */
	uint32_t proxy_port;     /**< 0 = SRV records, then 5060 (TLS: 5061) */
	char user[128];
	char auth_user[128];     /**< "" = user */
	char password[128];
	char domain[128];        /**< registrar domain: sip:user@domain */
	char proxy[128];         /**< host requests are sent to; "" = domain */
	char display_name[64];
	uint32_t media_security; /**< enum tn_media_security */
	uint32_t calls;          /**< calls at once, 0 = 1 … TN_LINE_CALLS; a further one is answered 486 */
	uint32_t dtmf;           /**< enum tn_dtmf */
	uint32_t keep_alive_s;   /**< how often the way through a NAT is kept open (RFC 5626 §3.5); 0 = never */
	char alternates[256];    /**< further proxies in order, "host[:port] host[:port]", at most 3: each takes over when those
	                              before it fail, until the first one answers again */
	char ca_file[256];       /**< PEM file of authorities whose certificates TLS believes beside the system's; "" = none */
	uint32_t silence;        /**< codecs (1 << enum tn_codec) whose pauses are told as comfort noise (RFC 3389) where the far end knows
	                              it; 0: sound is always sent, and the far end not asked to leave any out */
	uint32_t messages_s;     /**< asks the provider for waiting messages, for so long at a time (RFC 3842), at most 86400; 0 =
	                              never. What it tells unasked is taken in any case */
	uint32_t fax;            /**< enum tn_fax */
	uint32_t fax_max_rate;   /**< bit/s the machines may agree on by T.38: 0 = 14400, … */
	uint32_t fax_no_ecm;     /**< 1: T.38 keeps the machines from error correction (ITU-T T.30 annex A) */
	uint32_t fax_low_redundancy;  /**< earlier T.38 messages repeated with each one of control, at most 5 … */
	uint32_t fax_high_redundancy; /**< … and with each one of image data, at most 3 */
};

/** Wishes for one outgoing call. */
struct tn_wishes {
	uint32_t size;
	uint32_t anonymous;      /**< 1: the called party must not see our number (RFC 3323, RFC 3325 "id") */
	uint32_t probe;          /**< 1: a test of the way: bursts of 1004 Hz instead of the telephone, which hears nothing of it */
};

/** ABI of the library; refuse to go on when it differs from TN_ABI_VERSION. */
TN_EXPORT uint32_t tn_abi_version(void);

/** Starts the engine's threads. -EALREADY when open; -EPROTONOSUPPORT for an unknown backend. *event_fd is the reader's
 *  end of the event socket (non-blocking SOCK_STREAM); the reader owns and closes it. */
TN_EXPORT int32_t tn_open(const struct tn_config *config, int32_t *event_fd);
/** Ends calls (BYE), unregisters without waiting, stops every thread. Blocks 2 s at most. 0 also when not open. */
TN_EXPORT int32_t tn_close(void);

TN_EXPORT int32_t tn_line_setup(int32_t line, const struct tn_line_setup *setup);
/** Plays a tone to the telephone; NULL stops it. During a call the tone is mixed over the far end's audio. */
TN_EXPORT int32_t tn_line_tone(int32_t line, const struct tn_tone *tone);
/** Rings the telephone; NULL stops. -EBUSY when off-hook. Ends by itself when the handset is lifted. */
TN_EXPORT int32_t tn_line_ring(int32_t line, const struct tn_ring *ring);
/** 1 off-hook, 0 on-hook, negative errno. */
TN_EXPORT int32_t tn_line_off_hook(int32_t line);
/** Swaps the polarity of the wires (1: an answered call, for meters and coin boxes) or swaps it back. -ENOTSUP where the
 *  driver cannot. */
TN_EXPORT int32_t tn_line_polarity(int32_t line, int32_t reversed);
/** Sends one charging pulse of 12000 or 16000 Hz, 50 … 500 ms. -ENOTSUP where the driver cannot, -EBUSY on-hook. */
TN_EXPORT int32_t tn_line_meter(int32_t line, uint32_t frequency, uint32_t ms);
/** Tells a telephone in a call who else calls: the far end is muted while the telephone is asked to listen and, if it
 *  acknowledges, receives the burst. Only the caller of `caller` is used. -EBUSY on-hook or under way already, -EINVAL for
 *  a standard without FSK. The `callerId` event follows when the burst was sent. */
TN_EXPORT int32_t tn_line_identify(int32_t line, const struct tn_ring *caller);
/** Lights or clears the lamp of a telephone on its hook. -EBUSY off-hook or ringing; event `lamp` when it was sent. */
TN_EXPORT int32_t tn_line_lamp(int32_t line, const struct tn_lamp *lamp);

/** Registers (again, when the account changed) and keeps registered; NULL unregisters. */
TN_EXPORT int32_t tn_account(int32_t line, const struct tn_account *account);
/** Calls `number` (user part; the account's domain is added). Returns the call handle. -ENOTCONN without account, -EBUSY. */
TN_EXPORT int32_t tn_call_dial(int32_t line, const char *number);
/** The same with wishes (NULL: none). */
TN_EXPORT int32_t tn_call_place(int32_t line, const char *number, const struct tn_wishes *wishes);
TN_EXPORT int32_t tn_call_answer(int32_t call);
/** Ends a call: BYE, CANCEL, or a final answer `code` (0 = 603 Decline) to an incoming one that was not answered.
 *  302 sends its caller on: `reason` is then the number to call instead. */
TN_EXPORT int32_t tn_call_hangup(int32_t call, int32_t code, const char *reason);
/** Puts a call that was answered on hold (1) or takes it back (0): its far end hears silence, the telephone does not hear it.
 *  Nothing happens before the answer. Several calls that are not on hold share the telephone. */
TN_EXPORT int32_t tn_call_hold(int32_t call, int32_t on);
/** 1: the far ends of the line's calls that are not on hold hear each other, too (a conference mixed here). Ends with the
 *  last but one call, or with 0. */
TN_EXPORT int32_t tn_line_conference(int32_t line, int32_t on);
/** Asks the far end of an answered call to call `number` instead (RFC 3515). Events `transfer` tell how it goes; the call
 *  stays until it is hung up. Refused with `transfer` {code: 491} while an earlier one is under way. */
TN_EXPORT int32_t tn_call_transfer(int32_t call, const char *number);
/** Asks the far end of `call` to take our place in `other`, a call of the same line (RFC 3891). Both were answered. */
TN_EXPORT int32_t tn_call_join(int32_t call, int32_t other);

/** The agent lives, and says so again within `seconds` (0: no longer watched). When it does not, the engine looks after the
 *  subscriber alone: nothing rings any more, new calls are answered 480, a lifted handset without a call hears `tone`; a call
 *  that is up goes on. Event `fault` with code ETIME; all is as before with the next word of the agent. */
TN_EXPORT int32_t tn_watch(uint32_t seconds, const struct tn_tone *tone);

/* ---- the virtual telephone: backend "sim" only, -ENOTSUP elsewhere ---- */
TN_EXPORT int32_t tn_sim_hook(int32_t line, int32_t off_hook);
TN_EXPORT int32_t tn_sim_flash(int32_t line, uint32_t ms);
/** Presses keys: DTMF as audio into the line, 80 ms on, 80 ms off; ',' pauses one second. */
TN_EXPORT int32_t tn_sim_dial(int32_t line, const char *keys);
/** Turns a rotary dial: digits 0-9, each so many breaks of the loop, 700 ms between them. -EINVAL for times of 0 or over
 *  1 s, -ENOTCONN with the handset on its cradle, -ENOBUFS when too many wait already. */
TN_EXPORT int32_t tn_sim_pulse(int32_t line, const char *digits, uint32_t break_ms, uint32_t make_ms);
/** Speaks a sine into the mouthpiece; duration 0 = until told otherwise, frequency 0 = silence. */
TN_EXPORT int32_t tn_sim_speak(int32_t line, uint32_t frequency, uint32_t duration_ms, int32_t level);
/** What the ear heard since tn_sim_forget, as one JSON object; returns its length, -ENOSPC when `capacity` is too small:
 *  {"offHook":b,"ringing":b,"rings":n,
 *   "tone":{"frequencies":[…],"cadence":[on,off,…],"level":tenths dBm0}|null,   the tone heard now; [] cadence = continuous
 *   "digits":"…","callerId":{"number","name","dateTime","absence"}|null,
 *   "lamp":b|null,"reversed":b,"meterPulses":n,                                      reversed: polarity of the wires
 *   "fax":{"done","result":"OK" or what went wrong,"pages","rate","ecm"},                  with a fax machine only
 *   "audio":{"heardMs","activeMs","longestGapMs","level"}}                       longestGapMs: silence between active audio */
TN_EXPORT int32_t tn_sim_heard(int32_t line, char *json, int32_t capacity);
TN_EXPORT int32_t tn_sim_forget(int32_t line);
/** Makes the telephone's hybrid echo: `level` tenths of dB (-600 … -30), heard 6 ms later; 0 takes the echo away. */
TN_EXPORT int32_t tn_sim_hybrid(int32_t line, int32_t level);
/** Plugs a fax machine in beside the telephone: it sends the pages of a TIFF file as the one that calls, or answers and
 *  receives into a file; NULL takes it away. It speaks while the handset is lifted, so it comes when the call is up. */
TN_EXPORT int32_t tn_sim_fax(int32_t line, const char *path, int32_t sends);
/** Records the earpiece as 16-bit 8 kHz mono WAV; NULL ends and completes the file. */
TN_EXPORT int32_t tn_sim_record(int32_t line, const char *path);

#ifdef __cplusplus
}
#endif
#endif

import * as z from "zod";

/** Why a call ended, or why there was none. `limit`: the terms' longest call; `refused-by-terms`: never left the box. */
export const callCause = z.enum([
  "normal",
  "busy",
  "no-answer",
  "wrong-number",
  "rejected",
  "limit",
  "refused-by-terms",
  "network",
  "unregistered",
  "cancelled",
  "forwarded",
  "error",
]);
export type CallCause = z.infer<typeof callCause>;

/** Media figures at the end of the call; counts in packets, times in milliseconds; remote ones come from RTCP (RFC 3550 §6.4). */
export const callMedia = z.object({
  txPackets: z.number().int().nonnegative(),
  rxPackets: z.number().int().nonnegative(),
  lost: z.number().int(),
  jitterMs: z.number().nonnegative(),
  remoteLost: z.number().int(),
  remoteJitterMs: z.number().nonnegative(),
  roundTripMs: z.number().nonnegative(),
  late: z.number().int().nonnegative(),
  underruns: z.number().int().nonnegative(),
  /** Mouth to ear, one way, as far as the box can know. */
  delayMs: z.number().nonnegative().optional(),
  /** How the far end sounded here: ITU-T G.107's R, and the mean opinion score of its annex B. Absent: nothing to judge. */
  rFactor: z.number().min(0).max(100).optional(),
  mos: z.number().min(1).max(5).optional(),
  /** Bursts of loss (RFC 3611 §4.7.2), and how many percent of the packets within them were lost. Absent: there were none. */
  bursts: z.number().int().positive().optional(),
  burstDensity: z.number().min(0).max(100).optional(),
  /** The same judgement by the far end of how it heard this one (RTCP XR, RFC 3611 §4.7). Absent: it did not say. */
  remoteRFactor: z.number().min(0).max(100).optional(),
  remoteMos: z.number().min(1).max(5).optional(),
  /** Percent of our packets that came too late there, and how long sound took within that end. */
  remoteDiscarded: z.number().min(0).max(100).optional(),
  remoteDelayMs: z.number().nonnegative().optional(),
  /** "SRTP" when the sound was encrypted. */
  security: z.enum(["SRTP"]).optional(),
});
export type CallMedia = z.infer<typeof callMedia>;

/** A provider's rule that had a say in the call; `effect` is a closed word of the terms room ("refused", "limit:3600" …). */
export const appliedTerm = z.object({
  provider: z.string().max(64),
  rule: z.string().max(128),
  clause: z.string().max(256),
  effect: z.string().max(128),
});
export type AppliedTerm = z.infer<typeof appliedTerm>;

/** A fax in a call, as far as the box between the machines can know it. */
export const callFax = z.object({
  mode: z.enum(["T.38", "G.711"]),
  /** Confirmed by their receiver. */
  pages: z.number().int().nonnegative(),
  /** bit/s of the last training; 0: it never came to one. */
  bitRate: z.number().int().nonnegative(),
  /** ITU-T T.30 annex A. */
  errorCorrection: z.boolean(),
  /** All its pages were confirmed. */
  complete: z.boolean(),
});
export type CallFax = z.infer<typeof callFax>;

/** One call, also one that was refused: exactly one record each. Times are the box's wall clock, UTC. */
export const callRecord = z.object({
  /** From 1, as Device.Services.VoiceService.1.CallControl.Line.{i}. */
  line: z.number().int().positive(),
  direction: z.enum(["outgoing", "incoming"]),
  from: z.string().max(256),
  to: z.string().max(256),
  name: z.string().max(256).optional(),
  /** "" when no SIP dialog was begun. */
  sipCallId: z.string().max(512),
  start: z.iso.datetime(),
  answer: z.iso.datetime().nullable(),
  end: z.iso.datetime(),
  /** From answer to end, seconds, rounded down to milliseconds; 0 when never answered. */
  durationSeconds: z.number().nonnegative(),
  cause: callCause,
  endedBy: z.enum(["local", "remote", "device"]),
  sipCode: z.number().int().nullable(),
  sipReason: z.string().max(512).nullable(),
  codec: z.string().max(32).nullable(),
  media: callMedia.nullable(),
  /** Absent: nobody saw a fax. */
  fax: callFax.optional(),
  terms: z.array(appliedTerm).max(32),
});
export type CallRecord = z.infer<typeof callRecord>;

import * as z from "zod";

/** Texts from the network are bounded here; the engine truncates earlier. */
const text = z.string().max(1024);
const count = z.number().int().nonnegative();
const head = { seq: count, t: count, dropped: count };

const callHead = {
  ...head,
  event: z.literal("call"),
  line: count,
  call: z.number().int().positive(),
  direction: z.enum(["out", "in"]),
  number: text,
  name: text,
  sipCallId: text,
};

/** The end of a call with its figures; times on CLOCK_MONOTONIC in microseconds, `answerUs` 0 = never answered. */
const callEnded = z.object({
  ...callHead,
  state: z.literal("ended"),
  by: z.enum(["local", "remote", "error"]),
  code: count,
  reason: text,
  reasonHeader: text.default(""),
  /** The number of a 3xx, which the engine does not follow. */
  redirectedTo: text.default(""),
  codec: text.default(""),
  security: z.enum(["", "SRTP"]).default(""),
  startUs: count,
  answerUs: count,
  endUs: count,
  txPackets: count,
  rxPackets: count,
  rxLost: z.number().int(),
  rxJitterUs: count,
  txLost: z.number().int(),
  txJitterUs: count,
  rttUs: count,
  /** Of the far end about us: without one the tx figures are unknown. */
  reports: count.default(0),
  late: count,
  underruns: count,
  /** Mouth to ear, one way. */
  delayMs: count.default(0),
  rFactor: count.default(0),
  /** Hundredths; 0: nothing to judge. */
  mos: count.default(0),
  /** Of a call that is a test: bursts sent, those whose echo came within their second, after how long on average. */
  probesSent: count.default(0),
  probesHeard: count.default(0),
  probeDelayMs: count.default(0),
  /** Of loss (RFC 3611 §4.7.2), with the packets in them and those lost. */
  bursts: count.default(0),
  burstPackets: count.default(0),
  burstLost: count.default(0),
  /** What the far end said of our sound by RTCP XR; 0: nothing. MOS in hundredths, `farDiscarded` in percent. */
  farRFactor: count.default(0),
  farMos: count.default(0),
  farDiscarded: count.default(0),
  farDelayMs: count.default(0),
});

const call = z.discriminatedUnion("state", [
  /** It takes the place of another call, which ends next (RFC 3891). */
  z.object({ ...callHead, state: z.literal("replacing"), replaces: z.number().int().positive() }),
  z.object({ ...callHead, state: z.literal("incoming"), alert: text.default("") }),
  z.object({ ...callHead, state: z.literal("calling") }),
  z.object({ ...callHead, state: z.literal("ringing"), code: count }),
  z.object({ ...callHead, state: z.literal("early"), code: count }),
  z.object({
    ...callHead,
    state: z.literal("established"),
    codec: text,
    setupMs: z.number().nonnegative(),
  }),
  z.object({ ...callHead, state: z.literal("held") }),
  z.object({ ...callHead, state: z.literal("resumed") }),
  z.object({ ...callHead, state: z.literal("holding") }),
  z.object({ ...callHead, state: z.literal("retrieved") }),
  z.object({ ...callHead, state: z.literal("transfer"), code: count, final: z.boolean() }),
  callEnded,
]);

const faxHead = { ...head, event: z.literal("fax"), line: count, call: z.number().int().positive() };

/** The end of a fax, as far as the gateway between the machines can know it. */
const faxEnded = z.object({
  ...faxHead,
  state: z.literal("ended"),
  mode: z.enum(["T.38", "G.711"]),
  /** Confirmed by their receiver. */
  pages: count,
  /** bit/s of the last training; 0: it never came to one. */
  rate: count,
  ecm: z.boolean(),
  /** All pages were confirmed. */
  complete: z.boolean(),
  txPackets: count,
  rxPackets: count,
  repaired: count,
  lost: count,
});

/** A fax in the sound of a call, or instead of it. */
const fax = z.discriminatedUnion("state", [
  z.object({ ...faxHead, state: z.literal("began") }),
  z.object({ ...faxHead, state: z.literal("relay") }),
  z.object({ ...faxHead, state: z.literal("sound") }),
  z.object({
    ...faxHead,
    state: z.literal("passThrough"),
    why: z.enum(["profile", "secure", "refused"]),
    code: count,
  }),
  z.object({ ...faxHead, state: z.literal("page"), pages: count, more: z.boolean() }),
  faxEnded,
]);

/** An event line of the voice engine, as tonalite.h describes them. */
export const engineEvent = z.discriminatedUnion("event", [
  z.object({ ...head, event: z.literal("hook"), line: count, offHook: z.boolean() }),
  z.object({ ...head, event: z.literal("flash"), line: count, ms: count }),
  z.object({ ...head, event: z.literal("digit"), line: count, digit: z.string().length(1) }),
  z.object({ ...head, event: z.literal("ring"), line: count, count }),
  z.object({ ...head, event: z.literal("callerId"), line: count }),
  z.object({ ...head, event: z.literal("lamp"), line: count }),
  z.object({ ...head, event: z.literal("tone"), line: count, state: z.literal("ended") }),
  /** The telephone's port went away, or is back; `code`: errno. */
  z.object({
    ...head,
    event: z.literal("port"),
    line: count,
    usable: z.boolean(),
    code: count,
    reason: text,
  }),
  z.object({
    ...head,
    event: z.literal("registration"),
    line: count,
    state: z.enum(["registering", "registered", "failed", "unregistered"]),
    code: count,
    reason: text,
    expires: count,
    /** The URI of the proxy it went to. */
    proxy: text.default(""),
  }),
  call,
  fax,
  /** How asking the provider for waiting messages goes. */
  z.object({
    ...head,
    event: z.literal("subscription"),
    line: count,
    state: z.enum(["active", "failed"]),
    code: count,
    reason: text,
  }),
  /** The provider's voice mail (RFC 3842). */
  z.object({
    ...head,
    event: z.literal("messages"),
    line: count,
    waiting: z.boolean(),
    new: count,
    old: count,
  }),
  z.object({
    ...head,
    event: z.literal("remoteDigit"),
    line: count,
    call: count,
    digit: z.string().length(1),
  }),
  z.object({
    ...head,
    event: z.literal("fault"),
    line: z.number().int(),
    code: z.number().int(),
    message: text,
  }),
]);
export type EngineEvent = z.infer<typeof engineEvent>;
export type EngineCallEvent = Extract<EngineEvent, { event: "call" }>;
export type EngineFaxEvent = Extract<EngineEvent, { event: "fax" }>;
export type EngineFaxEnded = z.infer<typeof faxEnded>;
export type EngineCallEnded = z.infer<typeof callEnded>;
export type EngineRegistrationEvent = Extract<EngineEvent, { event: "registration" }>;

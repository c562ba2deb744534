import * as z from "zod";

const strict = z.strictObject;

export const milliseconds = z.int().min(0).max(600_000);
const level = z.number().min(-60).max(0).describe("dBm0");
const window = strict({ minimum: milliseconds, maximum: milliseconds });

/** One step of a tone; no frequency means silence; duration 0 means for ever. */
export const toneStep = strict({
  frequencies: z.array(z.int().min(200).max(3600)).max(4),
  level: level.default(-13).describe("of each frequency"),
  ms: milliseconds,
});

/**
 * A tone: its steps are played in order, `repeat` times (0: until another replaces it). The first `lead.steps` of them are
 * played `lead.plays` times at the beginning and then no more: a stutter before a lasting dial tone.
 */
export const toneDefinition = strict({
  steps: z.array(toneStep).min(1).max(8),
  repeat: z.int().min(0).max(100).default(0),
  lead: strict({ steps: z.int().min(1).max(7), plays: z.int().min(1).max(50) }).optional(),
});
export type ToneDefinition = z.infer<typeof toneDefinition>;

/** What a subscriber may hear from the box itself. `refused` is the treatment of a call the terms do not allow. */
export const toneName = z.enum([
  "dial",
  "special-dial",
  "message-waiting",
  "ringback",
  "busy",
  "congestion",
  "number-unobtainable",
  "call-waiting",
  "confirmation",
  "refused",
  "call-limit-warning",
  "not-registered",
  "howler",
]);
export type ToneName = z.infer<typeof toneName>;

/** What a dialled number is. A region's plan names it by prefix; a provider's terms act on it. */
export const numberCategory = z.enum([
  "emergency",
  "special",
  "freephone",
  "premium",
  "landline",
  "mobile",
  "satellite",
  "international",
  "internal",
]);
export type NumberCategory = z.infer<typeof numberCategory>;

/** A range of the numbering plan. The longest matching prefix wins; a number is complete at `maximum` digits. */
export const numberRange = strict({
  prefix: z.string().regex(/^[0-9*#+]{1,15}$/),
  category: numberCategory,
  minimum: z.int().min(1).max(20),
  maximum: z.int().min(1).max(20),
  name: z.string().max(80),
});
export type NumberRange = z.infer<typeof numberRange>;

/** on, off, on, off … in milliseconds */
const ringCadence = z.array(milliseconds).min(2).max(8);

/** What announces a data burst to a telephone on its hook (ETSI EN 300 659-1 §6). */
export const callerAlert = z.enum([
  "none",
  /** two tones, 2130 and 2750 Hz */
  "dt-as",
  /** a short ring */
  "rp-as",
  /** the wires change polarity, then the two tones */
  "lr-dt-as",
]);
export type CallerAlert = z.infer<typeof callerAlert>;

/** What a subscriber can do by dialling a code. */
export const lineService = z.enum([
  "forward-always-on",
  "forward-always-off",
  "forward-always-query",
  "forward-busy-on",
  "forward-busy-off",
  "forward-busy-query",
  "forward-no-answer-on",
  "forward-no-answer-off",
  "forward-no-answer-query",
  "call-waiting-on",
  "call-waiting-off",
  "call-waiting-query",
  "call-waiting-off-once",
  "do-not-disturb-on",
  "do-not-disturb-off",
  "withhold-number",
  "present-number",
  "call-return",
  "last-number",
  "hotline-on",
  "hotline-off",
]);
export type LineService = z.infer<typeof lineService>;

/** `{number}` in a code stands for digits that the subscriber adds; a "#" after it ends them. */
export const serviceCode = strict({
  code: z.string().regex(/^[0-9*#]{2,8}(\{number\}#?)?$/),
  service: lineService,
});
export type ServiceCode = z.infer<typeof serviceCode>;

/** What the line looks like to a telephone: ohms in series, then ohms and capacity in parallel. */
export const impedance = z.enum([
  "600",
  "900+2.16uF",
  "270+750||150nF",
  "215+1000||137nF",
  "150+830||72nF",
  "220+820||115nF",
  "370+620||310nF",
]);
export type Impedance = z.infer<typeof impedance>;

/** Telephone habits and numbers of a country: tones, ringing, caller identification, dialling, numbering. */
export const regionProfile = strict({
  id: z.string().regex(/^[a-z]{2}$/),
  name: z.string(),
  sources: z.array(z.string()).min(1),
  countryCode: z.string().regex(/^[1-9][0-9]{0,2}$/),
  timeZone: z.string(),
  tones: z.record(toneName, toneDefinition),
  ringing: strict({
    frequency: z.int().min(16).max(68),
    cadence: ringCadence,
    /** Rings that the network asks for by name (the Alert-Info header, RFC 3261 §20.4). */
    distinctive: z.array(strict({ alert: z.string().min(1).max(32), cadence: ringCadence })).max(8),
  }),
  callerId: strict({
    standard: z.enum(["none", "etsi-fsk", "bellcore-fsk", "etsi-dtmf"]),
    timing: z.enum(["during-ring", "before-ring"]),
    alert: callerAlert,
    /** from the end of what announces it (first ring, alert) to the first bit (ETSI EN 300 659-1 §6.1) */
    delayMs: milliseconds,
    /** also while a call is up (type 2): the telephone is asked to listen and the caller is muted meanwhile */
    callWaiting: z.boolean(),
  }),
  /** Message waiting: a lamp of the telephone that is told by a burst outside calls, beside the stuttering dial tone. */
  messageWaiting: strict({ lamp: z.boolean(), alert: callerAlert }),
  hookFlash: strict({ minimumMs: milliseconds, maximumMs: milliseconds }),
  /** A rotary dial's interruptions of the loop; a train of them is a digit after `interDigitMs` without one. */
  pulse: strict({ breakMs: window, makeMs: window, interDigitMs: milliseconds }),
  line: strict({
    impedance,
    /** on answer, where the driver can; a line's own setting (X_TONALITE_AnswerSignal) goes before it */
    polarityReversal: z.boolean(),
  }),
  /** After the flash key in a call: a digit chooses what happens (France's R key), or the flash alone does. */
  recall: z.enum(["digit", "flash"]),
  services: z.array(serviceCode),
  dialling: strict({
    /** silence after the last digit that ends a number which may still grow */
    interDigitMs: milliseconds,
    /** the same before the first digit and while a number cannot be complete yet */
    firstDigitMs: milliseconds,
    terminator: z.string().regex(/^[*#]?$/),
    ranges: z.array(numberRange).min(1),
  }),
  /** How long the telephone may stay off-hook after a call, and what calls for the handset then, louder by stages. */
  offHookWarning: strict({
    afterMs: milliseconds,
    stages: z
      .array(strict({ tone: toneName, gain: z.number().min(-30).max(0).describe("dB"), ms: milliseconds }))
      .min(1)
      .max(6),
  }),
});
export type RegionProfile = z.infer<typeof regionProfile>;

/** Ports of the agent's core: what the pure rooms ask of the world. Adapters live in `shell`. */
import type { CallerAlert, Impedance } from "@tonalite/device-profiles";
import type { EngineEvent } from "./engine-event.ts";
import type { JournalData, JournalEntry, JournalKind } from "./records/index.ts";

/** One step of a tone; `[]` frequencies are silence. Levels in tenths of dBm0 (≤ 0); `durationMs` 0 = for ever. */
export type ToneSegment = {
  readonly frequencies: readonly number[];
  readonly levels: readonly number[];
  readonly durationMs: number;
};
/**
 * 1 … 8 segments of up to 4 frequencies; `repeat` 0 = until replaced. `lead`: so many first segments are played so many
 * times and then no more.
 */
export type Tone = {
  readonly segments: readonly ToneSegment[];
  readonly repeat: number;
  readonly lead: { readonly segments: number; readonly plays: number } | null;
};

export type CallerIdStandard = "none" | "etsi-fsk" | "bellcore-fsk" | "etsi-dtmf";

/** Who calls, and how a telephone is told (ETSI EN 300 659-1). */
export type CallerId = {
  readonly standard: CallerIdStandard;
  readonly timing: "during-ring" | "before-ring";
  /** What announces the burst before a ring. */
  readonly alert: CallerAlert;
  /** From the end of the first ring, or of the alert, to the first bit of the burst. */
  readonly delayMs: number;
  readonly number: string;
  readonly name: string;
  /** MMDDhhmm local time, "" = not sent. */
  readonly dateTime: string;
  /** "P" private, "O" unavailable, "" = number present. */
  readonly absence: "" | "P" | "O";
};

/** A ring with its caller identification. */
export type Ring = {
  readonly frequency: number;
  /** Even count of on, off, on, off … in milliseconds; at most 8. */
  readonly phasesMs: readonly number[];
  readonly callerId: CallerId;
};

/** The lamp of waiting messages. */
export type Lamp = {
  readonly lit: boolean;
  readonly standard: CallerIdStandard;
  readonly alert: CallerAlert;
  readonly delayMs: number;
};

export type Codec = "PCMA" | "PCMU" | "G722" | "G726-32";

/**
 * What becomes of a fax: "pass-through" leaves it in the sound and makes the line fit for modems when they are heard, "always"
 * from the start of every call; "t38" relays it where the far end agrees; "off" does nothing for it.
 */
export type FaxSetup = {
  readonly mode: "pass-through" | "t38" | "off" | "always";
  /** bit/s that the machines may agree on by T.38; 0: any. */
  readonly maxBitRate: number;
  /** ITU-T T.30 annex A, by T.38. */
  readonly errorCorrection: boolean;
  /** Earlier T.38 messages repeated with each one of control (0 … 5), and of image data (0 … 3). */
  readonly lowRedundancy: number;
  readonly highRedundancy: number;
};

/** A SIP account of one line (RFC 3261 §10). */
export type Account = {
  readonly user: string;
  /** "" = user. */
  readonly authUser: string;
  readonly password: string;
  readonly domain: string;
  /** "" = domain. */
  readonly proxy: string;
  /** 0 = 5060. */
  readonly proxyPort: number;
  /** Never another one than this. */
  readonly transport: "UDP" | "TCP" | "TLS";
  readonly expiresSeconds: number;
  /** In order of preference, 1 … 4. */
  readonly codecs: readonly Codec[];
  readonly displayName: string;
  /** SRTP; "offered" takes clear sound when the far end has nothing better. Absent: off. */
  readonly mediaSecurity?: "off" | "offered" | "required";
  /** At once, 1 (as when absent) or 2. */
  readonly calls?: number;
  /** How digits travel; "automatic" (as when absent): RFC 4733, or in the sound where the far end does not know it. */
  readonly dtmf?: "automatic" | "in-band" | "info";
  /** How often the way through a NAT is kept open; absent or 0: never. */
  readonly keepAliveSeconds?: number;
  /** Codecs whose pauses are told as comfort noise (RFC 3389) to who knows it; absent: of none. */
  readonly silence?: readonly Codec[];
  /** Asks for waiting messages, for so long at a time (RFC 3842); absent or 0: takes what comes unasked. */
  readonly messagesSeconds?: number;
  /** Absent: "pass-through". */
  readonly fax?: FaxSetup;
  /** Further proxies in order, "host" or "host:port", at most 3. */
  readonly alternates?: readonly string[];
  /** PEM file of authorities that TLS believes beside the system's; absent or "": none. */
  readonly caFile?: string;
};

/** How a line behaves electrically and in time. Gains in tenths of dB. */
export type LineSetup = {
  readonly flashMinMs: number;
  readonly flashMaxMs: number;
  readonly offHookMs: number;
  /** Pulse dialling, null where the region or the board has none. */
  readonly pulse: {
    readonly breakMinMs: number;
    readonly breakMaxMs: number;
    readonly makeMinMs: number;
    readonly gapMs: number;
  } | null;
  /** Of the echo canceller towards the line; 0: none. */
  readonly echoTailMs: number;
  readonly impedance: Impedance;
  readonly gainToPhone: number;
  readonly gainFromPhone: number;
};

/** Engine settings, read once at start; 0 and "" mean the engine's own default. */
export type EngineConfig = {
  readonly lines: number;
  readonly sipPort: number;
  readonly rtpPortMin: number;
  readonly rtpPortMax: number;
  readonly jitterMinMs: number;
  readonly jitterMaxMs: number;
  readonly dscpMedia: number;
  readonly dscpSignalling: number;
  readonly backend: string;
  readonly localAddress: string;
  readonly userAgent: string;
};

export type CallWishes = {
  /** The called party must not see our number. */
  readonly anonymous?: boolean;
  /** A test of the way: bursts of a tone instead of the telephone, which has no part in it. */
  readonly probe?: boolean;
};

/** > 0, never reused within a process. */
export type CallHandle = number;

/** The voice engine (tonalite.h). Lines count from 0. Every method throws EngineError; none blocks. */
export interface VoiceEngine {
  lineSetup(line: number, setup: LineSetup): void;
  /** null stops the tone. */
  tone(line: number, tone: Tone | null): void;
  /** null stops the ring. */
  ring(line: number, ring: Ring | null): void;
  offHook(line: number): boolean;
  /** Polarity of the wires: reversed tells meters and coin boxes of an answer. ENOTSUP where the board cannot. */
  polarity(line: number, reversed: boolean): void;
  /** In a call: tells who else calls, `delayMs` from now. EBUSY on-hook, EINVAL without an FSK standard. */
  identify(line: number, caller: CallerId): void;
  /** EBUSY off-hook or ringing, EINVAL without an FSK standard. */
  lamp(line: number, lamp: Lamp): void;
  /** null unregisters. */
  account(line: number, account: Account | null): void;
  dial(line: number, number: string, wishes?: CallWishes): CallHandle;
  answer(call: CallHandle): void;
  /** `code` 0: 603 Decline for an incoming call that was not answered, else BYE or CANCEL. */
  hangUp(call: CallHandle, code: number, reason: string): void;
  /** An answered call waits, or comes back; those that do not wait share the telephone. */
  hold(call: CallHandle, on: boolean): void;
  /** The far ends of the line's calls that do not wait hear each other, too. */
  conference(line: number, on: boolean): void;
  /** Asks the far end to call `number` instead; `transfer` events tell how it goes. The call stays until it is hung up. */
  transfer(call: CallHandle, number: string): void;
  /** Asks the far end of `call` to take our place in `other`; both were answered. */
  join(call: CallHandle, other: CallHandle): void;
  /**
   * The agent lives, and says so again within `seconds` (0: no longer watched). When it does not, the engine stops ringing,
   * turns calls away, plays `tone` to a lifted handset without a call, and leaves calls that are up alone.
   */
  watch(seconds: number, tone: Tone | null): void;
  onEvent(listener: (event: EngineEvent) => void): void;
  readonly telephone: VirtualTelephone;
  /** Ends calls, unregisters, stops; 2 s at most. */
  close(): void;
}

/** What the ear of the virtual telephone measured (tn_sim_heard). */
export type Heard = {
  readonly offHook: boolean;
  readonly ringing: boolean;
  readonly rings: number;
  readonly tone: {
    readonly frequencies: number[];
    readonly cadence: number[];
    readonly level: number;
  } | null;
  readonly digits: string;
  readonly callerId: {
    readonly number: string;
    readonly name: string;
    readonly dateTime: string;
    readonly absence: string;
  } | null;
  /** Of waiting messages; null: never told. */
  readonly lamp: boolean | null;
  /** Polarity of the wires. */
  readonly reversed: boolean;
  /** Charging pulses counted. */
  readonly meterPulses: number;
  /** What became of a fax machine's fax; absent: there is no machine. `result` "OK", or what went wrong. */
  readonly fax?: {
    readonly done: boolean;
    readonly result: string;
    readonly pages: number;
    readonly rate: number;
    readonly ecm: boolean;
  };
  readonly audio: {
    readonly heardMs: number;
    readonly activeMs: number;
    readonly longestGapMs: number;
    readonly level: number;
  };
};

/** The virtual telephone on the far side of the `sim` line. Every method throws EngineError("ENOTSUP") on real hardware. */
export interface VirtualTelephone {
  hook(line: number, offHook: boolean): void;
  flash(line: number, ms: number): void;
  /** DTMF as audio; "," pauses one second. */
  dial(line: number, keys: string): void;
  /** Turns a rotary dial, 700 ms between digits. */
  pulse(line: number, digits: string, breakMs: number, makeMs: number): void;
  /** Level in tenths of dBm0; duration 0 = until told otherwise, frequency 0 = silence. */
  speak(line: number, frequency: number, durationMs: number, level: number): void;
  heard(line: number): Heard;
  forget(line: number): void;
  /** null ends and completes the WAV file. */
  record(line: number, path: string | null): void;
  /** Plugs in a fax machine that sends a TIFF file, or receives into one; null takes it away. */
  fax(line: number, machine: { readonly file: string; readonly sends: boolean } | null): void;
}

/** The engine said no. `code` is the errno's name ("EBUSY", "ENOTCONN" …). */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: string;
  constructor(code: string, call: string) {
    super(`${call}: ${code}`);
    this.code = code;
  }
}

/** The durable journal: nothing is forgotten while the ACS is away. */
export interface Journal {
  /** Durable when it returns. */
  append<K extends JournalKind>(kind: K, data: JournalData<K>): JournalEntry;
  /** The latest entries of a kind, delivered or not, the newest first. */
  latest<K extends JournalKind>(kind: K, limit: number): Extract<JournalEntry, { kind: K }>[];
  /** The oldest entries not yet acknowledged. */
  pending(limit: number): JournalEntry[];
  pendingCount(): number;
  /** A receipt for everything up to a sequence number, or for one entry by id. */
  acknowledge(upTo: number | string): void;
  /** Called after each append. */
  onAppend(listener: (entry: JournalEntry) => void): void;
}

/** Durable key/value; values are JSON. */
export interface KeyValueStore {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  delete(key: string): void;
}

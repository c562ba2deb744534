/** Packs the structs of tonalite.h into bytes: one layout, whatever FFI carries them. Host order; boards are little-endian. */
import type { CallerAlert, Impedance } from "@tonalite/device-profiles";
import { EngineError } from "../../core/ports.ts";
import type {
  Account,
  CallWishes,
  CallerId,
  CallerIdStandard,
  Codec,
  EngineConfig,
  Lamp,
  LineSetup,
  Ring,
  Tone,
  ToneSegment,
} from "../../core/ports.ts";

export const abiVersion = 1;
const toneSegments = 8;
const ringPhases = 8;
const accountCodecs = 4;

/** In the order of enum tn_impedance. */
const impedances: readonly Impedance[] = [
  "600",
  "900+2.16uF",
  "270+750||150nF",
  "215+1000||137nF",
  "150+830||72nF",
  "220+820||115nF",
  "370+620||310nF",
];
const alerts: Record<CallerAlert, number> = { none: 0, "dt-as": 1, "rp-as": 2, "lr-dt-as": 3 };
const cidStandards: Record<CallerIdStandard, number> = {
  none: 0,
  "etsi-fsk": 1,
  "bellcore-fsk": 2,
  "etsi-dtmf": 3,
};
const transports: Record<Account["transport"], number> = { UDP: 0, TCP: 1, TLS: 2 };
const mediaSecurities: Record<NonNullable<Account["mediaSecurity"]>, number> = {
  off: 0,
  offered: 1,
  required: 2,
};
const dtmfWays: Record<NonNullable<Account["dtmf"]>, number> = { automatic: 0, "in-band": 1, info: 2 };
const faxModes = { "pass-through": 0, t38: 1, off: 2, always: 3 } as const;
const codecNumbers: Record<Codec, number> = { PCMA: 1, PCMU: 2, G722: 3, "G726-32": 4 };

/** Writes a struct field by field; `size` comes first and is the whole length. */
class Struct {
  readonly bytes: Buffer;
  readonly #name: string;
  #offset = 0;

  constructor(name: string, size: number) {
    this.bytes = Buffer.alloc(size);
    this.#name = name;
    this.u32(size);
  }

  u32(...values: number[]): this {
    for (const value of values) this.#offset = this.bytes.writeUInt32LE(value, this.#offset);
    return this;
  }

  i32(...values: number[]): this {
    for (const value of values) this.#offset = this.bytes.writeInt32LE(value, this.#offset);
    return this;
  }

  /** A text that must arrive whole (an address, a credential). @throws EngineError ENAMETOOLONG */
  text(value: string, capacity: number): this {
    if (Buffer.byteLength(value) >= capacity || value.includes("\0")) {
      throw new EngineError("ENAMETOOLONG", this.#name);
    }
    return this.cut(value, capacity);
  }

  /** A text for people: what does not fit is cut between characters. */
  cut(value: string, capacity: number): this {
    // Buffer.write never writes half a character; the zeroed byte after it ends the text.
    this.bytes.write(value.replaceAll("\0", ""), this.#offset, capacity - 1, "utf8");
    this.#offset += capacity;
    return this;
  }
}

/** struct tn_config */
export function packConfig(config: EngineConfig): Buffer {
  return new Struct("tn_config", 36 + 3 * 64)
    .u32(config.lines, config.sipPort, config.rtpPortMin, config.rtpPortMax)
    .u32(config.jitterMinMs, config.jitterMaxMs, config.dscpMedia, config.dscpSignalling)
    .text(config.backend, 64)
    .text(config.localAddress, 64)
    .cut(config.userAgent, 64).bytes;
}

/** struct tn_line_setup */
export function packLineSetup(setup: LineSetup): Buffer {
  const { pulse } = setup;
  return new Struct("tn_line_setup", 48)
    .u32(setup.flashMinMs, setup.flashMaxMs, setup.offHookMs)
    .i32(setup.gainToPhone, setup.gainFromPhone)
    .u32(pulse?.breakMinMs ?? 0, pulse?.breakMaxMs ?? 0, pulse?.makeMinMs ?? 0, pulse?.gapMs ?? 0)
    .u32(setup.echoTailMs, impedances.indexOf(setup.impedance)).bytes;
}

/** struct tn_tone. @throws EngineError EINVAL for no segments or too many. */
export function packTone(tone: Tone): Buffer {
  const { segments, lead } = tone;
  if (segments.length === 0 || segments.length > toneSegments) throw new EngineError("EINVAL", "tn_tone");
  const struct = new Struct("tn_tone", 20 + toneSegments * 36).u32(segments.length, tone.repeat);
  const places = Array.from({ length: toneSegments }, (_, index) => segments[index]);
  const pair = (segment: ToneSegment | undefined, from: number): Struct =>
    struct
      .u32(segment?.frequencies[from] ?? 0, segment?.frequencies[from + 1] ?? 0)
      .i32(segment?.levels[from] ?? 0, segment?.levels[from + 1] ?? 0);
  for (const segment of places) pair(segment, 0).u32(segment?.durationMs ?? 0);
  struct.u32(lead?.segments ?? 0, lead?.plays ?? 0);
  for (const segment of places) pair(segment, 2);
  return struct.bytes;
}

/** struct tn_ring. @throws EngineError EINVAL when the phases are no pairs of on and off. */
export function packRing(ring: Ring): Buffer {
  const { phasesMs, callerId } = ring;
  if (phasesMs.length === 0 || phasesMs.length > ringPhases || phasesMs.length % 2 !== 0) {
    throw new EngineError("EINVAL", "tn_ring");
  }
  const phases = Array.from({ length: ringPhases }, (_, index) => phasesMs[index] ?? 0);
  return packRinging(callerId, ring.frequency, phasesMs.length, ...phases);
}

/** struct tn_ring without a ring: who calls. */
export function packCaller(caller: CallerId): Buffer {
  return packRinging(caller, 0, 0, ...Array.from({ length: ringPhases }, () => 0));
}

function packRinging(caller: CallerId, ...ringing: number[]): Buffer {
  return new Struct("tn_ring", 52 + 32 + 64 + 12 + 4 + 8)
    .u32(...ringing)
    .u32(cidStandards[caller.standard], caller.delayMs)
    .cut(caller.number, 32)
    .cut(caller.name, 64)
    .text(caller.dateTime, 12)
    .text(caller.absence, 4)
    .u32(caller.timing === "before-ring" ? 1 : 0, alerts[caller.alert]).bytes;
}

/** struct tn_lamp */
export function packLamp(lamp: Lamp): Buffer {
  return new Struct("tn_lamp", 20).u32(
    lamp.lit ? 1 : 0,
    cidStandards[lamp.standard],
    alerts[lamp.alert],
    lamp.delayMs,
  ).bytes;
}

function packFax(fax: Account["fax"]): number[] {
  if (fax === undefined) return [0, 0, 0, 0, 0];
  const { mode, maxBitRate, errorCorrection, lowRedundancy, highRedundancy } = fax;
  return [faxModes[mode], maxBitRate, errorCorrection ? 0 : 1, lowRedundancy, highRedundancy];
}

/** struct tn_account. @throws EngineError ENAMETOOLONG */
export function packAccount(account: Account): Buffer {
  const codecs = Array.from({ length: accountCodecs }, (_, index) => {
    const codec = account.codecs[index];
    return codec === undefined ? 0 : codecNumbers[codec];
  });
  return new Struct("tn_account", 32 + 5 * 128 + 64 + 4 * 4 + 2 * 256 + 7 * 4)
    .u32(account.expiresSeconds, transports[account.transport], ...codecs, account.proxyPort)
    .text(account.user, 128)
    .text(account.authUser, 128)
    .text(account.password, 128)
    .text(account.domain, 128)
    .text(account.proxy, 128)
    .cut(account.displayName, 64)
    .u32(mediaSecurities[account.mediaSecurity ?? "off"], account.calls ?? 1)
    .u32(dtmfWays[account.dtmf ?? "automatic"], account.keepAliveSeconds ?? 0)
    .text((account.alternates ?? []).join(" "), 256)
    .text(account.caFile ?? "", 256)
    .u32((account.silence ?? []).reduce((bits, codec) => bits | (1 << codecNumbers[codec]), 0))
    .u32(account.messagesSeconds ?? 0)
    .u32(...packFax(account.fax)).bytes;
}

/** struct tn_wishes */
export function packWishes({ anonymous = false, probe = false }: CallWishes): Buffer {
  return new Struct("tn_wishes", 12).u32(anonymous ? 1 : 0).u32(probe ? 1 : 0).bytes;
}

/** A NUL-terminated text argument. @throws EngineError EINVAL for a text with NUL in it. */
export function packText(text: string): Buffer {
  if (text.includes("\0")) throw new EngineError("EINVAL", "text argument");
  return Buffer.from(`${text}\0`, "utf8");
}

import { join } from "node:path";
import type { DataModel } from "../core/data-model/index.ts";
import { EngineError } from "../core/ports.ts";
import type { VirtualTelephone, VoiceEngine } from "../core/ports.ts";
import type { TermsSource } from "../core/provisioning/index.ts";
import type { AgentArguments } from "./arguments.ts";
import { startEngine } from "./engine-start.ts";
import type { Identity } from "./identity.ts";
import type { Log } from "./logging.ts";
import { servePhone } from "./phone/server.ts";
import { noteFailure } from "./run-marker.ts";
import type { Store } from "./store/store.ts";
import { writeAuthorities } from "./telephony/authorities.ts";
import { silentTelephony } from "./telephony/silent.ts";
import { startTelephony } from "./telephony/telephony.ts";
import type { Telephony } from "./telephony/telephony.ts";

/** What the box is for, or what stands in its place in safe mode. */
export type Voice = {
  readonly telephony: Telephony;
  readonly engine: Pick<VoiceEngine, "onEvent" | "offHook">;
  /** Port of SIP over UDP; null: there is none. */
  readonly sipPort: number | null;
  /** Throws when voice should work and does not. */
  prove(): void;
  /** The telephone's socket goes first, the engine last. */
  stopPhone(): void;
  close(): void;
};

export type VoiceOptions = {
  readonly args: AgentArguments;
  readonly identity: Identity;
  readonly model: DataModel;
  readonly store: Store;
  readonly profiles: TermsSource;
  /** Authorities that SIP over TLS believes beside the system's, PEM. */
  readonly certificates: readonly string[];
  readonly log: Log;
};

/**
 * Starts the engine, the lines, and the socket of a virtual telephone.
 * @param allowed false in safe mode: management without voice, the native library is not even loaded
 * @throws whatever keeps the engine from starting, noted as the last words of this run
 */
export async function openVoice(allowed: boolean, options: VoiceOptions): Promise<Voice> {
  if (!allowed) return silentVoice(options);
  try {
    return await startVoice(options);
  } catch (error) {
    noteFailure(options.store.values, error);
    throw error;
  }
}

async function startVoice(options: VoiceOptions): Promise<Voice> {
  const { args, identity, model, store, profiles, log } = options;
  const { engine, sipPort } = await startEngine(args, identity, model, log);
  const authorities = writeAuthorities(options.certificates, args.state);
  const telephony = startTelephony({ engine, authorities, model, store, profiles, log });
  return {
    telephony,
    engine,
    sipPort,
    prove: () => void engine.offHook(0),
    stopPhone: openPhone(options, telephony, engine.telephone, sipPort),
    close: () => engine.close(),
  };
}

function silentVoice(options: VoiceOptions): Voice {
  const telephony = silentTelephony(options);
  const dead = (): never => {
    throw new EngineError("ENODEV", "the line is dead: the box is in safe mode");
  };
  return {
    telephony,
    engine: { onEvent: () => {}, offHook: dead },
    sipPort: null,
    prove: () => {},
    stopPhone: openPhone(options, telephony, deadTelephone(dead), null),
    close: () => {},
  };
}

function openPhone(
  { args, identity, log }: VoiceOptions,
  telephony: Telephony,
  telephone: VirtualTelephone,
  sipPort: number | null,
): () => void {
  if (!identity.hardware.virtualTelephone) return () => {};
  const phone = servePhone({
    path: join(args.state, "phone.sock"),
    telephone,
    tones: () => telephony.terms().region.tones,
    status: (line) => ({ ...telephony.report(line), sipPort }),
    log,
  });
  return () => phone.stop();
}

const deadTelephone = (dead: () => never): VirtualTelephone => ({
  hook: dead,
  flash: dead,
  dial: dead,
  pulse: dead,
  speak: dead,
  heard: dead,
  forget: dead,
  record: dead,
  fax: dead,
});

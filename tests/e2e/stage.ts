import { generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call, Device, JournalRow, Page, Registration, Update } from "@tonalite/acs/api";
import { startWorld } from "@tonalite/scripts/demo";
import type { World, WorldOptions } from "@tonalite/scripts/demo";

/** A world for one test file: real processes in a directory of their own, all ended by `close`. */
export type Stage = World & {
  signingKey: KeyObject;
  device: () => Promise<Device>;
  calls: () => Promise<Call[]>;
  registrations: () => Promise<Registration[]>;
  journal: () => Promise<JournalRow[]>;
  updates: () => Promise<Update[]>;
  heard: () => Promise<Heard>;
  close: () => Promise<void>;
};

/** What the virtual telephone's ear reports. Levels in tenths of dBm0. */
export type Heard = {
  offHook: boolean;
  ringing: boolean;
  rings: number;
  /** polarity of the wires */
  reversed: boolean;
  tone: { name: string | null; frequencies: number[]; cadence: number[]; level: number } | null;
  digits: string;
  callerId: { number: string; name: string; dateTime: string; absence: string } | null;
  audio: { heardMs: number; activeMs: number; longestGapMs: number; level: number };
};

export async function openStage(options: Partial<WorldOptions> = {}): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), "tonalite-e2e-"));
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const world = await startWorld({ dir, trust: [{ name: "e2e", pem }], ...options });
  const of = (path: string): string => `/api/devices/${encodeURIComponent(world.deviceId)}${path}`;
  const list = async <T>(path: string): Promise<T[]> => (await world.acs.api.get<Page<T>>(of(path))).items;
  // World's parts are getters (the ACS and the box are replaced when they restart): they must not be copied.
  return Object.assign(Object.create(world) as World, {
    signingKey: privateKey,
    device: () => world.acs.api.get<Device>(of("")),
    calls: () => list<Call>("/calls"),
    registrations: () => list<Registration>("/registrations"),
    journal: () => list<JournalRow>("/journal"),
    updates: () => list<Update>("/updates"),
    heard: async () => (await world.ata.phone("heard"))["heard"] as Heard,
    close: async () => {
      await world.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  });
}

/**
 * Asks until `probe` gives an answer that is not `undefined`, and returns it.
 * The time limit bounds a failure; it is no claim about speed.
 * @throws Error naming what was awaited and what was seen last.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  seconds = 30,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not seen within ${seconds} s`, { cause: last });
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The line is registered as the ACS sees it, and the box is reachable over USP. */
export async function registered(stage: Stage): Promise<void> {
  await eventually(
    "the line to be registered and reported",
    async () => {
      const device = await stage.device();
      return device.lines[0]?.status === "Up" && device.connection === "usp" ? true : undefined;
    },
    60,
  );
}

/** Lifts the handset, waits for the dial tone, presses the keys. */
export async function dial(stage: Stage, keys: string): Promise<void> {
  await stage.ata.phone("forget");
  await stage.ata.phone("lift");
  await heardTone(stage, "dial");
  await stage.ata.phone("dial", { keys });
}

export function heardTone(stage: Stage, name: string): Promise<Heard> {
  return eventually(`the ${name} tone to be heard`, async () => {
    const heard = await stage.heard();
    return heard.tone?.name === name ? heard : undefined;
  });
}

export async function hangUp(stage: Stage): Promise<void> {
  await stage.ata.phone("hangup");
  await eventually("the line to be idle", async () => {
    const status = await stage.ata.phone("status");
    return (status["status"] as { offHook: boolean }).offHook ? undefined : true;
  });
}

/** The record of the one call since `since` calls were known. */
export function nextCall(stage: Stage, known: number): Promise<Call> {
  return eventually("the call's record", async () => {
    const calls = await stage.calls();
    return calls.length > known ? calls[0] : undefined;
  });
}

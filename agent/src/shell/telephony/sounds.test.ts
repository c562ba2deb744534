import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel } from "../../core/data-model/index.ts";
import { longestSoundFile } from "../../core/provisioning/index.ts";
import type { SoundKind } from "../../core/provisioning/index.ts";
import { openStore } from "../store/store.ts";
import type { Store } from "../store/store.ts";
import { showTones } from "../voice-status/index.ts";
import { openSounds } from "./sounds.ts";

const { regions } = loadProfiles();
const france = regions.get("fr") ?? expect.fail("no France");
const america = regions.get("us") ?? expect.fail("no America");
const lasting = (frequency: number, more: object = {}) => ({
  steps: [{ frequencies: [frequency], ms: 0, ...more }],
});
const ringing = { frequency: 25, cadence: [1000, 4000], distinctive: [] };

let directory: string;
let store: Store;
let warned: object[];
let changes: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sounds-"));
  store = openStore(directory);
  warned = [];
  changes = 0;
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});
const log = { debug() {}, info() {}, warn: (about: object) => void warned.push(about), error() {} };
const open = () => openSounds(store.values, regions, () => void (changes += 1), log);
const bytes = (content: unknown): Uint8Array => Buffer.from(JSON.stringify(content));
const take = (sounds: ReturnType<typeof open>, kind: SoundKind, content: object, region = "fr") =>
  sounds.take(kind, bytes({ region, ...content }), "fr");

describe("a file of sounds", () => {
  it("replaces the tones it names, and the ring, until the next file; also after a restart", () => {
    const sounds = open();
    expect(sounds.of(france)).toBe(france);
    expect(take(sounds, "tones", { tones: { dial: lasting(425) } })).toBeUndefined();
    expect(take(sounds, "ringing", { ringing })).toBeUndefined();
    expect(changes).toBe(2);
    for (const now of [sounds.of(france), open().of(france)]) {
      expect(now.tones.dial.steps).toMatchObject([{ frequencies: [425], level: -13 }]);
      expect(now.tones.busy).toEqual(france.tones.busy);
      expect(now.ringing).toEqual(ringing);
      expect(now.dialling).toBe(france.dialling);
    }
    expect(sounds.of(france)).toBe(sounds.of(france));
    expect(take(sounds, "tones", { tones: {} })).toBeUndefined();
    expect(take(sounds, "ringing", { ringing: null })).toBeUndefined();
    expect(sounds.of(france)).toEqual(france);
  });

  it("holds in its region only", () => {
    const sounds = open();
    take(sounds, "tones", { tones: { dial: lasting(425) } });
    expect(sounds.of(america)).toBe(america);
    expect(sounds.of(france).tones.dial.steps[0]?.frequencies).toEqual([425]);
  });

  it("is forgotten by a factory reset", () => {
    take(open(), "ringing", { ringing });
    store.forget();
    expect(open().of(france)).toBe(france);
  });

  it("stands in the Tone objects", () => {
    const model = createDeviceModel({ lines: 1 });
    const sounds = open();
    const show = showTones(model, () => sounds.of(france));
    take(sounds, "tones", { tones: { dial: lasting(425) } });
    show();
    expect(model.value("Device.Services.VoiceService.1.Tone.Pattern.1.Frequency1")).toBe("425");
  });

  it("that a later firmware cannot use leaves the region's sounds", () => {
    store.values.set("sounds", { region: "fr", tones: { dial: lasting(60) } });
    expect(open().of(france)).toBe(france);
    expect(warned).toEqual([{ problem: expect.any(String) as string }]);
  });

  it("at its fullest fits the length that is read", () => {
    const step = { frequencies: [1000, 1000, 1000, 1000], level: -13.123456789, ms: 100000 };
    const tone = { steps: Array.from({ length: 8 }, () => step), repeat: 100, lead: { steps: 7, plays: 50 } };
    const tones = Object.fromEntries(Object.keys(france.tones).map((name) => [name, tone]));
    expect(bytes({ region: "fr", tones }).length).toBeLessThan(longestSoundFile);
  });

  const busy = france.tones.busy;
  const wrong: [string, SoundKind, object][] = [
    ["holds nothing", "tones", {}],
    ["is of the other type", "tones", { ringing }],
    ["holds both", "ringing", { ringing, tones: {} }],
    ["is for another region", "tones", { region: "us", tones: {} }],
    ["names a tone that nobody knows", "tones", { tones: { moo: lasting(425) } }],
    ["holds more than a file may", "tones", { tones: {}, services: [] }],
    ["holds a frequency that no telephone carries", "tones", { tones: { dial: lasting(4000) } }],
    ["holds a silent tone", "tones", { tones: { dial: { steps: [{ frequencies: [], ms: 0 }] } } }],
    ["holds a tone too soft to hear", "tones", { tones: { howler: lasting(1400, { level: -50 }) } }],
    ["makes a refusal sound like a busy line", "tones", { tones: { refused: busy } }],
    ["makes a confirmation endless", "tones", { tones: { confirmation: lasting(425) } }],
    ["rings at a frequency that no bell knows", "ringing", { ringing: { ...ringing, frequency: 400 } }],
    ["rings too shortly", "ringing", { ringing: { ...ringing, cadence: [100, 4000] } }],
    ["has a part that the engine does not take", "ringing", { ringing: { ...ringing, cadence: [0, 4000] } }],
    ["never rings again", "ringing", { ringing: { ...ringing, cadence: [1000, 60_000] } }],
    ["leaves no room for the caller's number", "ringing", { ringing: { ...ringing, cadence: [1000, 1000] } }],
    [
      "rings too shortly for a name",
      "ringing",
      { ringing: { ...ringing, distinctive: [{ alert: "x", cadence: [20, 4000] }] } },
    ],
  ];
  it.each(wrong)("that %s changes nothing", (_why, kind, content) => {
    const sounds = open();
    take(sounds, "tones", { tones: { dial: lasting(425) } });
    const before = sounds.of(france);
    expect(take(sounds, kind, content)).toEqual(expect.any(String));
    expect(sounds.of(france)).toBe(before);
    expect(open().of(france)).toEqual(before);
    expect(changes).toBe(1);
  });

  it.each([
    ["no JSON", Buffer.from("<tones/>")],
    ["no text", Buffer.from([0xff, 0xfe])],
    ["nothing", Buffer.alloc(0)],
  ])("that is %s changes nothing", (_why, file) => {
    const sounds = open();
    expect(sounds.take("tones", file, "fr")).toEqual(expect.any(String));
    expect(sounds.of(france)).toBe(france);
  });
});

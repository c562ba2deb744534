import type { Page } from "@tonalite/acs/api";
import { startFarEnd, startSpeaker } from "@tonalite/scripts/telephony";
import type { FarEnd, Speaker } from "@tonalite/scripts/telephony";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, heardTone, openStage, registered } from "./stage.ts";
import type { Heard, Stage } from "./stage.ts";

/** Two far ends with voices of their own, and one that takes a transfer. */
const first = { number: "9100", hertz: 500 };
const second = { number: "9101", hertz: 1250 };
const transferee = "9200";

describe("three at the telephone", () => {
  let stage: Stage;
  let one: Speaker;
  let two: Speaker;
  let referred: FarEnd;
  let known = 0;
  beforeAll(async () => {
    one = await startSpeaker(first.hertz);
    two = await startSpeaker(second.hertz);
    referred = await startFarEnd({ kind: "transferee" });
    const routes = { [first.number]: one.port, [second.number]: two.port, [transferee]: referred.port };
    stage = await openStage({ routes });
    await registered(stage);
  });
  afterAll(async () => {
    await stage?.close();
    for (const part of [one, two, referred]) await part?.stop();
  });
  afterEach(async () => {
    await hangUp(stage);
    await eventually("the line to be idle for the provider", async () =>
      (await stage.device()).lines[0]?.callStatus === "Idle" ? true : undefined,
    );
    known = (await stage.calls()).length;
  });

  /** A setting of the line, as support makes it; resolves when the box has it. */
  const set = async (path: string, value: string): Promise<void> => {
    const name = `Device.Services.VoiceService.1.${path}`;
    const device = `/api/devices/${encodeURIComponent(stage.deviceId)}`;
    await stage.acs.api.patch(device, { desired: { [name]: value } });
    await eventually(`${name} to be ${value}`, async () => {
      const { items } = await stage.acs.api.get<Page<{ path: string; value: string }>>(
        `${device}/parameters?search=${name}`,
      );
      return items.some((one) => one.value === value) ? true : undefined;
    });
  };
  /** The telephone's ear hears exactly these, Hz. */
  const hears = (...hertz: number[]): Promise<Heard> =>
    eventually(`${hertz.join(" and ")} Hz to be heard`, async () => {
      const heard = await stage.heard();
      const found = heard.tone?.frequencies ?? [];
      const all = found.every((one, at) => Math.abs(one - (hertz[at] ?? 0)) < one * 0.015);
      return found.length === hertz.length && all ? heard : undefined;
    });
  /** The recall key, its dial tone, and a digit or a number. */
  const recall = async (keys: string): Promise<void> => {
    await stage.ata.phone("flash", { ms: 250 });
    await heardTone(stage, "special-dial");
    await stage.ata.phone("dial", { keys });
  };
  const records = (count: number): Promise<true> =>
    eventually("the calls' records", async () =>
      (await stage.calls()).length === known + count ? true : undefined,
    );

  it("R and a number puts a call on hold, R 3 brings all three together, and each hears the others", async () => {
    await dial(stage, first.number);
    await hears(first.hertz);
    await recall(second.number);
    await hears(second.hertz);
    await recall("2");
    await hears(first.hertz);
    await recall("3");
    await hears(first.hertz, second.hertz);
    await stage.ata.phone("forget");
    await stage.ata.phone("speak", { frequency: 900, ms: 3000 });
    await eventually("three seconds of talk", async () =>
      (await stage.heard()).audio.heardMs > 3500 ? true : undefined,
    );
    await hangUp(stage);
    await records(2);
    const calls = (await stage.calls()).slice(0, 2);
    expect(calls.map(({ to, cause }) => [to, cause])).toEqual(
      expect.arrayContaining([
        [first.number, "normal"],
        [second.number, "normal"],
      ]),
    );
    // Three seconds were spoken; a busy machine may break some of them.
    expect(secondsWith(one.heard(), 900, second.hertz)).toBeGreaterThan(1);
    expect(secondsWith(two.heard(), 900, first.hertz)).toBeGreaterThan(1);
    // Nobody hears himself, and who was on hold heard nobody.
    expect(secondsWith(one.heard(), first.hertz)).toBe(0);
    expect(secondsWith(two.heard(), second.hertz)).toBe(0);
  });

  it("hanging up hands one far end to the other, where the line may", async () => {
    await set("CallControl.CallingFeatures.Set.1.CallTransferEnable", "true");
    await dial(stage, transferee);
    await recall("9000");
    await stage.ata.phone("forget");
    await stage.ata.phone("speak", { frequency: 900, ms: 8000 });
    await hears(900);
    await hangUp(stage);
    await records(2);
    const heard = await stage.heard();
    expect(heard).toMatchObject({ rings: 0 });
    expect((await stage.calls()).slice(0, 2).map(({ cause }) => cause)).toEqual(["normal", "normal"]);
    await set("CallControl.CallingFeatures.Set.1.CallTransferEnable", "false");
  });

  it("a line with a meter tells it of the answer by its wires, until the call is over", async () => {
    await set("POTS.FXS.1.X_TONALITE_AnswerSignal", "Polarity");
    const reversed = (wanted: boolean): Promise<true> =>
      eventually(`the wires to be ${wanted ? "" : "not "}reversed`, async () =>
        (await stage.heard()).reversed === wanted ? true : undefined,
      );
    await dial(stage, first.number);
    await reversed(true);
    await recall(second.number);
    await hears(second.hertz);
    expect((await stage.heard()).reversed).toBe(true);
    await recall("3"); // with both, so that neither calls back
    await hears(first.hertz, second.hertz);
    expect((await stage.heard()).reversed).toBe(true);
    await hangUp(stage);
    await reversed(false);
  });
});

/** For how long all of these tones were heard at once; those that speak loudest here have about −18 dBFS. */
function secondsWith(samples: Float32Array, ...hertz: number[]): number {
  const window = 800;
  let windows = 0;
  for (let at = 0; at + window <= samples.length; at += window) {
    const part = samples.subarray(at, at + window);
    if (hertz.every((one) => amplitude(part, one) > 0.02)) windows += 1;
  }
  return (windows * window) / 8000;
}

/** Of a sine in the samples (8000 a second), 1 at full scale. */
function amplitude(samples: Float32Array, hertz: number): number {
  let real = 0;
  let imaginary = 0;
  for (const [at, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hertz * at) / 8000;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

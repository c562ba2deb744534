import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel, type DataModel } from "../../core/data-model/index.ts";
import type { CallRecord } from "../../core/records/index.ts";
import { openStore, type Store } from "../store/store.ts";
import { runLineTests, showCallLog, showTones } from "./index.ts";

const service = "Device.Services.VoiceService.1.";
let model: DataModel;
let store: Store;
let state: string;
beforeEach(() => {
  model = createDeviceModel({ lines: 1 });
  state = mkdtempSync(join(tmpdir(), "tonalite-voice-"));
  store = openStore(state);
});
afterEach(() => {
  store.close();
  rmSync(state, { recursive: true });
});

const record = (change: Partial<CallRecord> = {}): CallRecord => ({
  line: 1,
  direction: "outgoing",
  from: "100",
  to: "0155501234",
  sipCallId: "x",
  start: "2026-11-22T05:00:00.123Z",
  answer: "2026-11-22T05:00:03.000Z",
  end: "2026-11-22T05:01:00.000Z",
  durationSeconds: 57,
  cause: "normal",
  endedBy: "remote",
  sipCode: 200,
  sipReason: "OK",
  codec: "PCMA",
  media: {
    txPackets: 2850,
    rxPackets: 2800,
    lost: 50,
    jitterMs: 1.5,
    remoteLost: 3,
    remoteJitterMs: 0.25,
    roundTripMs: 20.5,
    late: 4,
    underruns: 2,
  },
  terms: [],
  ...change,
});

describe("the call log", () => {
  const first = `${service}CallLog.1.`;
  const rtp = (side: string, name: string) => model.value(`${first}Session.1.${side}.RTP.${name}`);

  it("shows the newest call first, with what both ends measured", () => {
    showCallLog(model, store.journal);
    expect(model.instances(`${service}CallLog.`)).toEqual([]);
    store.journal.append("call", record({ to: "1" }));
    store.journal.append("call", record());
    expect(model.value(`${service}CallLogNumberOfEntries`)).toBe("2");
    expect(model.value(`${first}CalledPartyNumber`)).toBe("0155501234");
    expect(model.value(`${first}Source`)).toBe(`${service}CallControl.Line.1`);
    expect(model.value(`${first}CallTerminationCause`)).toBe("RemoteDisconnect");
    expect(model.value(`${first}Start`)).toBe("2026-11-22T05:00:00Z");
    expect([rtp("Source", "PacketsReceived"), rtp("Source", "ReceivePacketLossRate")]).toEqual(["2800", "2"]);
    expect([rtp("Source", "RoundTripDelay"), rtp("Source", "PacketsDiscarded")]).toEqual(["20500", "4"]);
    expect([rtp("Destination", "PacketsLost"), rtp("Destination", "ReceiveInterarrivalJitter")]).toEqual([
      "3",
      "250",
    ]);
    expect(model.value(`${first}Session.1.Source.DSP.ReceiveCodec.Codec`)).toBe(
      `${service}Capabilities.Codec.1`,
    );
    expect(model.value(`${first}Session.1.Source.VoiceQuality.VoIPQualityIndicator`)).toBe("");
    expect(model.value(`${first}Session.1.StreamType`)).toBe("Audio");
    const fax = { mode: "T.38", pages: 1, bitRate: 9600, errorCorrection: true, complete: true } as const;
    store.journal.append("call", record({ fax }));
    expect(model.value(`${first}Session.1.StreamType`)).toBe("Fax");
    const { media } = record();
    store.journal.append(
      "call",
      record({
        codec: "G722",
        media: media === null ? null : { ...media, mos: 4.321, bursts: 2, remoteMos: 3.9 },
      }),
    );
    expect(model.value(`${first}Session.1.Source.VoiceQuality.VoIPQualityIndicator`)).toBe("4321");
    expect(model.value(`${first}Session.1.Destination.VoiceQuality.VoIPQualityIndicator`)).toBe("3900");
    expect([rtp("Source", "BurstCount"), rtp("Destination", "BurstCount")]).toEqual(["2", "0"]);
    expect([rtp("Source", "SamplingFrequency"), rtp("Destination", "PacketsSent")]).toEqual(["16000", "0"]);
  });

  it("has our figures on the other side of a call that came in, and none of one that was never answered", () => {
    showCallLog(model, store.journal);
    store.journal.append("call", record({ direction: "incoming" }));
    expect([rtp("Destination", "PacketsReceived"), rtp("Source", "PacketsLost")]).toEqual(["2800", "3"]);
    store.journal.append(
      "call",
      record({ answer: null, media: null, codec: null, cause: "busy", endedBy: "remote" }),
    );
    expect([rtp("Source", "PacketsReceived"), rtp("Source", "RoundTripDelay")]).toEqual(["0", "-1"]);
    expect(model.value(`${first}CallTerminationCause`)).toBe("RemoteBusy");
  });

  it("is bounded, survives a restart, and gives only what its declarations take", () => {
    for (let number = 1; number <= 25; number += 1)
      store.journal.append("call", record({ to: String(number) }));
    store.journal.acknowledge(25);
    showCallLog(model, store.journal);
    expect(model.instances(`${service}CallLog.`)).toHaveLength(20);
    expect(model.value(`${first}CalledPartyNumber`)).toBe("25");
    expect(model.value(`${service}CallLog.20.CalledPartyNumber`)).toBe("6");
    for (const { path, value } of model.read(`${service}CallLog.`)) {
      const allowed = model.declaration(path)?.enum;
      if (allowed !== undefined) expect(allowed).toContain(value);
    }
  });
});

describe("tones", () => {
  it("are the region's, step by step, and change with it", async () => {
    const { regions } = loadProfiles();
    let region = regions.get("fr");
    showTones(model, () => region ?? expect.fail("no French tones"));
    const names = () =>
      model.read(`${service}Tone.Description.`).filter(({ path }) => path.endsWith("ToneName"));
    expect(names().map(({ value }) => value)).toEqual(Object.keys(region?.tones ?? {}));
    const busy = names().findIndex(({ value }) => value === "busy") + 1;
    const pattern = model.value(`${service}Tone.Description.${busy}.TonePattern`);
    expect(model.value(`${pattern}.Frequency1`)).toBe("440");
    const silence = model.value(`${pattern}.NextPattern`);
    expect([model.value(`${silence}.ToneOn`), model.value(`${silence}.NextPattern`)]).toEqual([
      "false",
      pattern,
    ]);
    region = regions.get("us");
    model.write([{ path: "Device.X_TONALITE_Terms.Region", value: "us" }], "cwmp");
    await expect
      .poll(() => model.value(`${model.value(`${service}Tone.Description.${busy}.TonePattern`)}.Frequency1`))
      .toBe("480");
  });
});

describe("the tests of a port", () => {
  const test = `${service}POTS.FXS.1.DiagTests.`;
  const ask = async (TestSelector: string) => {
    model.write(
      [
        { path: `${test}DiagnosticsState`, value: "Requested" },
        { path: `${test}TestSelector`, value: TestSelector },
      ],
      "cwmp",
    );
    await Promise.resolve();
    return [model.value(`${test}DiagnosticsState`), model.value(`${test}TestResult`)];
  };

  it("tell whether the handset lies on its cradle, and that the rest is beyond the hardware", async () => {
    let lifted = true;
    let told = 0;
    runLineTests(
      model,
      () => lifted,
      () => (told += 1),
    );
    expect(await ask("Off-hook")).toEqual(["Complete", "Failure"]);
    lifted = false;
    expect(await ask("Off-hook")).toEqual(["Complete", "Success"]);
    expect((await ask("REN"))[0]).toBe("Error_Other");
    expect(told).toBe(3);
    model.write([{ path: `${test}TestSelector`, value: "Off-hook" }], "cwmp");
    expect(model.value(`${test}DiagnosticsState`)).toBe("None");
  });
});

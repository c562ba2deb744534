import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDeviceModel, type DataModel } from "../../core/data-model/index.ts";
import type { EngineEvent } from "../../core/engine-event.ts";
import { openStore, type Store } from "../store/store.ts";
import { type Alarms, keepAlarms, showKinds } from "./index.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} } as never;
const base = "Device.FaultMgmt.";
const client = "Device.Services.VoiceService.1.SIP.Client.1.Status";
let model: DataModel;
let store: Store;
let state: string;
let alarms: Alarms;
let fault: (event: EngineEvent) => void;
let told: string[];
function start(crash: string | null = null, status = "Disabled") {
  model = createDeviceModel({ lines: 1 });
  model.publish(client, status);
  showKinds(model);
  alarms = keepAlarms({ model, store, state, crash, log });
  model.subscribe(({ path }) => {
    const notify = model.declaration(path)?.notify;
    if (path.startsWith(base) && notify !== undefined && notify !== "off") told.push(`${notify} ${path}`);
  });
  alarms.start({ onEvent: (listener) => (fault = listener) });
}
beforeEach(() => {
  vi.useFakeTimers({
    now: Date.UTC(2026, 10, 22),
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
  state = mkdtempSync(join(tmpdir(), "tonalite-alarms-"));
  store = openStore(state);
  told = [];
});
afterEach(() => {
  alarms.stop();
  vi.useRealTimers();
  store.close();
  rmSync(state, { recursive: true });
});
const current = () =>
  model
    .instances(`${base}CurrentAlarm.`)
    .map((row) => model.value(`${base}CurrentAlarm.${row}.SpecificProblem`));
const journal = () =>
  store.journal
    .pending(99)
    .flatMap(({ data, kind }) => (kind === "alarm" ? [`${data.change} ${data.kind}`] : []));
const wait = (ms: number) => vi.advanceTimersByTime(ms);

describe("the alarms of a box", () => {
  it("name a telephone's port that is gone, until it is back or the engine starts anew", () => {
    start();
    const port = { seq: 1, t: 1, dropped: 0, event: "port", line: 0 } as const;
    fault({ ...port, usable: false, code: 19, reason: "No such device" });
    expect(current()).toEqual(["Telephone port lost"]);
    wait(3_600_000);
    expect(current()).toContain("Telephone port lost");
    fault({ ...port, usable: true, code: 0, reason: "" });
    expect(current()).not.toContain("Telephone port lost");
    fault({ ...port, usable: false, code: 19, reason: "No such device" });
    alarms.stop();
    start();
    expect(current()).not.toContain("Telephone port lost");
  });

  it("name a line that stays unregistered, and tell the ACS at once", () => {
    start();
    model.publish(client, "Error_Network");
    wait(29_000);
    expect(current()).toEqual([]);
    wait(2000);
    expect(current()).toEqual(["Line not registered"]);
    expect(model.value(`${base}CurrentAlarm.1.AdditionalText`)).toContain("Error_Network");
    expect(told).toEqual([`active ${base}ExpeditedEvent.1.EventTime`]);
    model.publish(client, "Up");
    expect(current()).toEqual([]);
    expect(journal()).toEqual(["NewAlarm line-unregistered", "ClearedAlarm line-unregistered"]);
    expect(model.value(`${base}HistoryEventNumberOfEntries`)).toBe("2");
    expect(model.value(`${base}ExpeditedEvent.2.PerceivedSeverity`)).toBe("Cleared");
  });

  it("say nothing of a line that is back soon, or switched off", () => {
    start();
    model.publish(client, "Error_Network");
    wait(10_000);
    model.publish(client, "Up");
    model.publish(client, "Registering");
    model.publish(client, "Disabled");
    wait(60_000);
    expect(journal()).toEqual([]);
  });

  it("survive a restart, with their identifiers, and go then", () => {
    start();
    model.publish(client, "Error_Registration");
    wait(31_000);
    const identifier = model.value(`${base}CurrentAlarm.1.AlarmIdentifier`);
    alarms.stop();
    start(null, "Registering");
    expect(model.value(`${base}CurrentAlarm.1.AlarmIdentifier`)).toBe(identifier);
    expect(model.value(`${base}HistoryEventNumberOfEntries`)).toBe("1");
    model.publish(client, "Up");
    expect(journal()).toEqual(["NewAlarm line-unregistered", "ClearedAlarm line-unregistered"]);
  });

  it("tell of a failed update, a crash and the engine's faults, each until it is over", async () => {
    start("TypeError: x");
    expect(current()).toEqual(["Restarted without order"]);
    fault({ event: "fault", line: 0, code: 5, message: "no audio", seq: 1, t: 0, dropped: 0 });
    model.publish("Device.X_TONALITE_Update.State", "rolled-back");
    await Promise.resolve();
    expect(current()).toHaveLength(3);
    model.publish("Device.X_TONALITE_Update.State", "checking");
    await Promise.resolve();
    wait(300_001);
    expect(current()).toEqual([]);
  });

  it("are told as management wants it, or not at all", () => {
    start();
    const reporting = `${base}SupportedAlarm.1.ReportingMechanism`;
    model.write([{ path: reporting, value: "1 Queued" }], "cwmp");
    model.publish(client, "Error_Network");
    wait(31_000);
    expect(told).toEqual([`passive ${base}QueuedEvent.1.EventTime`]);
    model.publish(client, "Up");
    model.write([{ path: reporting, value: "3 Disabled" }], "cwmp");
    model.publish(client, "Error_Network");
    wait(31_000);
    expect(current()).toEqual([]);
  });

  it("tell of a clock that was never set, until it is", () => {
    vi.setSystemTime(0);
    start();
    expect(current()).toEqual(["Clock not set"]);
    vi.setSystemTime(Date.UTC(2026, 10, 22));
    wait(60_000);
    expect(current()).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AlarmCondition } from "../core/alarms/index.ts";
import { createDeviceModel, type DataModel } from "../core/data-model/index.ts";
import { openSafeMode, type SafeModeGate } from "./safe-mode.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} } as never;
const resume = "Device.X_TONALITE_Voice.Resume";
const crash = { version: "1.0.0", words: "the agent ended by SIGSEGV" };
let kept: Map<string, unknown>;
let model: DataModel;
let told: AlarmCondition[];
let restarts: string[];
let end: () => void;

const values = {
  get: (key: string) => kept.get(key),
  set: (key: string, value: unknown) => void kept.set(key, structuredClone(value)),
  delete: (key: string) => void kept.delete(key),
};
const start = (crashed: boolean): SafeModeGate =>
  openSafeMode(values, { version: "1.0.0", ofBox: !crashed, trial: false, crash: crashed ? crash : null });
const begin = (gate: SafeModeGate): void => {
  end = gate.begin(model, { tell: (condition) => told.push(condition) }, (why) => restarts.push(why), log);
};
function crashThrice(): SafeModeGate {
  for (const crashed of [false, true, true]) start(crashed);
  return start(true);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  kept = new Map();
  told = [];
  restarts = [];
  model = createDeviceModel({ lines: 1 });
});
afterEach(() => {
  end();
  vi.useRealTimers();
});

describe("safe mode of an agent", () => {
  it("is shown, told, and ends with a start of the box when its time is over", () => {
    begin(crashThrice());
    expect(model.value("Device.X_TONALITE_Voice.State")).toBe("SafeMode");
    expect(model.value("Device.X_TONALITE_Voice.Reason")).toMatch(/^3 crashes.*SIGSEGV$/);
    expect(told).toMatchObject([
      { holds: true, kind: "safe-mode", text: expect.stringMatching(/SIGSEGV/) as string },
    ]);
    vi.advanceTimersByTime(899_000);
    expect(restarts).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(restarts).toHaveLength(1);
  });

  it("ends when management says so", async () => {
    begin(crashThrice());
    model.write([{ path: resume, value: "false" }], "cwmp");
    model.write([{ path: resume, value: "true" }], "cwmp");
    await new Promise((resolve) => setImmediate(resolve));
    expect(restarts).toEqual([expect.stringMatching(/management/)]);
  });

  it("is not begun otherwise: the alarm goes, and nothing waits", () => {
    begin(start(false));
    expect(told).toMatchObject([{ holds: false, kind: "safe-mode" }]);
    model.write([{ path: resume, value: "true" }], "cwmp");
    vi.advanceTimersByTime(86_400_000);
    expect([restarts, model.value("Device.X_TONALITE_Voice.State")]).toEqual([[], "Working"]);
  });

  it("lasts longer the next time, unless voice has worked for five minutes in between", () => {
    crashThrice();
    begin(start(false));
    vi.advanceTimersByTime(299_000);
    end();
    expect(crashThrice().mode).toMatchObject({ remaining: 1800 });
    begin(start(false));
    vi.advanceTimersByTime(301_000);
    expect(crashThrice().mode).toMatchObject({ remaining: 900 });
  });

  it("begins with voice when what is kept cannot be read", () => {
    kept.set("crashes", { version: 1 });
    begin(start(true));
    expect(restarts).toEqual([]);
  });
});

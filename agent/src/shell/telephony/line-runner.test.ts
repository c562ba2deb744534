import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDeviceModel } from "../../core/data-model/index.ts";
import type { EngineEvent } from "../../core/engine-event.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import type { CallRecord } from "../../core/records/index.ts";
import { openStore } from "../store/store.ts";
import type { Store } from "../store/store.ts";
import { startTelephony } from "./telephony.ts";
import type { Telephony } from "./telephony.ts";

const profiles = loadProfiles();
const hardware = profiles.hardware.get("virtual/sim")!;
const defaultRegion = profiles.regions.get("fr")!;
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const service = "Device.Services.VoiceService.1.";

let directory: string;
let store: Store;
let telephony: Telephony;
let tell: (event: { event: EngineEvent["event"]; [member: string]: unknown }) => void;
const engine = {
  lineSetup: vi.fn(),
  tone: vi.fn(),
  ring: vi.fn(),
  offHook: () => false,
  account: vi.fn(),
  dial: vi.fn(() => 7),
  answer: vi.fn(),
  hangUp: vi.fn(),
  watch: vi.fn(),
};
const model = createDeviceModel({ lines: 1 });

beforeEach(() => {
  vi.clearAllMocks();
  directory = mkdtempSync(join(tmpdir(), "runner-"));
  store = openStore(directory);
  start();
});
afterEach(() => {
  telephony.stop();
  store.close();
  rmSync(directory, { recursive: true });
});

function start(): void {
  const listeners: ((event: EngineEvent) => void)[] = [];
  const onEvent = (listener: (event: EngineEvent) => void) => void listeners.push(listener);
  for (const [path, value] of Object.entries({
    [`${service}CallControl.Line.1.Enable`]: "true",
    [`${service}CallControl.Line.1.DirectoryNumber`]: "0145000001",
    [`${service}SIP.Client.1.Enable`]: "true",
    [`${service}SIP.Network.1.Enable`]: "true",
    [`${service}SIP.Network.1.RegistrarServer`]: "127.0.0.1",
    "Device.X_TONALITE_Terms.Provider": "ippi",
    "Device.X_TONALITE_Terms.MaximumCallDuration": "1",
  }))
    model.write([{ path, value }], "cwmp");
  telephony = startTelephony({
    engine: { ...engine, onEvent } as unknown as VoiceEngine,
    model,
    authorities: "",
    store,
    profiles: { ...profiles, hardware, defaultRegion },
    log: quiet,
  });
  const head = {
    seq: 1,
    t: 1,
    dropped: 0,
    line: 0,
    number: "0612345678",
    name: "",
    sipCallId: "id",
    code: 200,
  };
  tell = (event) => {
    for (const listener of listeners) listener({ ...head, reason: "", expires: 60, ...event } as EngineEvent);
  };
  tell({ event: "registration", state: "registered" });
}

const figures = {
  by: "local",
  code: 200,
  reason: "OK",
  reasonHeader: "",
  codec: "PCMA",
  startUs: 1,
  answerUs: 2,
  endUs: 3,
  txPackets: 0,
  rxPackets: 0,
  rxLost: 0,
  rxJitterUs: 0,
  txLost: 0,
  txJitterUs: 0,
  rttUs: 0,
  late: 0,
  underruns: 0,
} as const;
const records = (): CallRecord[] =>
  store.journal.pending(50).flatMap((e) => (e.kind === "call" ? [e.data] : []));
const dial = (keys: string): void => {
  tell({ event: "hook", offHook: true });
  for (const digit of keys) tell({ event: "digit", digit });
};

describe("a line at work", () => {
  it("ends a call at the limit, after a warning, as the terms' decision", async () => {
    dial("0145678901");
    tell({ event: "call", state: "established", call: 7, direction: "out" });
    await vi.waitFor(() => expect(engine.hangUp).toHaveBeenCalledWith(7, 0, "Call limit"), 3000);
    const warning = expect.objectContaining({ repeat: 3 });
    expect(engine.tone).toHaveBeenCalledWith(0, warning);
    tell({ event: "call", state: "ended", call: 7, direction: "out", ...figures });
    expect(records()).toEqual([
      expect.objectContaining({
        cause: "limit",
        endedBy: "device",
        terms: [expect.objectContaining({ clause: "9.6", effect: "limit:1" })],
      }),
    ]);
  });

  it("tells a fax in the call's record, and ends one that the terms do not carry", () => {
    dial("0145678901");
    tell({ event: "call", state: "established", call: 7, direction: "out" });
    tell({ event: "fax", state: "began", call: 7 });
    tell({ event: "fax", state: "relay", call: 7 });
    tell({ event: "fax", state: "page", call: 7, pages: 1, more: false });
    const media = { txPackets: 1, rxPackets: 1, repaired: 0, lost: 0 };
    const fax = { mode: "T.38", pages: 1, rate: 9600, ecm: true, complete: true, ...media };
    tell({ event: "fax", state: "ended", call: 7, ...fax });
    expect(engine.hangUp).not.toHaveBeenCalled();
    tell({ event: "call", state: "ended", call: 7, direction: "out", ...figures });
    expect(records()).toEqual([
      expect.objectContaining({
        fax: { mode: "T.38", pages: 1, bitRate: 9600, errorCorrection: true, complete: true },
        terms: [
          expect.objectContaining({ rule: "callDuration" }),
          { provider: "ippi", rule: "fax", clause: "5.5", effect: "not-guaranteed" },
        ],
      }),
    ]);
  });

  it("ends a fax on a line that was not tried with one, where the terms want that (Voxbi 13.7)", async () => {
    const setProvider = async (value: string): Promise<void> => {
      model.write([{ path: "Device.X_TONALITE_Terms.Provider", value }], "cwmp");
      await new Promise((resolve) => setImmediate(resolve));
    };
    await setProvider("voxbi");
    try {
      expect(engine.account).toHaveBeenLastCalledWith(
        0,
        expect.objectContaining({ fax: expect.objectContaining({ mode: "off" }) }),
      );
      tell({ event: "registration", state: "registered" });
      dial("0145678901");
      tell({ event: "call", state: "established", call: 7, direction: "out" });
      tell({ event: "fax", state: "began", call: 7 });
      expect(engine.hangUp).toHaveBeenCalledWith(7, 0, "Fax limit");
      tell({ event: "call", state: "ended", call: 7, direction: "out", ...figures });
      const [record] = records();
      expect(record).toMatchObject({ cause: "refused-by-terms", endedBy: "device" });
      expect(record?.terms).toContainEqual({
        provider: "voxbi",
        rule: "fax",
        clause: "13.7",
        effect: "refused",
      });
    } finally {
      await setProvider("ippi");
    }
  });

  describe("when the prepaid credit is used up (IPPI 9.2)", () => {
    const setTerm = async (name: string, value: string): Promise<void> => {
      model.write([{ path: `Device.X_TONALITE_Terms.${name}`, value }], "cwmp");
      await new Promise((resolve) => setImmediate(resolve));
    };
    const setState = (value: string): Promise<void> => setTerm("ServiceState", value);
    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      await setTerm("MaximumCallDuration", "0");
    });
    afterEach(async () => {
      vi.useRealTimers();
      await setState("Active");
    });
    const warned = () => engine.tone.mock.calls.filter(([, tone]) => tone?.repeat === 3).length;

    it.each(["established", "calling"])(
      "warns and ends a paid call that is %s, by its clause",
      async (state) => {
        dial("0145678901");
        tell({ event: "call", state, call: 7, direction: "out" });
        await setState("CreditExhausted");
        expect(warned()).toBe(state === "established" ? 1 : 0);
        vi.advanceTimersByTime(4900);
        expect(engine.hangUp).not.toHaveBeenCalled();
        vi.advanceTimersByTime(100);
        expect(engine.hangUp).toHaveBeenCalledWith(7, 0, "Call limit");
        tell({ event: "call", state: "ended", call: 7, direction: "out", ...figures });
        const [record] = records();
        expect(record).toMatchObject({ cause: "limit", endedBy: "device" });
        expect(record?.terms).toContainEqual({
          provider: "ippi",
          rule: "prepaidCredit",
          clause: "9.2",
          effect: "credit-exhausted",
        });
      },
    );

    it("lets it go on when the credit is back in time, and warns anew the next time", async () => {
      dial("0145678901");
      tell({ event: "call", state: "established", call: 7, direction: "out" });
      await setState("CreditExhausted");
      vi.advanceTimersByTime(4900);
      await setState("Active");
      vi.advanceTimersByTime(60_000);
      expect(engine.hangUp).not.toHaveBeenCalled();
      await setState("CreditExhausted");
      expect(warned()).toBe(2);
    });

    it.each([
      ["a free call", "008835100012345", "out"],
      ["an incoming call", "0612345678", "in"],
    ])("leaves %s alone", async (_what, number, direction) => {
      if (direction === "out") dial(number);
      else {
        tell({ event: "call", state: "incoming", call: 7, direction, number });
        tell({ event: "hook", offHook: true });
      }
      tell({ event: "call", state: "established", call: 7, direction });
      await setState("CreditExhausted");
      vi.advanceTimersByTime(60_000);
      expect(warned()).toBe(0);
      expect(engine.hangUp).not.toHaveBeenCalled();
    });
  });

  it("goes on with the call that takes another's place, and has a record of each", () => {
    dial("0145678901");
    tell({ event: "call", state: "established", call: 7, direction: "out" });
    tell({ event: "call", state: "replacing", call: 8, direction: "in", number: "0499", replaces: 7 });
    const end = { event: "call", state: "ended", ...figures } as const;
    tell({ ...end, call: 7, direction: "out", by: "remote" });
    tell({ event: "call", state: "established", call: 8, direction: "in" });
    expect(telephony.report(0).state).toMatchObject({ state: "talking", call: 8 });
    tell({ event: "hook", offHook: false });
    expect(engine.hangUp.mock.calls).toEqual([[8, 0, ""]]);
    tell({ ...end, call: 8, direction: "in" });
    expect(records()).toEqual([
      expect.objectContaining({ direction: "outgoing", to: "0145678901", cause: "normal" }),
      expect.objectContaining({ direction: "incoming", from: "0499", cause: "normal" }),
    ]);
  });

  it("turns a second call away as busy, and so has two records in the end", () => {
    dial("0145678901");
    tell({ event: "call", state: "incoming", call: 8, direction: "in" });
    expect(engine.hangUp).toHaveBeenCalledWith(8, 486, "Busy Here");
    tell({ event: "call", state: "ended", call: 8, direction: "in", ...figures, code: 486, answerUs: 0 });
    // One that the engine turned away without asking.
    tell({ event: "call", state: "ended", call: 9, direction: "in", ...figures, code: 486, answerUs: 0 });
    expect(records()).toEqual(
      [8, 9].map(() => expect.objectContaining({ cause: "busy", endedBy: "device" })),
    );
  });

  it("keeps its account while a call is up, and changes it after", async () => {
    dial("0145678901");
    engine.account.mockClear();
    model.write([{ path: `${service}SIP.Network.1.RegistrarServerPort`, value: "5099" }], "cwmp");
    await new Promise((resolve) => setImmediate(resolve));
    expect(engine.account).not.toHaveBeenCalled();
    tell({ event: "call", state: "ended", call: 7, direction: "out", ...figures });
    expect(engine.account).toHaveBeenCalledWith(0, expect.objectContaining({ proxyPort: 5099 }));
  });

  it("that lost power in a call has its record at the next start, once", () => {
    dial("0145678901");
    telephony.stop();
    start();
    start();
    expect(records()).toEqual([
      expect.objectContaining({ cause: "error", endedBy: "device", to: "0145678901" }),
    ]);
  });

  it("records a call that the engine does not take", () => {
    engine.dial.mockImplementationOnce(() => {
      throw new Error("EIO");
    });
    dial("0145678901");
    expect(records()).toEqual([expect.objectContaining({ cause: "error", sipCode: null })]);
  });
});

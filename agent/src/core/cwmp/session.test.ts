import { describe, expect, it } from "vitest";
import type { Cpe, CpeEffect, CpeEvent } from "./cpe.ts";
import { startCpe } from "./cpe.ts";
import { CwmpError } from "./error.ts";
import type { StoredEvent, Transfer } from "./events.ts";
import { stepCpe } from "./session.ts";
import type { CwmpMessage } from "./types.ts";

const acs = "http://acs.example/";
const known: StoredEvent = { kind: "acs", url: acs };
const transfer: Transfer = {
  commandKey: "job-1",
  fault: { code: 0, string: "" },
  startTime: "2026-11-22T00:00:00Z",
  completeTime: "2026-11-22T00:01:00Z",
};
const boot: CpeEvent = { event: "occurred", eventCode: "1 BOOT", commandKey: "" };
const knock: CpeEvent = { event: "occurred", eventCode: "6 CONNECTION REQUEST", commandKey: "" };
const periodic: CpeEvent = { event: "occurred", eventCode: "2 PERIODIC", commandKey: "" };
const nothing: CpeEvent = { event: "received-nothing" };
const says = (body: CwmpMessage, holdRequests?: boolean): CpeEvent => ({
  event: "received",
  envelope: {
    id: "acs-1",
    namespace: "urn:dslforum-org:cwmp-1-2",
    body,
    ...(holdRequests === undefined ? {} : { holdRequests }),
  },
});
const informResponse = says({ method: "InformResponse", maxEnvelopes: 1 });
/** A message with a header that nobody here knows. */
const strange = (body: CwmpMessage): CpeEvent => ({
  event: "received",
  envelope: { id: "acs-1", namespace: "urn:dslforum-org:cwmp-1-2", body, notUnderstood: "Transaction" },
});
const transferCompleteResponse = says({ method: "TransferCompleteResponse" });
const reboot = says({ method: "Reboot", commandKey: "why" });
const failed: CpeEvent = { event: "failed", reason: "connection refused" };

/** Plays events and returns where that leads, with the effects of the last one. */
function play(stored: StoredEvent[], ...events: CpeEvent[]): { cpe: Cpe; effects: CpeEffect[] } {
  let cpe = startCpe(acs, stored);
  let effects: CpeEffect[] = [];
  for (const event of events) ({ cpe, effects } = stepCpe(cpe, event));
  return { cpe, effects };
}
const informOf = (effects: CpeEffect[]) => effects.find((effect) => effect.do === "inform");
const codes = (effects: CpeEffect[]) => informOf(effects)?.events.map(({ eventCode }) => eventCode);
const does = (effects: CpeEffect[]) => effects.map((effect) => effect.do);

describe("the events of an Inform", () => {
  const table: [string, StoredEvent[], CpeEvent[], string[]][] = [
    ["first contact", [], [boot], ["0 BOOTSTRAP", "1 BOOT"]],
    ["a boot that the ACS has seen before", [known], [boot], ["1 BOOT"]],
    ["another ACS", [{ kind: "acs", url: "http://old/" }], [boot], ["0 BOOTSTRAP", "1 BOOT"]],
    ["an interval", [known], [periodic], ["2 PERIODIC"]],
    ["an active change", [known], [{ event: "changed", path: "Device.A", active: true }], ["4 VALUE CHANGE"]],
    [
      "a passive change rides with the next Inform",
      [known],
      [{ event: "changed", path: "Device.A", active: false }, periodic],
      ["2 PERIODIC", "4 VALUE CHANGE"],
    ],
    ["a connection request", [known], [knock], ["6 CONNECTION REQUEST"]],
    [
      "a transfer that ended",
      [known],
      [{ event: "transferred", transfer }],
      ["7 TRANSFER COMPLETE", "M Download"],
    ],
    [
      "a reboot that was asked for and a transfer, both kept over the restart",
      [known, { kind: "event", eventCode: "M Reboot", commandKey: "why" }, { kind: "transfer", ...transfer }],
      [boot],
      ["1 BOOT", "7 TRANSFER COMPLETE", "M Reboot", "M Download"],
    ],
  ];
  it.each(table)("%s", (_name, stored, events, expected) => {
    expect(codes(play(stored, ...events).effects)).toEqual(expected);
  });

  it("carry the command keys of what they answer", () => {
    const { effects } = play([known], { event: "transferred", transfer });
    expect(informOf(effects)?.events).toContainEqual({ eventCode: "M Download", commandKey: "job-1" });
  });

  it("start no session on a passive change alone", () => {
    const { cpe, effects } = play([known], { event: "changed", path: "Device.A", active: false });
    expect(cpe.session.state).toBe("idle");
    expect(effects).toEqual([]);
  });

  it("wait while no ACS is configured", () => {
    const cpe = startCpe("", []);
    const step = stepCpe(cpe, boot);
    expect(step.effects).toEqual([]);
    expect(codes(stepCpe(step.cpe, { event: "acs-changed", url: acs }).effects)).toEqual([
      "0 BOOTSTRAP",
      "1 BOOT",
    ]);
  });
});

describe("a session", () => {
  it("goes Inform, InformResponse, empty POST, empty answer", () => {
    const greeted = play([known], boot, informResponse);
    expect(greeted.cpe.session.state).toBe("serving");
    expect(does(greeted.effects)).toEqual(["send-nothing"]);
    const ended = stepCpe(greeted.cpe, nothing);
    expect(ended.cpe.session.state).toBe("idle");
    expect(does(ended.effects)).toEqual(["close"]);
  });

  it("remembers the ACS that answered its BOOTSTRAP before it goes on", () => {
    const { effects } = play([], boot, informResponse);
    expect(effects[0]).toEqual({ do: "save", events: [known] });
  });

  it("reports a transfer right after InformResponse and forgets it on the response", () => {
    const informed = play([known], { event: "transferred", transfer }, informResponse);
    expect(informed.effects).toEqual([{ do: "send", body: { method: "TransferComplete", ...transfer } }]);
    const confirmed = stepCpe(informed.cpe, transferCompleteResponse);
    expect(confirmed.effects).toEqual([{ do: "save", events: [known] }, { do: "send-nothing" }]);
    expect(confirmed.cpe.transfers).toEqual([]);
  });

  it("holds its own requests while the ACS says so", () => {
    const held = play(
      [known],
      { event: "transferred", transfer },
      says({ method: "InformResponse", maxEnvelopes: 1 }, true),
    );
    expect(does(held.effects)).toEqual(["send-nothing"]);
    const asked = stepCpe(held.cpe, says({ method: "GetRPCMethods" }, false));
    const answered = stepCpe(asked.cpe, { event: "executed", body: { method: "RebootResponse" }, later: {} });
    expect(stepCpe(answered.cpe, nothing).effects).toEqual([
      { do: "send", body: { method: "TransferComplete", ...transfer } },
    ]);
  });

  it("keeps a transfer for the next session when the ACS ends on hold", () => {
    const held = play(
      [known],
      { event: "transferred", transfer },
      says({ method: "InformResponse", maxEnvelopes: 1 }, true),
      nothing,
    );
    expect(held.cpe.session.state).toBe("idle");
    expect(codes(stepCpe(held.cpe, periodic).effects)).toContain("7 TRANSFER COMPLETE");
  });

  it("drops a transfer that the ACS read and refused, and says so", () => {
    const { cpe, effects } = play(
      [known],
      { event: "transferred", transfer },
      informResponse,
      says({ method: "Fault", faultCode: 8003, faultString: "who?", soapCode: "Client" }),
    );
    expect(cpe.transfers).toEqual([]);
    expect(does(effects)).toEqual(["log", "save", "send-nothing"]);
  });

  it("executes a request and answers it under the ACS's id", () => {
    const asked = play([known], boot, informResponse, reboot);
    expect(asked.effects).toEqual([{ do: "execute", request: { method: "Reboot", commandKey: "why" } }]);
    const answered = stepCpe(asked.cpe, { event: "executed", body: { method: "RebootResponse" }, later: {} });
    expect(answered.effects).toEqual([{ do: "send", body: { method: "RebootResponse" }, id: "acs-1" }]);
  });

  it.each([
    ["UNKNOWN_METHOD", 9000],
    ["INVALID_ARGUMENTS", 9003],
  ] as const)("answers %s with fault %i and goes on", (code, faultCode) => {
    const error = new CwmpError(code, "no", { id: "7", method: "ChangeDUState" });
    const { cpe, effects } = play([known], boot, informResponse, { event: "received-garbage", error });
    expect(effects).toMatchObject([{ do: "send", id: "7", body: { method: "Fault", faultCode } }]);
    expect(cpe.session.state).toBe("serving");
  });

  it("acts on nothing whose header must be understood and is not, and goes on", () => {
    const { cpe, effects } = play(
      [known],
      boot,
      informResponse,
      strange({ method: "Reboot", commandKey: "" }),
    );
    expect(effects).toMatchObject([
      { do: "send", id: "acs-1", body: { method: "Fault", faultCode: 0, soapCode: "MustUnderstand" } },
    ]);
    expect(stepCpe(cpe, reboot).effects).toMatchObject([{ do: "execute" }]);
  });

  it("answers an RPC that is not for devices with 9000", () => {
    const { effects } = play(
      [known],
      boot,
      informResponse,
      says({ method: "TransferComplete", ...transfer }),
    );
    expect(effects).toMatchObject([{ do: "send", body: { method: "Fault", faultCode: 9000 } }]);
  });
});

describe("a scheduled inform", () => {
  const inform = (at: number, commandKey: string): CpeEvent => ({ event: "schedule", at, commandKey });

  it("is kept, waits for its time, and is told with its key", () => {
    const { cpe, effects } = play([known], inform(1000, "a"), inform(2000, "b"));
    expect(effects).toEqual([
      {
        do: "save",
        events: [
          known,
          { kind: "scheduled", at: 1000, commandKey: "a" },
          { kind: "scheduled", at: 2000, commandKey: "b" },
        ],
      },
    ]);
    expect(stepCpe(cpe, { event: "time", now: 999 }).effects).toEqual([]);
    const due = stepCpe(cpe, { event: "time", now: 1000 });
    expect(informOf(due.effects)?.events).toEqual([
      { eventCode: "3 SCHEDULED", commandKey: "" },
      { eventCode: "M ScheduleInform", commandKey: "a" },
    ]);
    expect(due.cpe.scheduled).toEqual([{ at: 2000, commandKey: "b" }]);
  });

  it("comes back after a restart, and is told until the ACS has heard it", () => {
    const stored: StoredEvent[] = [known, { kind: "scheduled", at: 1000, commandKey: "a" }];
    const { cpe } = play(stored, { event: "time", now: 1000 }, failed);
    const again = stepCpe(cpe, { event: "retry-due" });
    expect(codes(again.effects)).toEqual(["3 SCHEDULED", "M ScheduleInform"]);
    expect(play(stored, { event: "acs-changed", url: "http://other/" }).cpe.scheduled).toEqual([]);
  });

  it("takes no more room than a few", () => {
    const many = Array.from({ length: 500 }, (_, index) => inform(index, "k"));
    expect(play([known], ...many).cpe.scheduled).toHaveLength(16);
  });
});

describe("the outcome of an upload", () => {
  it("is told by its own name", () => {
    const { effects } = play([known], { event: "transferred", transfer: { ...transfer, event: "M Upload" } });
    expect(codes(effects)).toEqual(["7 TRANSFER COMPLETE", "M Upload"]);
  });
});

describe("what happens after a session", () => {
  it("reboots, having kept M Reboot before it answered", () => {
    const answered = play([known], boot, informResponse, reboot, {
      event: "executed",
      body: { method: "RebootResponse" },
      later: { reboot: { commandKey: "why" } },
    });
    expect(does(answered.effects)).toEqual(["save", "send"]);
    expect(answered.effects[0]).toEqual({
      do: "save",
      events: [known, { kind: "event", eventCode: "M Reboot", commandKey: "why" }],
    });
    expect(stepCpe(answered.cpe, nothing).effects).toEqual([
      { do: "close" },
      { do: "reboot", commandKey: "why" },
    ]);
    expect(does(stepCpe(answered.cpe, failed).effects)).toEqual(["close", "reboot"]);
  });

  it("does not tell of the reboot before it has happened, however long a call delays it", () => {
    const later = { reboot: { commandKey: "why" } };
    const asked = [
      boot,
      informResponse,
      reboot,
      { event: "executed", body: { method: "RebootResponse" }, later },
    ] as const;
    const { effects } = play([known], ...asked, nothing, periodic);
    expect(codes(effects)).toEqual(["2 PERIODIC"]);
    const saved = play([known], ...asked).effects.find((effect) => effect.do === "save");
    expect(codes(play(saved?.events ?? [], boot).effects)).toEqual(["1 BOOT", "M Reboot"]);
  });

  it("prefers the factory reset where both were asked for", () => {
    const later = { reboot: { commandKey: "" }, factoryReset: true } as const;
    const { effects } = play(
      [known],
      boot,
      informResponse,
      reboot,
      { event: "executed", body: { method: "FactoryResetResponse" }, later },
      nothing,
    );
    expect(does(effects)).toEqual(["close", "factory-reset"]);
  });

  it("opens one more session for what happened during this one", () => {
    const busy = play([known], boot, informResponse, knock, periodic);
    expect(busy.effects).toEqual([]);
    const ended = stepCpe(busy.cpe, nothing);
    expect(does(ended.effects)).toEqual(["close", "inform"]);
    expect(codes(ended.effects)).toEqual(["2 PERIODIC", "6 CONNECTION REQUEST"]);
  });
});

describe("a session that fails", () => {
  it("keeps what the ACS has not confirmed, counts, and waits", () => {
    const { cpe, effects } = play([], boot, failed);
    expect(effects).toEqual([{ do: "close" }, { do: "wait", failures: 1, reason: "connection refused" }]);
    const retried = stepCpe(cpe, { event: "retry-due" });
    expect(informOf(retried.effects)).toMatchObject({ retryCount: 1 });
    expect(codes(retried.effects)).toEqual(["0 BOOTSTRAP", "1 BOOT"]);
    const twice = stepCpe(stepCpe(retried.cpe, failed).cpe, { event: "retry-due" });
    expect(informOf(twice.effects)).toMatchObject({ retryCount: 2 });
  });

  it("does not wait once something new happens (TR-069 3.2.1.1)", () => {
    const { effects } = play([known], boot, failed, knock);
    expect(codes(effects)).toEqual(["1 BOOT", "6 CONNECTION REQUEST"]);
    expect(informOf(effects)).toMatchObject({ retryCount: 1 });
  });

  it("does not retry a connection request alone", () => {
    const { cpe, effects } = play([known], knock, failed);
    expect(cpe.session.state).toBe("idle");
    expect(does(effects)).toEqual(["close", "log"]);
  });

  it("keeps a transfer whose response never came, also in the store", () => {
    const { cpe, effects } = play([known], { event: "transferred", transfer }, informResponse, failed);
    expect(does(effects)).toEqual(["close", "wait"]);
    expect(codes(stepCpe(cpe, { event: "retry-due" }).effects)).toEqual([
      "7 TRANSFER COMPLETE",
      "M Download",
    ]);
  });

  it("does not tell delivered events twice", () => {
    const { cpe } = play([known], boot, informResponse, failed);
    expect(cpe.session.state).toBe("idle");
    expect(codes(stepCpe(cpe, periodic).effects)).toEqual(["2 PERIODIC"]);
  });

  it("starts the count anew after a good one", () => {
    const { effects } = play(
      [known],
      boot,
      failed,
      { event: "retry-due" },
      informResponse,
      nothing,
      periodic,
    );
    expect(informOf(effects)).toMatchObject({ retryCount: 0 });
  });

  const broken: [string, CpeEvent][] = [
    ["an empty answer", nothing],
    ["another message", transferCompleteResponse],
    ["a fault", says({ method: "Fault", faultCode: 0, faultString: "broken", soapCode: "Server" })],
    ["garbage", { event: "received-garbage", error: new CwmpError("MALFORMED_XML", "x") }],
    ["an answer that is not understood", strange({ method: "InformResponse", maxEnvelopes: 1 })],
  ];
  it.each(broken)("counts %s to an Inform as a failure", (_name, event) => {
    expect(does(play([known], boot, event).effects)).toEqual(["close", "wait"]);
  });
  it.each(broken)("counts %s to a TransferComplete as a failure", (name, event) => {
    if (name === "another message") return;
    const { cpe } = play([known], { event: "transferred", transfer }, informResponse, event);
    expect(cpe.session.state).toBe("waiting");
    expect(cpe.transfers).toHaveLength(1);
  });

  it("ignores what arrives late", () => {
    const { cpe, effects } = play([known], boot, failed, informResponse, failed);
    expect(cpe.session.state).toBe("waiting");
    expect(effects).toEqual([]);
  });
});

describe("a change of ACS", () => {
  it("makes the device introduce itself anew, without what the old ACS had asked for", () => {
    const { effects } = play([known], { event: "transferred", transfer }, failed, {
      event: "acs-changed",
      url: "http://new/",
    });
    expect(codes(effects)).toEqual(["0 BOOTSTRAP"]);
    expect(effects).toContainEqual({ do: "save", events: [] });
  });

  it("waits for the session in which it was set", () => {
    const { cpe, effects } = play([known], boot, informResponse, {
      event: "acs-changed",
      url: "http://new/",
    });
    expect(does(effects)).toEqual(["save"]);
    const ended = stepCpe(cpe, nothing);
    expect(informOf(ended.effects)).toMatchObject({ url: "http://new/" });
    expect(codes(ended.effects)).toEqual(["0 BOOTSTRAP"]);
  });
});

describe("a flood", () => {
  it("stays bounded", () => {
    const events: CpeEvent[] = Array.from({ length: 500 }, (_unused, index) => ({
      event: "occurred",
      eventCode: "M Reboot",
      commandKey: String(index),
    }));
    const transfers: CpeEvent[] = Array.from({ length: 500 }, () => ({ event: "transferred", transfer }));
    const { cpe } = play([known], boot, ...events, ...transfers, failed);
    const { effects } = stepCpe(cpe, { event: "retry-due" });
    expect(informOf(effects)?.events.length).toBeLessThanOrEqual(64);
  });
});

/** TR-069 §3.7.1.5, table of event types: what is still told after a session that failed, and after a power cut then. */
describe("events over a failed session and over a reboot", () => {
  const occurred = (eventCode: string): CpeEvent => ({ event: "occurred", eventCode, commandKey: "" });
  const changed: CpeEvent = { event: "changed", path: "Device.A", active: true };
  const autonomous: CpeEvent = {
    event: "called",
    call: {
      method: "AutonomousTransferComplete",
      announceUrl: "",
      transferUrl: "http://files/x",
      isDownload: true,
      fileType: "1 Firmware Upgrade Image",
      fileSize: 0,
      targetFileName: "",
      fault: { code: 0, string: "" },
      startTime: "2026-11-22T00:00:00Z",
      completeTime: "2026-11-22T00:01:00Z",
    },
  };
  const wish: CpeEvent = {
    event: "called",
    call: { method: "RequestDownload", fileType: "1 Firmware Upgrade Image", arguments: [] },
  };
  const first: StoredEvent[] = [];
  const rows: [code: string, before: StoredEvent[], event: CpeEvent, retried: boolean, kept: boolean][] = [
    ["0 BOOTSTRAP", first, knock, true, true],
    ["1 BOOT", [known], boot, true, false],
    ["2 PERIODIC", [known], periodic, true, true],
    ["3 SCHEDULED", [known], occurred("3 SCHEDULED"), true, true],
    ["4 VALUE CHANGE", [known], changed, true, true],
    ["6 CONNECTION REQUEST", [known], knock, false, false],
    ["7 TRANSFER COMPLETE", [known], { event: "transferred", transfer }, true, true],
    ["8 DIAGNOSTICS COMPLETE", [known], occurred("8 DIAGNOSTICS COMPLETE"), true, false],
    ["9 REQUEST DOWNLOAD", [known], wish, true, false],
    ["10 AUTONOMOUS TRANSFER COMPLETE", [known], autonomous, true, true],
    ["M Reboot", [known], occurred("M Reboot"), true, true],
    ["M ScheduleInform", [known], occurred("M ScheduleInform"), true, true],
    ["M Download", [known], { event: "transferred", transfer }, true, true],
  ];
  it.each(rows)("%s", (code, before, event, retried, kept) => {
    let stored = before;
    let cpe = startCpe(acs, before);
    const act = (next: CpeEvent): CpeEffect[] => {
      const step = stepCpe(cpe, next);
      cpe = step.cpe;
      for (const effect of step.effects) if (effect.do === "save") stored = effect.events;
      return step.effects;
    };
    act(event);
    act(failed);
    expect(codes(act({ event: "retry-due" }))?.includes(code) ?? false).toBe(retried);
    // The power goes while the retry is under way; "2 PERIODIC" and others are told with the next session.
    cpe = startCpe(acs, structuredClone(stored));
    const after = codes(act(code === "1 BOOT" ? periodic : boot)) ?? [];
    expect(after.includes(code)).toBe(kept);
    // And once told, nothing of it is left.
    act(informResponse);
    for (let round = 0; round < 4 && cpe.session.state === "reporting"; round += 1) {
      const { report } = cpe.session;
      if (report === "methods")
        act(says({ method: "GetRPCMethodsResponse", methods: ["AutonomousTransferComplete"] }));
      else if ("call" in report) act(says({ method: "AutonomousTransferCompleteResponse" }));
      else act(transferCompleteResponse);
    }
    act(nothing);
    expect(stored).toEqual([known]);
  });

  it("write nothing for a passing change that is told at once, but all that is untold when the box goes down", () => {
    expect(does(play([known], changed).effects)).toEqual(["inform"]);
    const { effects } = play([known], changed, { event: "stopping" });
    expect(effects).toEqual([{ do: "save", events: [known, { kind: "changed", path: "Device.A" }] }]);
  });

  it("are durable at once where the value itself is", () => {
    const { effects } = play([known], { ...changed, lasting: true });
    expect(effects[0]).toEqual({ do: "save", events: [known, { kind: "changed", path: "Device.A" }] });
    expect(codes(play([known, { kind: "changed", path: "Device.A" }], boot).effects)).toEqual([
      "1 BOOT",
      "4 VALUE CHANGE",
    ]);
  });
});

describe("what only some ACSs can take", () => {
  const wish: CpeEvent = {
    event: "called",
    call: { method: "RequestDownload", fileType: "1 Firmware Upgrade Image", arguments: [] },
  };
  const methods = (...names: string[]): CpeEvent => says({ method: "GetRPCMethodsResponse", methods: names });

  it("is sent to one that says it can, and asked about once", () => {
    const asked = play([known], wish, informResponse);
    expect(asked.effects).toEqual([{ do: "send", body: { method: "GetRPCMethods" } }]);
    const told = stepCpe(asked.cpe, methods("Inform", "RequestDownload"));
    expect(told.effects).toMatchObject([{ do: "send", body: { method: "RequestDownload" } }]);
    const done = stepCpe(told.cpe, says({ method: "RequestDownloadResponse" }));
    expect(does(done.effects)).toEqual(["send-nothing"]);
    const again = stepCpe(stepCpe(done.cpe, nothing).cpe, wish);
    expect(stepCpe(again.cpe, informResponse).effects).toMatchObject([
      { do: "send", body: { method: "RequestDownload" } },
    ]);
  });

  it("is dropped where it cannot be taken, so that it opens no session for ever", () => {
    const { cpe, effects } = play([known], wish, informResponse, methods("Inform"), nothing);
    expect(does(effects)).toEqual(["close"]);
    expect(cpe).toMatchObject({ calls: [], session: { state: "idle" } });
  });

  it("is sent all the same to one that refuses to be asked", () => {
    const refusal = says({ method: "Fault", faultCode: 8000, faultString: "no", soapCode: "Client" });
    const { cpe, effects } = play([known], wish, informResponse, refusal);
    expect(effects).toMatchObject([{ do: "send", body: { method: "RequestDownload" } }]);
    expect(stepCpe(cpe, refusal).cpe.calls).toEqual([]);
  });
});

describe("an ACS that asks for the same again (fault 8005)", () => {
  const retry = says({ method: "Fault", faultCode: 8005, faultString: "busy", soapCode: "Server" });

  it("gets it in the same session", () => {
    expect(does(play([known], boot, retry).effects)).toEqual(["send-again"]);
    const { cpe } = play([known], boot, retry, retry, informResponse, nothing);
    expect(cpe).toMatchObject({ failures: 0, session: { state: "idle" } });
    const reporting = play([known], { event: "transferred", transfer }, informResponse, retry);
    expect(does(reporting.effects)).toEqual(["send-again"]);
    expect(stepCpe(reporting.cpe, transferCompleteResponse).cpe.transfers).toEqual([]);
  });

  it("is given up after three times", () => {
    expect(play([known], boot, retry, retry, retry, retry).cpe.session.state).toBe("waiting");
  });
});

describe("an ACS of another version", () => {
  const fault = (faultCode: number): CpeEvent =>
    says({ method: "Fault", faultCode, faultString: "no", soapCode: "Client" });
  const table: [string, CpeEvent][] = [
    ["the fault for it", fault(8006)],
    ["a bare SOAP fault", fault(0)],
    ["a refusal of the method", fault(8000)],
    ["nonsense", { event: "received-garbage", error: new CwmpError("NOT_SOAP", "x") }],
    ["an HTTP error", { event: "failed", reason: "HTTP status 500", misread: true }],
  ];
  it.each(table)(
    "that answers with %s gets the next Inform in the oldest, and then in the newest",
    (_, event) => {
      const once = play([known], boot, event, { event: "retry-due" });
      expect(informOf(once.effects)).toMatchObject({ old: true, retryCount: 1 });
      const twice = stepCpe(stepCpe(once.cpe, event).cpe, { event: "retry-due" });
      expect(informOf(twice.effects)).toMatchObject({ old: false, retryCount: 2 });
    },
  );

  it("keeps the version that it understood", () => {
    const { effects } = play(
      [known],
      boot,
      fault(8006),
      { event: "retry-due" },
      informResponse,
      nothing,
      periodic,
    );
    expect(informOf(effects)).toMatchObject({ old: true });
  });

  it("is not meant by one that is out of reach, denies or is full", () => {
    for (const event of [failed, fault(8001), fault(8004)]) {
      const { effects } = play([known], boot, event, { event: "retry-due" });
      expect(informOf(effects)).toMatchObject({ old: false });
    }
  });
});

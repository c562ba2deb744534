import { describe, expect, it } from "vitest";
import type { CpeEvent } from "./cpe.ts";
import { startCpe } from "./cpe.ts";
import { CwmpError } from "./error.ts";
import type { StoredEvent } from "./events.ts";
import { stepCpe } from "./session.ts";
import {
  acs,
  known,
  transfer,
  boot,
  knock,
  periodic,
  nothing,
  says,
  informResponse,
  strange,
  transferCompleteResponse,
  reboot,
  failed,
  play,
  informOf,
  codes,
  does,
} from "./session-script.ts";

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

import { describe, expect, it } from "vitest";
import type { CpeEffect, CpeEvent } from "./cpe.ts";
import { startCpe } from "./cpe.ts";
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
  transferCompleteResponse,
  failed,
  play,
  codes,
  does,
} from "./session-script.ts";

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

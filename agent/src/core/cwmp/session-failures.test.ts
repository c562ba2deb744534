import { describe, expect, it } from "vitest";
import type { CpeEvent } from "./cpe.ts";
import { CwmpError } from "./error.ts";
import { stepCpe } from "./session.ts";
import {
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
  failed,
  play,
  informOf,
  codes,
  does,
} from "./session-script.ts";

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

import { describe, expect, it } from "vitest";
import type { EngineCallEnded } from "../engine-event.ts";
import { echoCallOutcome, lineOutcome, registrationOutcome, ringOutcome } from "./index.ts";

const good = {
  by: "local",
  code: 200,
  reason: "OK",
  startUs: 1_000_000,
  answerUs: 1_140_000,
  txPackets: 250,
  rxPackets: 240,
  rxLost: 10,
  rxJitterUs: 2500,
  rttUs: 31_000,
  mos: 410,
  probesSent: 5,
  probesHeard: 4,
  probeDelayMs: 180,
} as EngineCallEnded;
const said = ({ values }: { values?: Readonly<Record<string, string>> }): string => values?.["Result"] ?? "";

describe("tests of the voice service", () => {
  it("tell of an echo call what it measured, in words and figures", () => {
    const outcome = echoCallOutcome("9000", good, false);
    expect(said(outcome)).toBe(
      "9000 answered after 140 ms; the echo came back 4 of 5 times, after 180 ms; 4.0 % of the packets from there were lost, jitter 2.5 ms; round trip of the network 31.0 ms; listening quality 4.1 of 4.5.",
    );
    expect(outcome).toMatchObject({ state: "Complete", values: { PacketsLost: "10", EchoDelay: "180" } });
  });

  it.each([
    [{ ...good, probesHeard: 0 }, false, "Complete", /does not echo/],
    [{ ...good, probesHeard: 0, rxPackets: 0, rxLost: 0 }, false, "Complete", /not a single packet/],
    [good, true, "Complete", /cut short for the subscriber/],
    [{ ...good, answerUs: 0 }, false, "Error_Other", /did not answer/],
    [{ ...good, answerUs: 0 }, true, "Error_Other", /made way/],
    [
      { ...good, answerUs: 0, by: "remote", code: 404, reason: "Not Found" },
      false,
      "Error_Other",
      /404 Not Found/,
    ],
    [undefined, false, "Error_Other", /did not end/],
  ] as const)("tell why an echo call came to nothing: %#", (ended, madeWay, state, words) => {
    const outcome = echoCallOutcome("9000", ended, madeWay);
    expect(outcome.state).toBe(state);
    expect(said(outcome)).toMatch(words);
  });

  it("tell a registration step by step", () => {
    const asks = {
      afterMs: 2,
      state: "registering",
      code: 0,
      reason: "",
      expires: 0,
      proxy: "sip:a:5060",
    } as const;
    const steps = [
      asks,
      { ...asks, afterMs: 31, state: "registered", code: 200, reason: "OK", expires: 60 } as const,
    ];
    expect(said(registrationOutcome(steps))).toBe(
      "The line registers: after 2 ms asks sip:a:5060; after 31 ms registered for 60 s (200 OK)",
    );
    const refused = { ...asks, state: "failed", code: 403, reason: "Forbidden" } as const;
    expect(said(registrationOutcome([asks, refused]))).toMatch(
      /does not register.*refused or not answered \(403/,
    );
    expect(said(registrationOutcome([]))).toMatch(/Nothing happened/);
  });

  it("tell of the loop what it did, and of the circuit what it cannot", () => {
    expect(said(ringOutcome(1, "quiet"))).toMatch(/rang; nobody lifted/);
    expect(said(ringOutcome(1, "lifted"))).toMatch(/loop closes/);
    expect(ringOutcome(1, "called").state).toBe("Error_Other");
    expect(said(lineOutcome(true))).toMatch(/off its hook.*Not supported by this line circuit: hazard/);
  });
});

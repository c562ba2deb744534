import { describe, expect, it } from "vitest";
import type { EngineCallEnded } from "../engine-event.ts";
import { callRecord } from "../records/index.ts";
import { amend, close, emptyBook, judgeEnd, note, presentCaller, recordsOfInterrupted } from "./index.ts";
import type { CallEnd, OpenCall } from "./index.ts";

const open: OpenCall = {
  call: 7,
  line: 0,
  direction: "outgoing",
  from: "100",
  to: "9000",
  name: "",
  sipCallId: "",
  rang: false,
  codec: "",
  startedAt: 1_700_000_000_000,
  answeredAt: null,
  seenAt: 1_700_000_000_000,
  terms: [{ provider: "ippi", rule: "callDuration", clause: "9.6", effect: "limit:3600" }],
  decided: null,
};
const ended: EngineCallEnded = {
  seq: 9,
  t: 70_000_000,
  dropped: 0,
  event: "call",
  state: "ended",
  line: 0,
  call: 7,
  direction: "out",
  number: "9000",
  name: "",
  sipCallId: "abc@host",
  by: "local",
  code: 200,
  reason: "OK",
  reasonHeader: "",
  redirectedTo: "",
  codec: "PCMA",
  security: "SRTP",
  startUs: 10_000_000,
  answerUs: 12_500_000,
  endUs: 70_000_700,
  txPackets: 2875,
  rxPackets: 2870,
  rxLost: 5,
  rxJitterUs: 1500,
  txLost: 0,
  txJitterUs: 800,
  rttUs: 20_000,
  reports: 3,
  late: 1,
  underruns: 0,
  delayMs: 90,
  rFactor: 92,
  mos: 440,
  probesSent: 0,
  probesHeard: 0,
  probeDelayMs: 0,
  bursts: 2,
  burstPackets: 40,
  burstLost: 10,
  farRFactor: 88,
  farMos: 410,
  farDiscarded: 3,
  farDelayMs: 80,
};
const offset = 1_700_000_000_000 - 10_000;
const fax = { mode: "G.711", pages: 2, bitRate: 14_400, errorCorrection: false, complete: true } as const;

describe("a call's record", () => {
  it("is complete, in wall-clock time, and valid", () => {
    const { record, book } = close(note(emptyBook, open), ended, offset)!;
    expect(callRecord.parse(record)).toEqual(record);
    expect(record.media).toMatchObject({ bursts: 2, burstDensity: 25 });
    expect(record.media).toMatchObject({
      remoteRFactor: 88,
      remoteMos: 4.1,
      remoteDiscarded: 3,
      remoteDelayMs: 80,
    });
    expect(record.media).toMatchObject({ delayMs: 90, rFactor: 92, mos: 4.4, security: "SRTP" });
    expect(record).toMatchObject({
      line: 1,
      start: "2023-11-14T22:13:20.000Z",
      answer: "2023-11-14T22:13:22.500Z",
      end: "2023-11-14T22:14:20.001Z",
      durationSeconds: 57.5,
      cause: "normal",
      endedBy: "local",
      sipCallId: "abc@host",
      media: { lost: 5, jitterMs: 1.5, roundTripMs: 20 },
      terms: open.terms,
    });
    expect(book.size).toBe(0);
  });

  it("is made once only", () => {
    const { book } = close(note(emptyBook, open), ended, offset)!;
    expect(close(book, ended, offset)).toBeNull();
  });

  it("names the box's own decision", () => {
    const book = amend(note(emptyBook, open), 7, { decided: "limit" });
    expect(close(book, ended, offset)!.record).toMatchObject({ cause: "limit", endedBy: "device" });
  });

  it("tells the fax that was in it, also when nobody saw the call end", () => {
    const book = amend(note(emptyBook, open), 7, { fax });
    const { record } = close(book, ended, offset)!;
    expect(callRecord.parse(record)).toMatchObject({ fax });
    expect(recordsOfInterrupted(book.values())).toEqual([expect.objectContaining({ fax })]);
  });

  it("of a call nobody saw end counts until the box last knew it to be up", () => {
    const up = { ...open, answeredAt: open.startedAt + 2000, seenAt: open.startedAt + 32_000 };
    expect(recordsOfInterrupted([up, open])).toEqual([
      expect.objectContaining({ durationSeconds: 30, cause: "error", endedBy: "device" }),
      expect.objectContaining({ durationSeconds: 0, answer: null }),
    ]);
  });
});

describe("the end of a call", () => {
  const out: CallEnd = {
    direction: "outgoing",
    answered: false,
    rang: false,
    by: "remote",
    code: 0,
    reasonHeader: "",
  };
  it.each([
    [{ code: 486 }, "busy", "busy"],
    [{ code: 600 }, "busy", "busy"],
    [{ code: 404 }, "wrong-number", "number-unobtainable"],
    [{ code: 484 }, "wrong-number", "number-unobtainable"],
    [{ code: 480 }, "no-answer", "congestion"],
    [{ code: 408 }, "network", "congestion"],
    [{ code: 408, rang: true }, "no-answer", "congestion"],
    [{ code: 403 }, "rejected", "congestion"],
    [{ code: 603 }, "rejected", "busy"],
    [{ code: 503 }, "network", "congestion"],
    [{ by: "error" }, "network", "congestion"],
    [{ by: "local", code: 487 }, "cancelled", "busy"],
    [{ answered: true }, "normal", "busy"],
    [{ answered: true, by: "error" }, "network", "busy"],
    [{ direction: "incoming", code: 487 }, "no-answer", "busy"],
    [
      { direction: "incoming", reasonHeader: 'SIP ;cause=200 ;text="Call completed elsewhere"' },
      "cancelled",
      "busy",
    ],
    [{ direction: "incoming", by: "error" }, "network", "busy"],
  ] as [Partial<CallEnd>, string, string][])("%o is %s, heard as %s", (end, cause, tone) => {
    expect(judgeEnd({ ...out, ...end })).toEqual({ cause, tone });
  });
});

describe("presentCaller", () => {
  it.each([
    ["+33612345678", "", { number: "0612345678", name: "", absence: "" }],
    ["+41223456789", "Zoe\u0301 Strauß", { number: "0041223456789", name: "Zoé Strauß", absence: "" }],
    ["1", "L’Œuvre \u0000Țuțea", { number: "1", name: "L’Œuvre Tutea", absence: "" }],
    ["0145678901", "0145678901", { number: "0145678901", name: "", absence: "" }],
    ["anonymous", "Anonymous", { number: "", name: "", absence: "P" }],
    ["", "", { number: "", name: "", absence: "P" }],
    ["unavailable", "", { number: "", name: "", absence: "O" }],
    ["alice", "Alice", { number: "", name: "Alice", absence: "O" }],
    ["1".repeat(40), "", { number: "1".repeat(20), name: "", absence: "" }],
  ])("%s %s", (user, name, display) => expect(presentCaller(user, name, "33")).toEqual(display));
});

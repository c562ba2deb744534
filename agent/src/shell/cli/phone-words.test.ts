import { describe, expect, it } from "vitest";
import { requestOf, wordsOf } from "./phone-words.ts";

describe("the telephone's commands", () => {
  it.each([
    ["lift", { op: "lift" }],
    ["hang up", { op: "hangup" }],
    ["dial 01 45 67 89 01", { op: "dial", keys: "0145678901" }],
    ["pulse 01 45", { op: "pulse", digits: "0145" }],
    ["flash", { op: "flash" }],
    ["speak 800 500", { op: "speak", frequency: 800, ms: 500 }],
    ["record off", { op: "record", file: null }],
    ["fax send a.tif", { op: "fax", way: "send", file: "a.tif" }],
    ["fax off", { op: "fax", file: null }],
    ["record a.wav", { op: "record", file: "a.wav" }],
  ])("%s", (text, request) => expect(requestOf(text.split(" "))).toEqual(request));

  it.each(["", "sing", "lift now", "dial", "record", "fax", "fax fold"])("%j is none", (text) => {
    expect(requestOf(text.split(" "))).toBeUndefined();
  });

  it("are answered for a person", () => {
    const heard = {
      offHook: true,
      ringing: false,
      rings: 1,
      tone: { name: "busy", frequencies: [440], cadence: [500, 500], level: -130 },
      digits: "12",
      callerId: { number: "", name: "", absence: "P" },
      audio: { activeMs: 1, longestGapMs: 0 },
    };
    const words = wordsOf({ op: "heard" }, { ok: true, heard });
    expect(words).toContain("tone: busy, 440 Hz, 500/500 ms, -13 dBm0");
    expect(words).toContain("caller: number withheld");
    expect(wordsOf({ op: "lift" }, { ok: false, error: "no" })).toBe("no: no");
  });
});

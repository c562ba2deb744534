import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import { numberRanges } from "../terms/index.ts";
import type { Terms } from "../terms/index.ts";
import { initialLine, plainFeatures, stepLine } from "./index.ts";
import type { LineContext, LineEffect, LineEvent, LineState } from "./index.ts";

const profiles = loadProfiles();
const terms: Terms = {
  provider: profiles.providers.get("ippi")!,
  region: profiles.regions.get("fr")!,
  laboratory: profiles.hardware.get("virtual/sim")!.laboratory!,
  serviceState: "Active",
  serviceStateClause: "",
  maximumCallDuration: 0,
  limitationsLifted: false,
};
const context: LineContext = {
  terms,
  plan: { ranges: numberRanges(terms), map: null, services: terms.region.services },
  features: plainFeatures,
  registered: true,
  firstDigitMs: 15_000,
  incompleteMs: 10_000,
  interDigitMs: 4000,
  terminator: "#",
};
const unregistered = { ...context, registered: false };
const barred: LineContext = { ...context, terms: { ...context.terms, serviceState: "OutgoingBarred" } };
const suspended: LineContext = { ...context, terms: { ...context.terms, serviceState: "Suspended" } };

/** Plays a story; words: "lift", "hang up", keys, or an event. */
function play(story: (string | LineEvent)[], given: LineContext = context) {
  let state: LineState = initialLine;
  let effects: LineEffect[] = [];
  for (const word of story) {
    const events: LineEvent[] =
      typeof word !== "string"
        ? [word]
        : word === "lift"
          ? [{ on: "hook", offHook: true }]
          : word === "hang up"
            ? [{ on: "hook", offHook: false }]
            : Array.from(word, (digit) => ({ on: "digit", digit }));
    effects = [];
    for (const event of events) {
      const step = stepLine(state, event, given);
      state = step.state;
      effects = [...effects, ...step.effects];
    }
  }
  return { state, effects };
}
const tones = (effects: readonly LineEffect[]) => effects.flatMap((e) => (e.do === "tone" ? [e.tone] : []));
const dialled: LineEvent = { on: "dialled", call: 7 };
const established: LineEvent = { on: "established", call: 7 };
const incoming = (call: number): LineEvent => ({ on: "incoming", call, number: "0612345678", name: "" });
const timer = (name: "dial" | "limit" | "limit-warning" | "off-hook" | "howler"): LineEvent => ({
  on: "timer",
  timer: name,
  ...(name.startsWith("limit") && { call: 7 }),
});

describe("a lifted handset", () => {
  it.each([
    ["dial", context],
    ["not-registered", unregistered],
    ["special-dial", barred],
    ["special-dial", suspended],
  ])("hears %s", (tone, given) => {
    expect(play(["lift"], given)).toMatchObject({ state: { state: "ready", tone } });
    expect(tones(play(["lift"], given).effects)).toEqual([tone]);
  });

  it("hears the dial tone as soon as the line is registered", () => {
    const { state } = play(["lift"], unregistered);
    expect(stepLine(state, { on: "context" }, context)).toEqual({
      state: { state: "ready", tone: "dial" },
      effects: [{ do: "tone", tone: "dial" }],
    });
  });

  it.each(["waits", "asks"] as const)("hears that an update %s", (notice) =>
    expect(play(["lift"], { ...context, notice })).toMatchObject({
      state: { state: "ready", tone: "special-dial" },
    }),
  );

  it("agrees to an update by a code, and calls as ever beside that", () => {
    const asked: LineContext = { ...context, notice: "asks" };
    const agreed = play(["lift", "*86#"], asked);
    expect(agreed.state).toEqual({ state: "treatment", tone: "confirmation" });
    expect(agreed.effects).toContainEqual({ do: "agree" });
    expect(agreed.effects.some(({ do: what }) => what === "record-attempt")).toBe(false);
    expect(play(["lift", "9000"], asked).state.state).toBe("calling");
    expect(play(["lift", "*8", timer("dial")], asked).state).toMatchObject({ tone: "number-unobtainable" });
    expect(play(["lift", "*86#"], { ...context, notice: "waits" }).effects).not.toContainEqual({
      do: "agree",
    });
  });

  it("without dialling: busy, howler, silence", () => {
    expect(tones(play(["lift", timer("dial")]).effects)).toEqual(["busy"]);
    expect(tones(play(["lift", timer("dial"), timer("off-hook")]).effects)).toEqual(["howler"]);
    const { stages } = context.terms.region.offHookWarning;
    const warned = stages.map(() => timer("howler"));
    const stage = play(["lift", timer("dial"), timer("off-hook"), timer("howler")]);
    expect(stage.effects[0]).toEqual({ do: "tone", tone: "howler", gain: stages[1]!.gain });
    const silent = play(["lift", timer("dial"), timer("off-hook"), ...warned]);
    expect(silent).toEqual({ state: { state: "silent" }, effects: [{ do: "tone", tone: null }] });
    expect(play(["lift", timer("dial"), timer("off-hook"), ...warned, "hang up"]).state).toEqual(initialLine);
  });
});

describe("dialling", () => {
  it.each(["9000", "0145678901", "0041223456#"])("%s goes out without waiting for a timer", (keys) => {
    const { effects, state } = play(["lift", keys]);
    expect(effects.at(-1)).toMatchObject({ do: "dial", number: keys.replace("#", "") });
    expect(state).toMatchObject({ state: "calling", call: null });
  });

  it("stops the dial tone at the first digit only", () => {
    expect(tones(play(["lift", "0145"]).effects)).toEqual([null]);
  });

  it("sends a number that might grow after the inter-digit time", () => {
    const { state, effects } = play(["lift", "0041223456"]);
    expect(effects.at(-1)).toEqual({ do: "start-timer", timer: "dial", ms: 4000 });
    expect(stepLine(state, timer("dial"), context).effects.at(-1)).toMatchObject({ do: "dial" });
  });

  it.each([["13"], ["01456#"], ["*1"]])("%s is no number: heard and recorded", (keys) => {
    const { state, effects } = play(["lift", keys]);
    expect(state).toEqual({ state: "treatment", tone: "number-unobtainable" });
    expect(effects.filter((e) => e.do === "record-attempt")).toEqual([
      expect.objectContaining({ ending: { cause: "wrong-number", terms: [] } }),
    ]);
  });

  it("ignores keys after the number went out", () => {
    expect(play(["lift", "9000", dialled, "1"]).effects).toEqual([]);
  });
});

describe("a call the terms refuse", () => {
  it.each(["112", "15", "17", "18", "3631", "00881612345678#"])(
    "%s: refused tone, one record, no call",
    (keys) => {
      const { state, effects } = play(["lift", keys]);
      expect(state).toEqual({ state: "treatment", tone: "refused" });
      expect(effects.filter((e) => e.do === "record-attempt")).toEqual([
        {
          do: "record-attempt",
          number: keys.replace("#", ""),
          ending: { cause: "refused-by-terms", terms: [expect.objectContaining({ clause: "5.5" })] },
        },
      ]);
      expect(effects.some((e) => e.do === "dial")).toBe(false);
    },
  );

  it.each([
    ["outgoing calls are barred", barred],
    ["the service is suspended", suspended],
  ])("when %s", (_why, given) => {
    expect(play(["lift", "0145678901"], given).state).toEqual({ state: "treatment", tone: "refused" });
  });

  it("names the clause even when the line is not registered", () => {
    const { effects } = play(["lift", "112"], unregistered);
    expect(effects).toContainEqual(
      expect.objectContaining({ ending: expect.objectContaining({ cause: "refused-by-terms" }) }),
    );
  });
});

describe("an outgoing call", () => {
  const calling = ["lift", "9000", dialled] as const;
  it("on an unregistered line is recorded, not sent", () => {
    const { state, effects } = play(["lift", "9000"], unregistered);
    expect(state).toEqual({ state: "treatment", tone: "not-registered" });
    expect(effects).toContainEqual({
      do: "record-attempt",
      number: "9000",
      ending: { cause: "unregistered", terms: [] },
    });
  });

  it("that the engine does not take is heard and recorded", () => {
    const { state, effects } = play(["lift", "9000", { on: "dial-failed", code: "EBUSY" }]);
    expect(state).toEqual({ state: "treatment", tone: "congestion" });
    expect(effects[0]).toMatchObject({ do: "record-attempt", ending: { cause: "error" } });
  });

  it("rings back once, falls silent for early media, and is up when answered", () => {
    const ringing: LineEvent = { on: "ringback", call: 7 };
    expect(tones(play([...calling, ringing]).effects)).toEqual(["ringback"]);
    expect(tones(play([...calling, ringing, ringing]).effects)).toEqual([]);
    expect(tones(play([...calling, { on: "early-media", call: 7 }]).effects)).toEqual([null]);
    expect(play([...calling, ringing, established]).state).toEqual({ state: "talking", call: 7 });
  });

  it.each(["busy", "congestion", "number-unobtainable"] as const)("that fails is heard as %s", (tone) => {
    expect(play([...calling, { on: "ended", call: 7, tone }]).state).toEqual({ state: "treatment", tone });
  });

  it("warns before the limit and ends at it, as the box's decision", () => {
    const up = play([...calling, established]);
    expect(up.effects).toEqual([
      { do: "tone", tone: null },
      { do: "start-timer", timer: "limit-warning", ms: 3_540_000, call: 7 },
      { do: "start-timer", timer: "limit", ms: 3_600_000, call: 7 },
    ]);
    expect(tones(stepLine(up.state, timer("limit-warning"), context).effects)).toEqual([
      "call-limit-warning",
    ]);
    const over = stepLine(up.state, timer("limit"), context);
    expect(over.effects[0]).toMatchObject({ do: "hang-up", call: 7, ending: { cause: "limit" } });
    expect(over.state).toEqual({ state: "treatment", tone: "busy" });
  });

  it("that rings ends at it, too: the terms cut it before anybody answered", () => {
    const over = stepLine(play([...calling]).state, timer("limit"), context);
    expect(over.effects[0]).toMatchObject({ do: "hang-up", call: 7, ending: { cause: "limit" } });
  });

  it("ends when the subscriber hangs up, at any stage", () => {
    for (const story of [[...calling], [...calling, established]]) {
      const { state, effects } = play([...story, "hang up"]);
      expect(state).toEqual(initialLine);
      expect(effects).toContainEqual({ do: "hang-up", call: 7, code: 0, reason: "", ending: null });
    }
  });

  it("is not touched by the end of another", () => {
    expect(play([...calling, established, { on: "ended", call: 8, tone: "busy" }])).toEqual({
      state: { state: "talking", call: 7 },
      effects: [],
    });
  });
});

describe("an incoming call", () => {
  it("rings, is answered by lifting, and has no limit", () => {
    expect(play([incoming(3)]).effects).toEqual([{ do: "ring", number: "0612345678", name: "" }]);
    expect(play([incoming(3), "lift"]).effects).toEqual([
      { do: "stop-ring" },
      { do: "answer", call: 3 },
      { do: "stop-timer", timer: "no-answer" },
    ]);
    expect(play([incoming(3), "lift", { on: "established", call: 3 }])).toEqual({
      state: { state: "talking", call: 3 },
      effects: [],
    });
  });

  it("that the caller gives up stops ringing", () => {
    expect(play([incoming(3), { on: "ended", call: 3, tone: "busy" }])).toEqual({
      state: initialLine,
      effects: [{ do: "stop-ring" }, { do: "stop-timer", timer: "no-answer" }],
    });
  });

  it("while the line is in use is busy, and the line hears nothing of it", () => {
    for (const story of [["lift"], ["lift", "9000", dialled, established], [incoming(3)]]) {
      const before = play(story).state;
      const plain = { ...context, features: { ...plainFeatures, callWaiting: false } };
      const step = stepLine(before, incoming(4), plain);
      expect(step.state).toEqual(before);
      expect(step.effects).toEqual([
        expect.objectContaining({ do: "hang-up", call: 4, code: 486, ending: { cause: "busy", terms: [] } }),
      ]);
    }
  });

  it("to a suspended line is refused with the clause", () => {
    const [effect] = play([incoming(4)], suspended).effects;
    expect(effect).toMatchObject({
      do: "hang-up",
      code: 480,
      ending: { cause: "refused-by-terms", terms: [{ clause: "10.2" }] },
    });
  });

  it("that ends leaves the line with the busy tone until it hangs up", () => {
    const { state } = play([
      incoming(3),
      "lift",
      { on: "established", call: 3 },
      { on: "ended", call: 3, tone: "busy" },
    ]);
    expect(state).toEqual({ state: "treatment", tone: "busy" });
  });
});

describe("any state and any event", () => {
  it("has an answer", () => {
    const stories: (string | LineEvent)[][] = [
      [],
      ["lift"],
      ["lift", "01"],
      ["lift", "9000"],
      ["lift", "9000", dialled],
      ["lift", "9000", dialled, established],
      ["lift", "112"],
      [incoming(3)],
      [incoming(3), "lift"],
      ["lift", timer("dial"), timer("off-hook")],
    ];
    const events: LineEvent[] = [
      { on: "hook", offHook: true },
      { on: "hook", offHook: false },
      { on: "digit", digit: "5" },
      { on: "digit", digit: "A" },
      ...(["dial", "limit", "limit-warning", "off-hook", "howler"] as const).map(timer),
      dialled,
      { on: "dial-failed", code: "EIO" },
      incoming(9),
      { on: "ringback", call: 99 },
      { on: "early-media", call: 99 },
      { on: "established", call: 99 },
      { on: "ended", call: 99, tone: "busy" },
      { on: "context" },
    ];
    for (const story of stories)
      for (const event of events)
        expect(stepLine(play(story).state, event, context).state).toHaveProperty("state");
  });
});

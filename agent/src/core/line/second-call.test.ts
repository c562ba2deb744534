import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import { numberRanges } from "../terms/index.ts";
import type { Terms } from "../terms/index.ts";
import { initialLine, plainFeatures, stepLine } from "./index.ts";
import type { LineContext, LineEffect, LineEvent, LineFeatures, LineState } from "./index.ts";

const { regions } = loadProfiles();
function lineIn(id: string, features: Partial<LineFeatures> = {}): LineContext {
  const terms: Terms = {
    provider: null,
    region: regions.get(id)!,
    laboratory: null,
    serviceState: "Active",
    serviceStateClause: "",
    maximumCallDuration: 0,
    limitationsLifted: false,
  };
  return {
    terms,
    plan: { ranges: numberRanges(terms), map: null, services: terms.region.services },
    features: { ...plainFeatures, ...features },
    registered: true,
    firstDigitMs: 15_000,
    incompleteMs: 10_000,
    interDigitMs: 4000,
    terminator: "#",
  };
}
const french = lineIn("fr");
const american = lineIn("us");

const flash: LineEvent = { on: "flash" };
const lift: LineEvent = { on: "hook", offHook: true };
const hangUp: LineEvent = { on: "hook", offHook: false };
const ended = (call: number): LineEvent => ({ on: "ended", call, tone: "busy" });
const knocks: LineEvent = { on: "incoming", call: 2, number: "0612345678", name: "Zoé" };
const keys = (digits: string): LineEvent[] => Array.from(digits, (digit) => ({ on: "digit", digit }));
/** Call 1 came in and was answered. */
const talking: LineEvent[] = [
  { on: "incoming", call: 1, number: "0145678901", name: "" },
  lift,
  { on: "established", call: 1 },
];
/** And call 2 was made while it waited. */
const second = (number: string): LineEvent[] => [
  ...talking,
  flash,
  ...keys(number),
  { on: "dialled", call: 2 },
  { on: "established", call: 2 },
];

function play(story: readonly LineEvent[], context: LineContext = french) {
  let state: LineState = initialLine;
  let effects: readonly LineEffect[] = [];
  for (const event of story) ({ state, effects } = stepLine(state, event, context));
  return { state, effects };
}
/** The far end that was asked may take so long to tell. */
const patience = { do: "start-timer", timer: "transfer", ms: 32_000 } as const;
const stopped = { do: "stop-timer", timer: "transfer" } as const;
const held = (call: number) => ({ kind: "held", call }) as const;
const waiting = { kind: "waiting", call: 2, number: "0612345678", name: "Zoé" } as const;
const hold = (call: number, on: boolean): LineEffect => ({ do: "hold", call, on });
const release = (call: number): LineEffect => ({ do: "hang-up", call, code: 0, reason: "", ending: null });

describe("a call that comes during another", () => {
  it("knocks", () => {
    const { state, effects } = play([...talking, knocks]);
    expect(state).toEqual({ state: "talking", call: 1, aside: waiting });
    expect(effects).toEqual([{ do: "knock", number: "0612345678", name: "Zoé" }]);
  });

  it("is turned away where the subscriber does not want it, and when one waits already", () => {
    const busy = { do: "hang-up", code: 486 };
    expect(play([...talking, knocks], lineIn("fr", { callWaiting: false })).effects).toMatchObject([busy]);
    expect(play([...talking, knocks, { ...knocks, call: 3 }]).effects).toMatchObject([{ ...busy, call: 3 }]);
    const quiet: LineEvent[] = [
      lift,
      ...keys("*702125550123"),
      { on: "dialled", call: 1 },
      { on: "established", call: 1 },
    ];
    expect(play([...quiet, knocks], american).effects).toMatchObject([busy]);
  });

  it("is forgotten when its caller gives up", () => {
    const { state, effects } = play([...talking, knocks, ended(2)]);
    expect(state).toEqual({ state: "talking", call: 1 });
    expect(effects).toContainEqual({ do: "tone", tone: null });
  });

  it("is sent on when nobody takes it", () => {
    const forwarding = lineIn("fr", { forwardNoAnswer: { enabled: true, number: "0145678901" } });
    const { state, effects } = play([...talking, knocks, { on: "timer", timer: "no-answer" }], forwarding);
    expect(state).toEqual({ state: "talking", call: 1 });
    expect(effects).toContainEqual(expect.objectContaining({ do: "deflect", call: 2, number: "0145678901" }));
  });

  it("rings when the first is over and the handset down, or is taken by the recall key", () => {
    const rung = play([...talking, knocks, hangUp]);
    expect(rung.state).toEqual({ state: "ringing", call: 2 });
    expect(rung.effects).toEqual(
      expect.arrayContaining([release(1), { do: "ring", number: "0612345678", name: "Zoé" }]),
    );
    expect(play([...talking, knocks, hangUp, lift]).state).toEqual({ state: "answering", call: 2 });
    const over = [...talking, knocks, ended(1)];
    expect(play(over).state).toEqual({ state: "treatment", tone: "busy", aside: waiting });
    expect(play([...over, flash])).toMatchObject({ state: { state: "talking", call: 2 } });
  });
});

describe("the French recall key with two calls", () => {
  const asked = [...talking, knocks, flash];
  const after = (digit: string, story = asked) => play([...story, ...keys(digit)]);

  it("waits for a digit, the call on hold", () => {
    const { state, effects } = play(asked);
    expect(state).toEqual({ state: "choosing", call: 1, aside: waiting });
    expect(effects[0]).toEqual(hold(1, true));
    expect(effects).toContainEqual({ do: "start-timer", timer: "recall", ms: 4000 });
  });

  it.each([
    ["0", { state: "talking", call: 1 }, [hold(1, false)], { do: "hang-up", call: 2, code: 486 }],
    ["1", { state: "talking", call: 2 }, [release(1), { do: "answer", call: 2 }], {}],
    ["2", { state: "talking", call: 2, aside: held(1) }, [{ do: "answer", call: 2 }], {}],
    ["7", { state: "talking", call: 1, aside: waiting }, [hold(1, false)], { do: "knock" }],
  ])("%s, while one knocks", (digit, state, effects, some) => {
    const step = after(digit);
    expect(step.state).toEqual(state);
    expect(step.effects).toEqual(expect.arrayContaining(effects));
    expect(step.effects).toContainEqual(expect.objectContaining(some));
  });

  it.each([
    ["0", { state: "talking", call: 2 }, [release(1), hold(2, false)]],
    ["1", { state: "talking", call: 1 }, [release(2), hold(1, false)]],
    ["2", { state: "talking", call: 1, aside: held(2) }, [hold(1, false)]],
    [
      "3",
      { state: "conference", calls: [1, 2] },
      [hold(1, false), hold(2, false), { do: "conference", on: true }],
    ],
    ["4", { state: "transferring", call: 2, aside: held(1) }, [{ do: "join", call: 1, other: 2 }, patience]],
  ] as [string, object, LineEffect[]][])("%s, while one is on hold", (digit, state, effects) => {
    const step = after(digit, [...second("0612345678"), flash]);
    expect(step.state).toEqual(state);
    expect(step.effects).toEqual(expect.arrayContaining(effects));
  });

  it("comes back by itself, by the key, and when the far end leaves", () => {
    const back = { state: "talking", call: 1, aside: waiting };
    expect(play([...asked, { on: "timer", timer: "recall" }]).state).toEqual(back);
    expect(play([...asked, flash]).state).toEqual(back);
    expect(play([...asked, ended(2)]).state).toEqual({ state: "talking", call: 1 });
    expect(play([...asked, ended(1)]).state).toEqual({ state: "talking", call: 2 });
  });
});

describe("the American recall key", () => {
  it("goes to and fro between callers", () => {
    const there = play([...talking, knocks, flash], american);
    expect(there.state).toEqual({ state: "talking", call: 2, aside: held(1) });
    expect(there.effects).toEqual(expect.arrayContaining([hold(1, true), { do: "answer", call: 2 }]));
    expect(play([...talking, knocks, flash, flash], american).state).toEqual({
      state: "talking",
      call: 1,
      aside: held(2),
    });
  });

  it("joins the two that the subscriber called, and drops the last", () => {
    const both = [...second("2125550123"), flash];
    expect(play(both, american).state).toEqual({ state: "conference", calls: [1, 2] });
    const { state, effects } = play([...both, flash], american);
    expect(state).toEqual({ state: "talking", call: 1 });
    expect(effects).toEqual([{ do: "conference", on: false }, release(2)]);
  });
});

describe("a call made while another is on hold", () => {
  it("begins with a dial tone of its own", () => {
    const { state, effects } = play([...talking, flash]);
    expect(state).toEqual({ state: "ready", tone: "special-dial", aside: held(1) });
    expect(effects.slice(0, 2)).toEqual([hold(1, true), { do: "tone", tone: "special-dial" }]);
    expect(play([...talking, flash, { on: "context" }]).effects).toEqual([]);
  });

  it("is up beside it, and is left for it by the recall key at every stage", () => {
    expect(play(second("0612345678")).state).toEqual({
      state: "talking",
      call: 2,
      aside: held(1),
      dialledSecond: true,
    });
    const stages: LineEvent[][] = [
      [flash],
      [flash, ...keys("06")],
      [flash, ...keys("0612345678"), { on: "dialled", call: 2 }],
      [flash, ...keys("0612345678"), { on: "dialled", call: 2 }, ended(2)],
    ];
    for (const stage of stages) {
      const { state, effects } = play([...talking, ...stage, flash]);
      expect(state).toEqual({ state: "talking", call: 1 });
      expect(effects).toContainEqual(hold(1, false));
    }
  });

  it("leaves the first when it ends, and loses it when that ends", () => {
    expect(play([...second("0612345678"), ended(2)])).toMatchObject({
      state: { state: "talking", call: 1 },
      effects: expect.arrayContaining([hold(1, false)]),
    });
    expect(play([...second("0612345678"), ended(1)]).state).toEqual({
      state: "talking",
      call: 2,
      dialledSecond: true,
    });
    expect(play([...talking, flash, ended(1)]).state).toEqual({ state: "ready", tone: "special-dial" });
  });

  it("is ended by hanging up, and the first calls back", () => {
    const { state, effects } = play([...second("0612345678"), hangUp]);
    expect(state).toEqual({ state: "ringing", call: 1, held: true });
    expect(effects).toEqual(expect.arrayContaining([release(2), { do: "ring", number: "", name: "" }]));
    expect(play([...second("0612345678"), hangUp, lift])).toEqual({
      state: { state: "talking", call: 1 },
      effects: [{ do: "stop-ring" }, hold(1, false)],
    });
    expect(play([...second("0612345678"), hangUp, ended(1)]).state).toEqual(initialLine);
  });
});

describe("a transfer", () => {
  const transferring = [...second("0612345678"), flash, ...keys("4")];
  const told = (done: boolean): LineEvent => ({ on: "transferred", call: 1, done });

  it("ends both calls once the far ends talk, and is confirmed", () => {
    const { state, effects } = play([...transferring, told(true)]);
    expect(state).toEqual({ state: "treatment", tone: "confirmation" });
    expect(effects).toEqual(expect.arrayContaining([release(1), release(2)]));
  });

  it("that fails gives the call back", () => {
    expect(play([...transferring, told(false)]).state).toEqual({ state: "talking", call: 2, aside: held(1) });
  });

  it("goes on when the handset is put down, and never rings the line again", () => {
    expect(play([...transferring, hangUp]).state).toMatchObject({ state: "leaving" });
    for (const done of [true, false])
      expect(play([...transferring, hangUp, told(done)])).toEqual({
        state: initialLine,
        effects: [stopped, release(2), release(1)],
      });
    expect(play([...transferring, hangUp, ended(1)])).toEqual({
      state: initialLine,
      effects: [stopped, release(2)],
    });
    expect(play([...transferring, hangUp, lift])).toMatchObject({ state: { state: "ready" } });
  });

  it("is given up when the far end never tells of it: no call stays up by itself", () => {
    const silence: LineEvent = { on: "timer", timer: "transfer" };
    expect(play([...transferring, silence]).state).toEqual({ state: "talking", call: 2, aside: held(1) });
    expect(play([...transferring, hangUp]).effects).toContainEqual(patience);
    expect(play([...transferring, hangUp, silence])).toEqual({
      state: initialLine,
      effects: [stopped, release(2), release(1)],
    });
  });

  it("happens by hanging up where the subscriber has it so", () => {
    const generous = lineIn("fr", { transfer: true });
    const { state, effects } = play([...second("0612345678"), hangUp], generous);
    expect(state).toMatchObject({ state: "leaving", call: 2, aside: held(1) });
    expect(effects).toContainEqual({ do: "join", call: 1, other: 2 });
  });
});

describe("three together", () => {
  const conference = [...second("0612345678"), flash, ...keys("3")];

  it("become two when one leaves", () => {
    for (const [gone, left] of [
      [1, 2],
      [2, 1],
    ] as const)
      expect(play([...conference, ended(gone)])).toEqual({
        state: { state: "talking", call: left },
        effects: [{ do: "conference", on: false }],
      });
  });

  it("are over when the subscriber hangs up, unless he brings the others together", () => {
    expect(play([...conference, hangUp])).toMatchObject({
      state: initialLine,
      effects: expect.arrayContaining([release(1), release(2)]),
    });
    expect(play([...conference, hangUp], lineIn("fr", { transfer: true })).state).toMatchObject({
      state: "leaving",
    });
  });
});

describe("the terms' longest call", () => {
  it("ends the call it belongs to, wherever that is", () => {
    const limit = (call: number): LineEvent => ({ on: "timer", timer: "limit", call });
    const over = (call: number) =>
      expect.objectContaining({ do: "hang-up", call, ending: { cause: "limit", terms: [] } });
    expect(play([...second("0612345678"), limit(1)])).toMatchObject({
      state: { state: "talking", call: 2 },
      effects: [over(1)],
    });
    expect(play([...second("0612345678"), limit(2)]).effects).toContainEqual(over(2));
    expect(play([...second("0612345678"), flash, limit(2)]).effects).toEqual([over(2)]);
    expect(play([...second("0612345678"), flash, ...keys("3"), limit(1)]).effects).toEqual([over(1)]);
    expect(play([...talking, limit(9)]).effects).toEqual([]);
  });
});

describe("any story", () => {
  it("ends on-hook without a call once everybody has hung up", () => {
    const events: LineEvent[] = [
      flash,
      lift,
      hangUp,
      knocks,
      ended(1),
      ended(2),
      ...keys("0123456789*#"),
      { on: "dialled", call: 2 },
      { on: "established", call: 1 },
      { on: "established", call: 2 },
      { on: "transferred", call: 1, done: true },
      { on: "transferred", call: 1, done: false },
      { on: "timer", timer: "recall" },
      { on: "timer", timer: "dial" },
      { on: "timer", timer: "no-answer" },
      { on: "timer", timer: "limit", call: 1 },
      { on: "timer", timer: "off-hook" },
      { on: "timer", timer: "howler" },
      { on: "incoming", call: 1, number: "1", name: "" },
    ];
    let seed = 7;
    const next = (): number => (seed = (seed * 48_271) % 2_147_483_647);
    for (let round = 0; round < 3000; round += 1) {
      const story = Array.from({ length: 25 }, () => events[next() % events.length]!);
      const { state } = play(
        [...story, ended(1), ended(2), hangUp, ended(1), ended(2)],
        round % 2 ? french : american,
      );
      expect([story, state.state]).toEqual([story, "on-hook"]);
    }
  });
});

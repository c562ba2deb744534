import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import { numberRanges } from "../terms/index.ts";
import type { Terms } from "../terms/index.ts";
import { initialLine, plainFeatures, stepLine } from "./index.ts";
import type { LineContext, LineEffect, LineEvent, LineFeatures, LineState } from "./index.ts";

const profiles = loadProfiles();
const terms: Terms = {
  provider: profiles.providers.get("ippi")!,
  region: profiles.regions.get("fr")!,
  laboratory: null,
  serviceState: "Active",
  serviceStateClause: "",
  maximumCallDuration: 0,
  limitationsLifted: false,
};
function lineWith(features: Partial<LineFeatures>, changed: Partial<Terms> = {}): LineContext {
  const own = { ...terms, ...changed };
  return {
    terms: own,
    plan: { ranges: numberRanges(own), map: null, services: own.region.services },
    features: { ...plainFeatures, ...features },
    registered: true,
    firstDigitMs: 15_000,
    incompleteMs: 10_000,
    interDigitMs: 4000,
    terminator: "#",
  };
}

/** Plays events; "lift", "hang up" and keys are words. */
function play(story: (string | LineEvent)[], context: LineContext) {
  let state: LineState = initialLine;
  let effects: readonly LineEffect[] = [];
  for (const word of story)
    for (const event of typeof word === "string" ? eventsOf(word) : [word])
      ({ state, effects } = stepLine(state, event, context));
  return { state, effects };
}
function eventsOf(word: string): LineEvent[] {
  if (word === "lift" || word === "hang up") return [{ on: "hook", offHook: word === "lift" }];
  return Array.from(word, (digit) => ({ on: "digit", digit }));
}
const timer = (name: "dial" | "no-answer"): LineEvent => ({ on: "timer", timer: name });
const incoming = (number = "0612345678"): LineEvent => ({ on: "incoming", call: 3, number, name: "" });
const what = (effects: readonly LineEffect[]): string[] => effects.map((effect) => effect.do);
const dialOf = (effects: readonly LineEffect[]) => effects.find((effect) => effect.do === "dial");
const changeOf = (effects: readonly LineEffect[]) =>
  effects.flatMap((effect) => (effect.do === "change-feature" ? [effect.change] : []));
const on = (number: string) => ({ enabled: true, number });

describe("a service code", () => {
  it.each([
    ["*21*0145678901#", { feature: "forward-always", to: on("0145678901") }],
    ["*69*0145678901#", { feature: "forward-busy", to: on("0145678901") }],
    ["*61*0145678901#", { feature: "forward-no-answer", to: on("0145678901") }],
    ["#43#", { feature: "call-waiting", to: false }],
    ["*43#", { feature: "call-waiting", to: true }],
    ["*26#", { feature: "do-not-disturb", to: true }],
    ["#26#", { feature: "do-not-disturb", to: false }],
    ["*53*0145678901#", { feature: "hotline", to: "0145678901" }],
    ["#53#", { feature: "hotline", to: null }],
  ] as const)("%s is done and confirmed", (keys, change) => {
    const { state, effects } = play(["lift", keys], lineWith({}));
    expect(state).toEqual({ state: "treatment", tone: "confirmation" });
    expect(changeOf(effects)).toEqual([change]);
    expect(effects).toContainEqual({ do: "tone", tone: "confirmation" });
    expect(what(effects)).not.toContain("dial");
  });

  it("keeps the number when it is switched off, and finds it again", () => {
    const forwarded = lineWith({ forwardAlways: on("0145678901") });
    const off = { enabled: false, number: "0145678901" };
    expect(changeOf(play(["lift", "#21#"], forwarded).effects)).toEqual([
      { feature: "forward-always", to: off },
    ]);
    expect(changeOf(play(["lift", "*21*#"], lineWith({ forwardAlways: off })).effects)).toEqual([
      { feature: "forward-always", to: on("0145678901") },
    ]);
    expect(play(["lift", "*21*#"], lineWith({})).state).toMatchObject({ tone: "number-unobtainable" });
  });

  it("is ended by silence, too", () => {
    const { effects } = play(["lift", "*21*0145678901", timer("dial")], lineWith({}));
    expect(changeOf(effects)).toEqual([{ feature: "forward-always", to: on("0145678901") }]);
  });

  it("tells how things stand", () => {
    const asked = (features: Partial<LineFeatures>) => play(["lift", "*#21#"], lineWith(features)).state;
    expect(asked({ forwardAlways: on("0145678901") })).toMatchObject({ tone: "confirmation" });
    expect(asked({})).toMatchObject({ tone: "congestion" });
    expect(play(["lift", "*#43#"], lineWith({})).state).toMatchObject({ tone: "confirmation" });
  });

  it.each([
    ["a satellite", "*21*00881612345678#", "refused", ["refused-by-terms"]],
    ["an emergency service", "*21*112#", "number-unobtainable", ["wrong-number"]],
    ["nobody", "*21*77#", "number-unobtainable", ["wrong-number"]],
  ])("does not forward to %s", (_whom, keys, tone, causes) => {
    const { state, effects } = play(["lift", keys], lineWith({}));
    expect(state).toEqual({ state: "treatment", tone });
    expect(changeOf(effects)).toEqual([]);
    const attempts = effects.flatMap((e) => (e.do === "record-attempt" ? [e.ending.cause] : []));
    expect(attempts).toEqual(causes);
  });

  it("calls the last number, and the last caller, under the terms", () => {
    const known = lineWith({ lastDialled: "0145678901", lastCaller: "0612345678" });
    expect(dialOf(play(["lift", "*66#"], known).effects)).toMatchObject({ number: "0145678901" });
    expect(dialOf(play(["lift", "3131"], known).effects)).toMatchObject({ number: "0612345678" });
    expect(play(["lift", "3131"], lineWith({})).state).toMatchObject({ tone: "number-unobtainable" });
    const barred = lineWith({ lastDialled: "0145678901" }, { serviceState: "OutgoingBarred" });
    expect(play(["lift", "*66#"], barred).state).toMatchObject({ tone: "refused" });
  });
});

describe("the line's own number", () => {
  const called = (keys: string, features: Partial<LineFeatures>, changed: Partial<Terms> = {}) =>
    dialOf(play(["lift", keys], lineWith(features, changed)).effects);

  it("is withheld for a call, or for all but a call", () => {
    expect(called("0145678901", {})).not.toHaveProperty("anonymous");
    expect(called("#31#0145678901", {})).toMatchObject({ number: "0145678901", anonymous: true });
    expect(called("36510145678901", {})).toMatchObject({ number: "0145678901", anonymous: true });
    expect(called("0145678901", { anonymousCall: true })).toMatchObject({ anonymous: true });
    expect(called("*31#0145678901", { anonymousCall: true })).not.toHaveProperty("anonymous");
  });

  it("is never withheld from an emergency service", () => {
    const served = { provider: null };
    expect(called("#31#112", {}, served)).toEqual({ do: "dial", number: "112", terms: [] });
    expect(called("112", { anonymousCall: true }, served)).toEqual({ do: "dial", number: "112", terms: [] });
  });
});

describe("an incoming call", () => {
  const arrives = (
    features: Partial<LineFeatures>,
    story: (string | LineEvent)[] = [incoming()],
    changed: Partial<Terms> = {},
  ) => play(story, lineWith(features, changed));
  const sentOn = (number: string) => ({
    do: "deflect",
    call: 3,
    number,
    ending: { cause: "forwarded", terms: [] },
  });

  it("is sent on at once", () => {
    expect(arrives({ forwardAlways: on("0145678901") })).toEqual({
      state: initialLine,
      effects: [sentOn("0145678901")],
    });
  });

  it("rings where the terms bar the target: a forwarded call is a call of the line", () => {
    expect(
      arrives({ forwardAlways: on("0145678901") }, [incoming()], { serviceState: "OutgoingBarred" }).state,
    ).toEqual({
      state: "ringing",
      call: 3,
    });
  });

  it("is sent on when nobody answers, and not before", () => {
    const features = { forwardNoAnswer: on("0145678901"), noAnswerMs: 15_000 };
    const rung = arrives(features);
    expect(rung.effects).toContainEqual({ do: "start-timer", timer: "no-answer", ms: 15_000 });
    expect(arrives(features, [incoming(), timer("no-answer")])).toEqual({
      state: initialLine,
      effects: [{ do: "stop-ring" }, sentOn("0145678901")],
    });
    expect(arrives(features, [incoming(), "lift", timer("no-answer")]).state).toEqual({
      state: "answering",
      call: 3,
    });
    expect(what(arrives({}).effects)).toEqual(["ring"]);
  });

  it("is sent on when the line is busy, else turned away", () => {
    expect(arrives({ forwardBusy: on("0145678901") }, ["lift", incoming()]).effects).toEqual([
      sentOn("0145678901"),
    ]);
    expect(arrives({}, ["lift", incoming()]).effects).toEqual([
      { do: "hang-up", call: 3, code: 486, reason: "Busy Here", ending: { cause: "busy", terms: [] } },
    ]);
  });

  it("does not disturb", () => {
    expect(arrives({ doNotDisturb: true }).effects).toMatchObject([{ do: "hang-up", code: 480 }]);
    expect(arrives({ doNotDisturb: true, forwardAlways: on("0145678901") }).effects).toEqual([
      sentOn("0145678901"),
    ]);
  });

  it.each(["", "anonymous", "Anonymous"])("without a number (%j) may be turned away", (number) => {
    expect(arrives({ anonymousRejection: true }, [incoming(number)]).effects).toMatchObject([
      { do: "hang-up", code: 433 },
    ]);
    expect(arrives({}, [incoming(number)]).state).toMatchObject({ state: "ringing" });
  });
});

describe("a lifted handset", () => {
  it("calls the hotline at once, or when no key is pressed", () => {
    const hot = { hotline: { number: "0145678901", delayMs: 0 } };
    const warm = { hotline: { number: "0145678901", delayMs: 5000 } };
    expect(dialOf(play(["lift"], lineWith(hot)).effects)).toMatchObject({ number: "0145678901" });
    const waiting = play(["lift"], lineWith(warm));
    expect(waiting.effects).toContainEqual({ do: "start-timer", timer: "dial", ms: 5000 });
    expect(dialOf(play(["lift", timer("dial")], lineWith(warm)).effects)).toMatchObject({
      number: "0145678901",
    });
    expect(dialOf(play(["lift", "0612345678"], lineWith(warm)).effects)).toMatchObject({
      number: "0612345678",
    });
  });

  it.each([
    ["dial", {}],
    ["message-waiting", { messagesWaiting: true }],
    ["special-dial", { doNotDisturb: true }],
    ["special-dial", { forwardAlways: on("0145678901") }],
  ])("hears %s for %j", (tone, features) => {
    expect(play(["lift"], lineWith(features)).effects).toContainEqual({ do: "tone", tone });
  });
});

import { describe, expect, it } from "vitest";
import {
  accepts,
  bootEvent,
  entryEffects,
  step,
  transitions,
  type BootFacts,
  type UpdateEvent,
} from "./machine.ts";
import { outcomeFault } from "./faults.ts";
import { stateWords } from "./words.ts";
import { isOutcome, updateState, type UpdateState, type UpdateStateName } from "./state.ts";

const at = "2026-03-04T05:06:07.000Z";
const request = {
  id: "u1",
  url: "http://acs/firmware/1/x.img",
  commandKey: "key",
  username: "box",
  password: "secret",
  clause: "7.3",
  deadline: null,
  force: true,
};
const image = {
  version: "2.0.0",
  securityFloor: 0,
  payloadOffset: 10,
  size: 20,
  sha256: "a".repeat(64),
  etag: null,
};
const events: UpdateEvent[] = [
  { event: "requested", request, from: "1.0.0", home: "a", lines: [1], at },
  { event: "fits", image },
  { event: "refused", code: "IMAGE_CORRUPTED", reason: "why", version: "2.0.0", at },
  { event: "quiet" },
  { event: "complete" },
  { event: "renewed" },
  { event: "good" },
  { event: "installed" },
  { event: "kept", at },
  { event: "agreed" },
  { event: "postponed" },
  { event: "cancelled", at },
  {
    event: "recalled",
    request: { ...request, id: "u3", recall: "it is bad" },
    from: "2.0.0",
    home: "b",
    lines: [1],
    image: { version: "1.0.0", securityFloor: 0 },
    at,
  },
  {
    event: "chosen",
    request: { ...request, id: "u2", commandKey: "chosen" },
    home: "a",
    lines: [3],
    at,
  },
  { event: "activated", lines: [2, 1] },
  { event: "healthy" },
  { event: "unhealthy", reason: "line 1" },
  { event: "confirmed", at },
  { event: "fell-back", reason: "it crashed", at },
  { event: "reported" },
];
const event = (name: UpdateEvent["event"]): UpdateEvent => {
  const found = events.find((candidate) => candidate.event === name);
  if (!found) throw new Error(name);
  return found;
};
const play = (...names: UpdateEvent["event"][]): UpdateState =>
  names.reduce<UpdateState>((state, name) => step(state, event(name)), { state: "idle" });
const way = {
  idle: [],
  checking: ["requested"],
  waiting: ["requested", "fits"],
  downloading: ["requested", "fits", "quiet"],
  verifying: ["requested", "fits", "quiet", "complete"],
  installing: ["requested", "fits", "quiet", "complete", "good"],
  activating: ["requested", "fits", "quiet", "complete", "good", "installed"],
  trial: ["requested", "fits", "quiet", "complete", "good", "installed", "activated"],
  committing: ["requested", "fits", "quiet", "complete", "good", "installed", "activated", "healthy"],
  "rolling-back": ["requested", "fits", "quiet", "complete", "good", "installed", "activated", "unhealthy"],
  committed: [
    "requested",
    "fits",
    "quiet",
    "complete",
    "good",
    "installed",
    "activated",
    "healthy",
    "confirmed",
  ],
  "rolled-back": [
    "requested",
    "fits",
    "quiet",
    "complete",
    "good",
    "installed",
    "activated",
    "unhealthy",
    "fell-back",
  ],
  rejected: ["requested", "refused"],
  cancelled: ["requested", "fits", "cancelled"],
  available: ["requested", "fits", "quiet", "complete", "good", "kept"],
} satisfies Record<UpdateStateName, UpdateEvent["event"][]>;
const names = Object.keys(way) as UpdateStateName[];

describe("the update machine", () => {
  it.each(names)("in %s does what the table says for every event, and nothing else", (name) => {
    const state = play(...way[name]);
    expect(state.state).toBe(name);
    const table: Partial<Record<string, UpdateStateName>> = transitions[name];
    for (const next of events) {
      const expected =
        isOutcome(state) && ["requested", "chosen", "recalled"].includes(next.event)
          ? undefined
          : table[next.event];
      if (expected === undefined) expect(() => step(state, next), next.event).toThrow(TypeError);
      else expect(step(state, next).state, next.event).toBe(expected);
    }
  });

  it.each(names)("can be stored and read back in %s", (name) => {
    const state = play(...way[name]);
    expect(updateState.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  it("has an effect for every state that is not at rest", () =>
    expect(names.filter((name) => entryEffects[name] === null)).toEqual(["idle"]));

  it("takes a new request only when the last outcome has been reported", () => {
    const state = play(...way.rejected);
    expect(accepts(state, "requested")).toBe(false);
    expect(accepts(step(state, event("reported")), "requested")).toBe(true);
  });

  it("activates a kept image once that is asked for, for whoever asked", () => {
    const kept = play(...way.available, "reported");
    // Its server is asked about its release again.
    expect(kept).toMatchObject({ request: { username: "box", password: "secret" } });
    const chosen = step(kept, event("chosen"));
    expect(chosen).toMatchObject({ state: "activating", lines: [3], image: { version: "2.0.0" } });
    expect(chosen).toMatchObject({ request: { id: "u2", commandKey: "chosen" }, from: "1.0.0" });
    expect(accepts(kept, "requested")).toBe(true);
    expect(accepts(play(...way.rejected, "reported"), "chosen")).toBe(false);
  });

  it("goes back to what the other slot holds, and says why", () => {
    const recalled = step(play(...way.committed, "reported"), event("recalled"));
    expect(recalled).toMatchObject({ state: "activating", home: "b", image: { version: "1.0.0" } });
    expect(stateWords(recalled)).toBe("going back to version 1.0.0: it is bad");
    expect(accepts(play(...way.committed), "recalled")).toBe(false);
  });

  it("uses the next window when the first one's retries are used up, and asks again in it", () => {
    const opens = at;
    const [first, second] = ["2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z"].map((closes) => ({
      opens,
      closes,
      mode: "confirmation" as const,
      retries: 0,
    }));
    if (!first || !second) throw new Error("two windows");
    const asked = { ...event("requested"), request: { ...request, windows: [first, second] } } as UpdateEvent;
    const agreed = step(step({ state: "idle" }, asked), event("agreed"));
    expect(agreed).toMatchObject({ state: "checking", request: { confirmed: true } });
    expect(step(agreed, event("postponed"))).toMatchObject({
      state: "checking",
      request: { windows: [second], confirmed: false },
    });
  });

  it("keeps the lines of the request and of the activation", () =>
    expect(play(...way.trial)).toMatchObject({ lines: [1, 2] }));

  it("forgets the server's password at the end, and tells the ACS what TR-069 has a code for", () => {
    const ends = (["committed", "rolled-back", "rejected"] as const)
      .map((name) => play(...way[name]))
      .filter(isOutcome);
    expect(JSON.stringify(ends)).not.toMatch(/secret|"box"/);
    expect(ends.map(outcomeFault)).toEqual([
      { code: 0, string: "" },
      { code: 9018, string: "rolled back: it crashed" },
      { code: 9018, string: "why" },
    ]);
  });
});

describe("a start of the box", () => {
  const home: BootFacts = { slot: "a", trial: false, failed: null, at };
  const away: BootFacts = { slot: "b", trial: true, failed: null, at };
  const failed: BootFacts = { ...home, failed: { slot: "b", update: "u1", reason: "it crashed" } };
  const other: BootFacts = { ...home, failed: { slot: "b", update: "u0", reason: "long ago" } };
  const lost = "the boot loader did not start the new image";
  it.each([
    ["idle", home, undefined],
    ["downloading", home, undefined],
    ["installing", failed, undefined],
    ["activating", home, undefined],
    ["activating", other, undefined],
    ["activating", away, { event: "activated" }],
    ["activating", failed, { event: "fell-back", reason: "it crashed" }],
    ["trial", away, undefined],
    ["trial", failed, { event: "fell-back", reason: "it crashed" }],
    ["trial", home, { event: "fell-back", reason: lost }],
    ["committing", away, undefined],
    ["committing", failed, { event: "fell-back", reason: "it crashed" }],
    ["rolling-back", away, undefined],
    ["rolling-back", home, { event: "fell-back", reason: "line 1" }],
    ["committed", home, undefined],
  ] as const)("in %s with %j means %j", (name, boot, expected) => {
    const outcome = bootEvent(play(...way[name]), boot);
    if (expected === undefined) expect(outcome).toBeUndefined();
    else expect(outcome).toMatchObject(expected);
  });
});

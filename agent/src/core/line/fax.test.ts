import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import { numberRanges } from "../terms/index.ts";
import type { Terms } from "../terms/index.ts";
import { plainFeatures, stepLine } from "./index.ts";
import type { LineContext, LineEvent, LineState } from "./index.ts";

const profiles = loadProfiles();
const terms: Terms = {
  provider: profiles.providers.get("voxbi")!,
  region: profiles.regions.get("lu")!,
  laboratory: null,
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
const validated = { ...context, faxValidated: true };
const talking: LineState = { state: "talking", call: 7 };
const fax = (pages: number, more = true, call = 7): LineEvent => ({ on: "fax", call, pages, more });

describe("a fax on the line", () => {
  it("ends with the clause and the refused tone where the machine was not tried", () => {
    const { state, effects } = stepLine(talking, fax(0), context);
    expect(state).toMatchObject({ state: "treatment", tone: "refused" });
    expect(effects).toContainEqual({
      do: "hang-up",
      call: 7,
      code: 0,
      reason: "Fax limit",
      ending: {
        cause: "refused-by-terms",
        terms: [{ provider: "voxbi", rule: "fax", clause: "13.7", effect: "refused" }],
      },
    });
    expect(effects).toContainEqual(expect.objectContaining({ do: "tone", tone: "refused" }));
  });

  it("goes on to its fifth page, and to no sixth", () => {
    for (const event of [fax(0), fax(4), fax(5, false)])
      expect(stepLine(talking, event, validated)).toEqual({ state: talking, effects: [] });
    expect(stepLine(talking, fax(5), validated).effects).toContainEqual(
      expect.objectContaining({ do: "hang-up", ending: expect.objectContaining({ cause: "limit" }) }),
    );
  });

  it("of a call that is not the line's changes nothing", () => {
    expect(stepLine(talking, fax(0, true, 8), context)).toEqual({ state: talking, effects: [] });
    expect(stepLine({ state: "on-hook" }, fax(0), context).effects).toEqual([]);
    const waiting: LineState = {
      ...talking,
      aside: { kind: "waiting", call: 8, number: "1", name: "" },
    };
    expect(stepLine(waiting, fax(0), context).effects).toContainEqual(
      expect.objectContaining({ do: "hang-up", call: 7 }),
    );
  });
});

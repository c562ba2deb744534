import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import { evaluateFax, faxTerms } from "./index.ts";

const { providers } = loadProfiles();
const voxbi = { provider: providers.get("voxbi")! };
const ippi = { provider: providers.get("ippi")! };
const nobody = { provider: null };

describe("a fax under the terms", () => {
  it("is not carried by Voxbi where the machine was not tried before (13.7)", () => {
    expect(evaluateFax({ pages: 0, more: true }, false, voxbi)).toEqual({
      provider: "voxbi",
      rule: "fax",
      clause: "13.7",
      effect: "refused",
    });
    expect(evaluateFax({ pages: 0, more: true }, true, voxbi)).toBeNull();
  });

  it.each([
    [4, true, null],
    [5, false, null],
    [5, true, "limit:5 pages"],
    [6, true, "limit:5 pages"],
  ])("has five pages at most with Voxbi: %i, more to come: %s", (pages, more, effect) => {
    expect(evaluateFax({ pages, more }, true, voxbi)?.effect ?? null).toBe(effect);
  });

  it("goes on without a rule, and says in its record what is not promised", () => {
    expect(evaluateFax({ pages: 50, more: true }, false, ippi)).toBeNull();
    expect(evaluateFax({ pages: 50, more: true }, false, nobody)).toBeNull();
    expect(faxTerms(ippi)).toEqual([
      { provider: "ippi", rule: "fax", clause: "5.5", effect: "not-guaranteed" },
    ]);
    expect(faxTerms(nobody)).toEqual([]);
  });
});

import { loadProfiles } from "@tonalite/device-profiles/load";
import type { RegionProfile } from "@tonalite/device-profiles";
import { describe, expect, it } from "vitest";
import { judgeDialled, parseDigitMap, takesHash } from "./index.ts";
import type { DialPlan, DigitMap } from "./index.ts";

const { regions } = loadProfiles();
function planOf(id: string, map: string | null = null): DialPlan {
  const region = regions.get(id)!;
  const parsed = map === null ? null : parseDigitMap(map);
  const own: DigitMap | null = parsed?.ok ? parsed.map : null;
  return { ranges: region.dialling.ranges, map: own, services: region.services };
}

describe("dialled digits", () => {
  it.each([
    ["fr", "0145678901", "complete", { action: "call", number: "0145678901", prefix: null }],
    ["fr", "365", "incomplete", { action: "call", number: "365", prefix: null }],
    ["fr", "3651", "incomplete", { action: "call", number: "", prefix: "withhold-number" }],
    ["fr", "36510145678901", "complete", { action: "call", number: "0145678901", prefix: "withhold-number" }],
    ["fr", "#31#0145678901", "complete", { action: "call", number: "0145678901", prefix: "withhold-number" }],
    ["fr", "3131", "complete", { action: "service", service: "call-return", number: "" }],
    ["fr", "3130", "complete", { action: "call", number: "3130", prefix: null }],
    [
      "fr",
      "*21*0145678901#",
      "complete",
      { action: "service", service: "forward-always-on", number: "0145678901" },
    ],
    ["fr", "*21*01", "sufficient", { action: "service", service: "forward-always-on", number: "01" }],
    ["fr", "*21*", "incomplete", { action: "service", service: "forward-always-on", number: "" }],
    ["fr", "#21#", "complete", { action: "service", service: "forward-always-off", number: "" }],
    ["fr", "*4", "incomplete", { action: "call", number: "*4", prefix: null }],
    ["fr", "*99", "impossible", { action: "call", number: "*99", prefix: null }],
    [
      "gb",
      "14102079460123",
      "complete",
      { action: "call", number: "02079460123", prefix: "withhold-number" },
    ],
    ["gb", "1471", "complete", { action: "service", service: "call-return", number: "" }],
    ["us", "*69", "complete", { action: "service", service: "call-return", number: "" }],
    [
      "us",
      "*6712125550123",
      "complete",
      { action: "call", number: "12125550123", prefix: "withhold-number" },
    ],
    ["us", "2125550123", "complete", { action: "call", number: "2125550123", prefix: null }],
    ["us", "911", "complete", { action: "call", number: "911", prefix: null }],
    ["de", "030123456", "sufficient", { action: "call", number: "030123456", prefix: null }],
    ["lu", "26123456", "complete", { action: "call", number: "26123456", prefix: null }],
    ["be", "022345678", "complete", { action: "call", number: "022345678", prefix: null }],
    ["be", "0475123456", "complete", { action: "call", number: "0475123456", prefix: null }],
  ] as const)("%s %s: %s", (id, digits, progress, action) => {
    expect(judgeDialled(digits, planOf(id))).toMatchObject({ progress, action });
  });

  it("take # as their end except within a code", () => {
    expect(takesHash("0041223", planOf("fr"))).toBe(false);
    expect(takesHash("*21*0145", planOf("fr"))).toBe(true);
    expect(takesHash("#21", planOf("fr"))).toBe(true);
  });

  it("follow a map that management gave instead of the ranges", () => {
    const map = "(9xxx|[2-5]xx)";
    expect(judgeDialled("234", planOf("fr", map)).progress).toBe("complete");
    expect(judgeDialled("0145678901", planOf("fr", map)).progress).toBe("impossible");
    expect(judgeDialled("*43#", planOf("fr", map)).progress).toBe("complete");
    expect(judgeDialled("12", planOf("fr", "(1xx.L)")).patient).toBe(true);
  });
});

/** Whatever management wrote into a map, help can be called. */
const hostile = [null, "(1)", "(11|1|9)", "x", "(0xxxxxxxxx)", "(x.T)", "(xx)", "(*x.)", "(1xxxxxxxxx|9x)"];
const emergencies = [...regions.values()].flatMap(({ id, dialling }: RegionProfile) =>
  dialling.ranges
    .filter((range) => range.category === "emergency")
    .map((range) => [id, range.prefix] as const),
);

describe("an emergency number", () => {
  it.each(emergencies)("%s %s goes out under every map, at once", (id, number) => {
    for (const map of hostile) {
      const plan = planOf(id, map);
      for (let length = 1; length < number.length; length += 1) {
        const { progress } = judgeDialled(number.slice(0, length), plan);
        const shorter = emergencies.some(([of, one]) => of === id && one === number.slice(0, length));
        expect([map, number.slice(0, length), progress]).toEqual([
          map,
          number.slice(0, length),
          shorter ? "complete" : expect.stringMatching(/incomplete|sufficient/),
        ]);
      }
      const called = { action: "call", number, prefix: null };
      expect(judgeDialled(number, plan)).toMatchObject({ progress: "complete", action: called });
      const withheld = plan.services
        .find(({ service }) => service === "withhold-number")!
        .code.replace("{number}", number);
      expect(judgeDialled(withheld, plan)).toMatchObject({
        progress: "complete",
        action: { ...called, prefix: "withhold-number" },
      });
    }
  });
});

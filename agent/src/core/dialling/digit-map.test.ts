import { describe, expect, it } from "vitest";
import { mapProgress, parseDigitMap } from "./index.ts";
import type { DigitMap } from "./index.ts";

function mapOf(text: string): DigitMap {
  const parsed = parseDigitMap(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problem} at ${parsed.at}`);
  return parsed.map;
}
const progress = (text: string, digits: string): string => mapProgress(digits, mapOf(text)).progress;

/** RFC 3435 §2.1.5's own example, with the French flavour of ours. */
const french = "(1[578]|112|3xxx|0[1-79]xxxxxxxx|08[0-2]xxxxxxx|00x.T|*xx#|*xx*x.#|#xx#)";

describe("a digit map", () => {
  it.each([
    ["", "incomplete"],
    ["1", "incomplete"],
    ["15", "complete"],
    ["112", "complete"],
    ["11", "incomplete"],
    ["13", "impossible"],
    ["3131", "complete"],
    ["0145678901", "complete"],
    ["01456789012", "impossible"],
    ["0812345678", "complete"],
    ["0891234567", "impossible"],
    ["00", "sufficient"],
    ["0041223456", "sufficient"],
    ["*43", "incomplete"],
    ["*43#", "complete"],
    ["*21*0145#", "complete"],
    ["*21*0145", "incomplete"],
    ["#43#", "complete"],
    ["##", "impossible"],
  ])("judges %j: %s", (digits, expected) => expect(progress(french, digits)).toBe(expected));

  it("goes out early only when nothing longer can come of it", () => {
    expect(progress("(0|00|[1-7]xxx|8xxxxxxx)", "0")).toBe("sufficient");
    expect(progress("(0|00|[1-7]xxx|8xxxxxxx)", "00")).toBe("complete");
    expect(progress("(911|9xxx)", "911")).toBe("sufficient");
    expect(progress("x.", "12345")).toBe("sufficient");
  });

  it("waits as long as its timers say", () => {
    expect(mapProgress("12", mapOf("xx.T"))).toEqual({ progress: "sufficient", timer: "short" });
    expect(mapProgress("12", mapOf("xx.L"))).toEqual({ progress: "sufficient", timer: "long" });
    expect(mapProgress("12", mapOf("(xx.L|12S)"))).toEqual({ progress: "sufficient", timer: "short" });
    expect(mapProgress("12", mapOf("12T"))).toEqual({ progress: "sufficient", timer: "short" });
  });

  it.each([
    ["", "an empty string of digits", 0],
    ["(1|)", "an empty string of digits", 3],
    ["(12", "no closing parenthesis", 3],
    ["1|2", "a choice stands in parentheses", 1],
    ["[12", "no closing bracket", 0],
    ["[]", "an empty choice", 0],
    ["[3-1]", "a range goes from a digit up to a digit", 1],
    ["[*-3]", "a range goes from a digit up to a digit", 1],
    ["[1T]", '"T" in a choice', 1 + 1],
    ["12T3", "nothing may follow a timer", 3],
    ["x.", null, 0],
    [".1", '"." means nothing here', 0],
    ["1Z", '"Z" means nothing here', 1],
    ["T", "an empty string of digits", 0],
    ["1".repeat(2049), "longer than 2048", 2048],
  ])("%j is refused with what is wrong and where", (text, problem, at) => {
    expect(parseDigitMap(text)).toEqual(
      problem === null ? { ok: true, map: expect.any(Array) } : { ok: false, problem, at },
    );
  });
});

/** A pseudo-random sequence: the same for every run. */
function* random(seed: number): Generator<number, never> {
  for (let state = seed >>> 0 || 1; ;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    yield state / 2 ** 32;
  }
}

/** The same language as a regular expression: an independent judge of what is whole. */
function expression(map: DigitMap): RegExp {
  const escaped = (digits: string): string => `[${digits.replaceAll(/[*#]/g, "\\$&")}]`;
  return new RegExp(
    `^(?:${map.map(({ elements }) => elements.map(({ digits, many }) => escaped(digits) + (many ? "*" : "")).join("")).join("|")})$`,
  );
}

describe("any digit map", () => {
  const next = random(20261122);
  const pick = (from: string): string => from[Math.floor(next.next().value * from.length)] ?? "";
  const word = (alphabet: string, longest: number): string =>
    Array.from({ length: 1 + Math.floor(next.next().value * longest) }, () => pick(alphabet)).join("");

  it("takes exactly what a regular expression of the same language takes, and keeps its promises", () => {
    const pieces = ["x", "1", "0", "[2-5]", "[19*]", "x.", "3.", "#", "[0-9]."];
    for (let round = 0; round < 500; round += 1) {
      const alternatives = Array.from({ length: 1 + Math.floor(next.next().value * 4) }, () => {
        const elements = Array.from(
          { length: 1 + Math.floor(next.next().value * 4) },
          () => pieces[Math.floor(next.next().value * pieces.length)] ?? "x",
        );
        return `${pick("0123456789*#")}${elements.join("")}${next.next().value < 0.3 ? "T" : ""}`;
      });
      const map = mapOf(`(${alternatives.join("|")})`);
      const whole = expression(map);
      for (let trial = 0; trial < 20; trial += 1) {
        const digits = word("0123456789*#", 6);
        const judged = mapProgress(digits, map).progress;
        expect([alternatives, digits, judged === "complete" || judged === "sufficient"]).toEqual([
          alternatives,
          digits,
          whole.test(digits),
        ]);
        // What is impossible stays so, and nothing grows out of what is complete.
        const longer = mapProgress(digits + pick("0123456789*#"), map).progress;
        if (judged === "impossible" || judged === "complete")
          expect([alternatives, digits, longer]).toEqual([alternatives, digits, "impossible"]);
      }
    }
  });

  it("of any text is read or refused, and judged in bounded time", () => {
    const alphabet = "0123456789*#xXT SL.[]-()|ABCDab,";
    for (let round = 0; round < 5000; round += 1) {
      const text = next.next().value < 0.5 ? `(${word(alphabet, 40)})` : word(alphabet, 40);
      const parsed = parseDigitMap(text);
      if (parsed.ok)
        for (const digits of ["", "0", "112", "*21*0612345678#"]) mapProgress(digits, parsed.map);
      else expect(parsed.at).toBeLessThanOrEqual(text.length);
    }
    const worst = mapOf(
      `(${Array.from({ length: 400 }, () => "x.x.").join("|")}|1)`.slice(0, 2040).replace(/\|[^|]*$/, ")"),
    );
    expect(mapProgress("1".repeat(32), worst).progress).not.toBe("impossible");
  });
});

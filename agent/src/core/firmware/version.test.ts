import { expect, it } from "vitest";
import { compareVersions } from "./version.ts";

it("orders versions as Semantic Versioning §11 does in its own example", () => {
  const ordered = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2.0",
    "1.10.0",
    "2.0.0",
  ];
  for (const [index, left] of ordered.entries())
    for (const [other, right] of ordered.entries())
      expect(compareVersions(left, right), `${left} and ${right}`).toBe(Math.sign(index - other));
});

it("does not count build metadata", () => expect(compareVersions("1.0.0+a", "1.0.0+b")).toBe(0));

it.each(["", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3.4", `1.2.${"9".repeat(99)}`])(
  "refuses %j",
  (text) => expect(() => compareVersions(text, "1.0.0")).toThrow(/is not a version/),
);

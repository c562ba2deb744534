import { describe, expect, it } from "vitest";
import { parseCommandLine, usage } from "./command-line.ts";
import { languages, sentenceFor } from "./messages.ts";
import { FlashError, type FlashCode } from "./problem.ts";
import { sentences } from "./sentences.ts";

const codes = Object.keys(sentences) as FlashCode[];

describe("every failure", () => {
  it("has an exit code that the help tells, and 0 is none", () => {
    const told = new Set(
      Array.from(usage.slice(usage.indexOf("Exit code:")).matchAll(/\b(\d{1,2}) [a-z]/g), ([, code]) =>
        Number(code),
      ),
    );
    expect(told.has(0)).toBe(true);
    for (const code of codes) {
      expect(sentences[code].exit, code).toBeGreaterThan(0);
      expect(told, code).toContain(sentences[code].exit);
    }
  });

  it.each(codes)("%s is one sentence with a remedy, and says the same in both languages", (code) => {
    const quoted = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([place]) => place).sort();
    const [en, fr] = languages.map((language) => sentences[code][language]);
    expect(quoted(fr ?? "")).toEqual(quoted(en ?? ""));
    for (const language of languages)
      expect(sentenceFor(new FlashError(code), language)).not.toMatch(/[{}\n]/);
  });
});

describe("a command line", () => {
  it.each([
    ["--nonsense", "Unknown option"],
    ["--baud fast", "--baud must be a number"],
    ["--mac 01:00:00:00:00:00", "--mac is six octets"],
    ["--way pigeon", "--way is"],
    ["--allow x", "--allow wants a reason"],
    ["--station http://x", "--station needs --station-token-file"],
    ["--port A --port A", "a port is named twice"],
    ["--port A --port B --backup x", "are of one board"],
    ["--restore x --image y", "--restore or --image, not both"],
    ["--restore x --serial TN1", "--restore or --serial, not both"],
    ["wash", "“wash”?"],
  ])("“%s” is refused with its reason", (line, reason) => {
    expect(() => parseCommandLine(line.split(" "))).toThrow(
      expect.objectContaining({
        code: "USAGE",
        details: { reason: expect.stringContaining(reason) as string },
      }),
    );
  });

  it("without a speed leaves it open; a given one stands", () => {
    expect(parseCommandLine(["--port", "A"]).flags.baud).toBeUndefined();
    expect(parseCommandLine(["--baud", "57600"]).flags.baud).toBe(57_600);
  });
});

import { describe, expect, it } from "vitest";
import { JsonLines } from "./json-lines.ts";

function split(chunks: (string | Buffer)[], limit = 64) {
  const taken: unknown[] = [];
  const refused: string[] = [];
  const lines = new JsonLines(
    limit,
    (value) => taken.push(value),
    (problem) => refused.push(problem),
  );
  for (const chunk of chunks) lines.push(Buffer.from(chunk as string));
  return { taken, refused };
}

describe("JSON lines", () => {
  it("come whole however the stream is cut, even within a character", () => {
    const whole = Buffer.from('{"a":"é"}\n{"b":2}\n');
    for (let cut = 0; cut <= whole.length; cut += 1) {
      expect(split([whole.subarray(0, cut), whole.subarray(cut)]).taken).toEqual([{ a: "é" }, { b: 2 }]);
    }
  });

  it("that are too long are dropped, the next one is read", () => {
    const { taken, refused } = split(["x".repeat(50), "x".repeat(50), '\n{"ok":1}\n']);
    expect(taken).toEqual([{ ok: 1 }]);
    expect(refused).toEqual(["a line of more than 64 bytes"]);
  });

  it("that are not JSON are told without their content", () => {
    const { taken, refused } = split(["secret\n\n[1]\n"]);
    expect(taken).toEqual([[1]]);
    expect(refused).toEqual(["6 bytes that are not JSON"]);
  });
});

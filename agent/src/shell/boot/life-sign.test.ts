import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Journal } from "../../core/ports.ts";
import type { Log } from "../logging.ts";
import { showLife, takeBoardNotes } from "./life-sign.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tonalite-life-"));
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

describe("the sign of life", () => {
  it("changes while the engine answers, and stands still while it does not", () => {
    const errors: unknown[] = [];
    const log = { error: (...words: unknown[]) => void errors.push(words) } as unknown as Log;
    const sign = (): string => readFileSync(join(folder, "life-sign"), "utf8");
    let works = true;
    const stop = showLife(
      folder,
      () => {
        if (!works) throw new Error("no answer");
      },
      log,
    );
    const seen = [sign()];
    const pass = (): void => {
      vi.advanceTimersByTime(5000);
      seen.push(sign());
    };
    pass();
    works = false;
    pass();
    pass();
    works = true;
    pass();
    stop();
    pass();
    const [first, second, third, fourth, fifth, sixth] = seen;
    expect(new Set([first, second, fifth]).size).toBe(3);
    expect([third, fourth, sixth]).toEqual([second, second, fifth]);
    expect(errors).toHaveLength(1);
  });
});

describe("what the board's services noted", () => {
  it("goes to the journal once", () => {
    const entries: unknown[] = [];
    const journal = {
      append: (kind: string, body: unknown) => void entries.push([kind, body]),
    } as unknown as Journal;
    takeBoardNotes(folder, journal);
    writeFileSync(join(folder, "notes"), "the data partition was damaged and is repaired\n\nthe second\n");
    takeBoardNotes(folder, journal);
    takeBoardNotes(folder, journal);
    expect(entries).toEqual([
      ["system", { what: "fault", detail: "board: the data partition was damaged and is repaired" }],
      ["system", { what: "fault", detail: "board: the second" }],
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

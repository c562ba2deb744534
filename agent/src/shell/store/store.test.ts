import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { journalEntry } from "../../core/records/index.ts";
import { openJournal } from "./journal.ts";
import { openStore } from "./store.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "store-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const boot = { what: "boot", detail: "" } as const;

describe("the journal", () => {
  it("gives entries in order until their receipt, and never a sequence twice", () => {
    let store = openStore(directory);
    const ids = [1, 2, 3].map(() => store.journal.append("system", boot).id);
    expect(store.journal.pending(2).map((entry) => entry.id)).toEqual(ids.slice(0, 2));
    store.journal.acknowledge(ids[1]!);
    expect(store.journal.pending(10).map((entry) => entry.sequence)).toEqual([1, 3]);
    store.close();
    store = openStore(directory);
    store.journal.acknowledge(3);
    expect(store.journal.pendingCount()).toBe(0);
    expect(store.journal.append("system", boot).sequence).toBe(4);
    expect(journalEntry.parse(store.journal.pending(1)[0])).toMatchObject({ kind: "system", data: boot });
    store.close();
  });

  it("is bounded: delivered entries go first, lost ones are told", () => {
    const store = openStore(directory);
    const database = new DatabaseSync(join(directory, "store.db"));
    const journal = openJournal(database, 20);
    const told: number[] = [];
    journal.onAppend((entry) => told.push(entry.sequence));
    for (let index = 0; index < 30; index += 1) journal.append("system", boot);
    expect(journal.pendingCount()).toBeLessThanOrEqual(21);
    const overflow = journal
      .pending(50)
      .filter((entry) => entry.kind === "system" && entry.data.what !== "boot");
    expect(overflow.length).toBeGreaterThan(0);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    database.close();
    store.close();
  });

  it("after a power cut has every entry it confirmed, once", { timeout: 20_000 }, async () => {
    const script = join(directory, "append.ts");
    writeFileSync(
      script,
      `import { openStore } from ${JSON.stringify(join(import.meta.dirname, "store.ts"))};
       const store = openStore(${JSON.stringify(directory)});
       setInterval(() => {}, 1000);
       for (let left = 1000; left > 0; left -= 1) process.stdout.write(store.journal.append("system", ${JSON.stringify(boot)}).id + "\\n");`,
    );
    const confirmed: string[] = [];
    for (let cut = 0; cut < 4; cut += 1) {
      const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script]);
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
      await new Promise<void>((resolve) => {
        child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), 60 + cut * 37));
        child.once("close", () => resolve());
      });
      // The last line may be cut: it was not confirmed.
      confirmed.push(...text.split("\n").slice(0, -1));
    }
    const store = openStore(directory);
    const stored = store.journal.pending(100_000);
    const ids = stored.map((entry) => entry.id);
    expect(confirmed.length).toBeGreaterThan(0);
    expect(ids).toEqual(expect.arrayContaining(confirmed));
    expect(new Set(ids).size).toBe(ids.length);
    expect(stored.map((entry) => entry.sequence)).toEqual(ids.map((_, index) => index + 1));
    store.close();
  });
});

describe("the store", () => {
  it("keeps values, and a transaction whole or not at all", () => {
    const store = openStore(directory);
    store.values.set("a", { b: [1] });
    expect(store.values.get("a")).toEqual({ b: [1] });
    expect(() =>
      store.transaction(() => {
        store.values.delete("a");
        throw new Error("power");
      }),
    ).toThrow("power");
    expect(store.values.get("a")).toEqual({ b: [1] });
    expect(store.values.get("none")).toBeUndefined();
    store.close();
  });

  it("tells of an entry only when its transaction is durable", () => {
    const store = openStore(directory);
    const told: string[] = [];
    store.journal.onAppend((entry) => told.push(entry.id));
    expect(() =>
      store.transaction(() => {
        store.journal.append("system", boot);
        throw new Error("power");
      }),
    ).toThrow("power");
    const id = store.transaction(() => {
      const entry = store.journal.append("system", boot);
      expect(told).toEqual([]);
      return entry.id;
    });
    expect(told).toEqual([id]);
    expect(store.journal.pendingCount()).toBe(1);
    store.close();
  });

  it("puts a damaged file aside instead of staying dead", () => {
    writeFileSync(
      join(directory, "store.db"),
      "this is no database, and longer than a header of one".repeat(50),
    );
    const store = openStore(directory);
    expect(store.damage).toMatch(/not a database/);
    store.journal.append("system", boot);
    store.close();
    expect(readdirSync(directory)).toContain("store.db.damaged");
    expect(readFileSync(join(directory, "store.db.damaged"), "utf8")).toContain("no database");
  });
});

describe("forgetting", () => {
  it("leaves nothing that was set before, nor what is set while the box still runs", () => {
    let store = openStore(directory);
    store.values.set("a", 1);
    store.journal.append("system", boot);
    store.forget();
    expect(store.values.get("a")).toBeUndefined();
    // Who reads back what he wrote goes on working.
    store.values.set("a", 2);
    expect(store.values.get("a")).toBe(2);
    store.values.delete("a");
    store.values.set("b", 3);
    store.close();
    store = openStore(directory);
    expect([store.values.get("a"), store.values.get("b")]).toEqual([undefined, undefined]);
    expect(store.journal.pendingCount()).toBe(1);
    store.close();
  });
});

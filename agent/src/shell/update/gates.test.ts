import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeImageHeader } from "../../core/firmware/index.ts";
import { createByteCount } from "./byte-count.ts";
import { systemDisk } from "./disk.ts";
import type { OfferedImage } from "./options.ts";
import { openReleaseGate } from "./release-gate.ts";
import { makeImage } from "./simulation/image.ts";
import { TestRepository } from "./simulation/repository.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tonalite-gates-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the release gate", () => {
  const header = decodeImageHeader(makeImage("2.0.0"));
  const open = () =>
    openReleaseGate({
      disk: systemDisk,
      folder: join(folder, "release"),
      factoryRoot: join(folder, "root.json"),
      hardware: "virtual/sim",
      log: { info() {}, warn() {}, error() {} },
      onChecked: () => {},
    });
  const offered = {
    header,
    image: { version: "2.0.0" },
    source: { url: "http://acs/x", signal: new AbortController().signal, transport: undefined },
  } as unknown as OfferedImage & { header: typeof header };

  it("stands open at a box that never had a root, which says so", () => {
    expect(open()).toEqual({ check: undefined, words: "no release root: image signatures only" });
  });

  it("is there with a root, before anything was asked", () => {
    writeFileSync(join(folder, "root.json"), new TestRepository().root);
    const { check, words } = open();
    expect(check).toBeDefined();
    expect(words).toBe("release root, not asked yet");
  });

  it("shuts when the root of a box that had one is gone", async () => {
    mkdirSync(join(folder, "release"));
    writeFileSync(join(folder, "release/release.json"), "{}");
    const { check, words } = open();
    expect(words).toBe("the release root is gone");
    await expect(check?.judge(offered)).rejects.toMatchObject({ code: "IMAGE_UNTRUSTED" });
    const kept = { version: "2.0.0", headerSha256: "0".repeat(64) };
    await expect(check?.judgeKept(kept, { unasked: "nobody answers" })).rejects.toThrow(
      "the box's release root is gone (the releases could not be asked for anew: nobody answers)",
    );
  });

  it("shuts when the root cannot be read", async () => {
    writeFileSync(join(folder, "root.json"), "{}");
    await expect(open().check?.judge(offered)).rejects.toMatchObject({ code: "IMAGE_UNTRUSTED" });
  });
});

describe("the count of bytes", () => {
  function store() {
    const values = new Map<string, unknown>();
    let writes = 0;
    return {
      get: (key: string) => values.get(key),
      set: (key: string, value: unknown) => {
        writes += 1;
        values.set(key, structuredClone(value));
      },
      delete: (key: string) => void values.delete(key),
      writes: () => writes,
    };
  }

  it("outlives the process, and is written when it changed", () => {
    const values = store();
    const count = createByteCount(values);
    expect(count.now()).toEqual({ reused: 0, fetched: 0 });
    count.keep();
    count.set({ reused: 5, fetched: 2 });
    count.keep();
    count.keep();
    expect(values.writes()).toBe(1);
    expect(createByteCount(values).now()).toEqual({ reused: 5, fetched: 2 });
  });

  it("begins anew where it cannot be read", () => {
    const values = store();
    values.set("update.bytes", { reused: "many" });
    expect(createByteCount(values).now()).toEqual({ reused: 0, fetched: 0 });
  });
});

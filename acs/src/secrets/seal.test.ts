import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSealer, SealError } from "./seal.ts";

describe("sealed secrets", () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "tonalite-seal-"));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it("open again, also after a restart, and never look the same twice", () => {
    const sealed = createSealer(dataDir).seal("mot de passe é");
    const sealer = createSealer(dataDir);
    expect(sealer.open(sealed)).toBe("mot de passe é");
    expect(sealer.seal("mot de passe é").equals(sealed)).toBe(false);
    expect(sealed.includes("mot de passe")).toBe(false);
    expect(statSync(join(dataDir, "seal.key")).mode & 0o777).toBe(0o600);
  });

  it("do not open when changed, cut, or sealed with another key", () => {
    const sealer = createSealer(dataDir);
    const sealed = sealer.seal("secret");
    const changed = Buffer.from(sealed);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    for (const bad of [changed, sealed.subarray(0, 10), Buffer.alloc(0)])
      expect(() => sealer.open(bad)).toThrow(SealError);
    rmSync(join(dataDir, "seal.key"));
    expect(() => createSealer(dataDir).open(sealed)).toThrow(SealError);
  });

  it("refuse a key file of the wrong size", () => {
    writeFileSync(join(dataDir, "seal.key"), "short");
    expect(() => createSealer(dataDir)).toThrow(/must hold 32 bytes/);
  });

  it("have fingerprints that are stable and keyed", () => {
    const one = createSealer(dataDir).fingerprint("text");
    expect(createSealer(dataDir).fingerprint("text").equals(one)).toBe(true);
    rmSync(join(dataDir, "seal.key"));
    expect(createSealer(dataDir).fingerprint("text").equals(one)).toBe(false);
  });
});

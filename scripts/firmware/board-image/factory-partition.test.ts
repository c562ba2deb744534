import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeFactoryPartition, encodeFactoryPartition, factoryBytes } from "./factory-partition.ts";

const files = {
  "identity.json": '{"serial":"S1"}\n',
  "acs-password": "secret",
  "trust/provider.pem": "-----BEGIN PUBLIC KEY-----\n",
};
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tonalite-factory-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

// The box's own script, with its paths in a folder and nobody else's rights to give.
function unpack(partition: Uint8Array): Record<string, string> {
  const script = readFileSync(join(import.meta.dirname, "files/unpack-factory"), "utf8")
    .replaceAll("/dev/tonalite/factory", join(folder, "partition"))
    .replaceAll("/run/", `${folder}/run/`)
    .replaceAll("/data/tonalite", join(folder, "data"))
    .replaceAll("chown -R root:tonalite", ":");
  writeFileSync(join(folder, "partition"), partition);
  execFileSync("sh", ["-e", "-c", `mkdir -p ${folder}/run ${folder}/data`]);
  execFileSync("sh", ["-c", script]);
  expect(readdirSync(join(folder, "run")).filter((name) => name !== "factory")).toEqual([]);
  return read(join(folder, "data/factory"));
}

function read(from: string): Record<string, string> {
  const names = (() => {
    try {
      return readdirSync(from, { recursive: true, withFileTypes: true });
    } catch {
      return [];
    }
  })();
  return Object.fromEntries(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(from.length + 1), readFileSync(path, "utf8")]),
  );
}

const damaged = (...places: number[]): Buffer => {
  const bytes = encodeFactoryPartition(files);
  for (const place of places) bytes[place] = (bytes[place] ?? 0) ^ 1;
  return bytes;
};

describe("the factory partition", () => {
  it("is read by the box as it was written", () => {
    expect(encodeFactoryPartition(files)).toHaveLength(factoryBytes);
    expect(unpack(encodeFactoryPartition(files))).toEqual(files);
  });

  it.each([
    ["the line of the first copy", [0]],
    ["the first copy's archive", [512 + 520]],
    ["the second copy", [factoryBytes / 2 + 512 + 520]],
  ])("survives damage to %s", (_, places) => {
    expect(unpack(damaged(...places))).toEqual(files);
  });

  it("gives nothing when both copies are damaged, or none was written", () => {
    expect(unpack(damaged(512 + 520, factoryBytes / 2 + 1))).toEqual({});
    expect(unpack(Buffer.alloc(factoryBytes))).toEqual({});
  });

  it("is not led astray by what its first line says", () => {
    const bytes = Buffer.alloc(factoryBytes);
    const hash = createHash("sha256").update("").digest("hex");
    bytes.write(`tonalite-factory 1 ;*?|& ${hash}\n`);
    bytes.write(`tonalite-factory 1 99999999999 ${hash}\n`, factoryBytes / 2);
    expect(unpack(bytes)).toEqual({});
  });

  it("refuses what it cannot hold", () => {
    expect(() => encodeFactoryPartition({ "identity.json": "x".repeat(factoryBytes / 2) })).toThrow(
      /holds \d+ bytes/,
    );
  });
});

describe("the factory partition, read back by a station", () => {
  it("gives the files again, also when its first copy is damaged", () => {
    const partition = encodeFactoryPartition(files);
    expect(decodeFactoryPartition(partition)).toEqual(files);
    partition[700] = (partition[700] ?? 0) ^ 1;
    expect(decodeFactoryPartition(partition)).toEqual(files);
    partition[factoryBytes / 2 + 700] = (partition[factoryBytes / 2 + 700] ?? 0) ^ 1;
    expect(decodeFactoryPartition(partition)).toBeUndefined();
  });

  it.each([
    ["blank", Buffer.alloc(factoryBytes)],
    ["cut", encodeFactoryPartition(files).subarray(0, 900)],
    ["too long by its header", Buffer.from(`tonalite-factory 1 999999 ${"0".repeat(64)}\n`.padEnd(600))],
  ])("is none when it is %s", (_case, bytes) => expect(decodeFactoryPartition(bytes)).toBeUndefined());
});

import { randomBytes } from "node:crypto";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planPayload } from "@tonalite/agent/core/delta";
import { decodeImageHeader } from "@tonalite/agent/core/firmware";
import { buildImage, createKeyPair, inspectImage, type KeyPair } from "./index.ts";

let folder: string;
let keys: KeyPair;
let other: KeyPair;
const from = (): string => join(folder, "slot");
const out = (name: string): string => join(folder, name);
const order = () => ({
  from: from(),
  version: "1.2.3",
  hardware: ["virtual/sim"],
  key: keys.privateKeyFile,
  createdAt: "2026-01-01T00:00:00Z",
});

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tonalite-firmware-"));
  mkdirSync(join(from(), "node_modules/@scope/x"), { recursive: true });
  writeFileSync(join(from(), "agent.mjs"), "console.log(1)");
  writeFileSync(join(from(), "image.json"), '{"version":"0.0.0"}');
  writeFileSync(join(from(), "lib.so"), Buffer.alloc(5000, 7));
  chmodSync(join(from(), "lib.so"), 0o755);
  writeFileSync(join(from(), "node_modules/@scope/x/index.js"), "");
  keys = createKeyPair(join(folder, "keys"));
  other = createKeyPair(join(folder, "other"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a firmware image", () => {
  it("is the same bytes for the same folder, and says its version inside", () => {
    const first = buildImage(order());
    expect(buildImage(order()).bytes.equals(first.bytes)).toBe(true);
    const payload = first.bytes.subarray(decodeImageHeader(first.bytes).payloadOffset);
    writeFileSync(out("payload.tar"), payload);
    const info = execFileSync("tar", ["-xOf", out("payload.tar"), "image.json"], { encoding: "utf8" });
    expect(JSON.parse(info)).toEqual({ product: "tonalite-agent", version: "1.2.3" });
    expect(first.manifest.files.map((file) => [file.path, file.mode])).toEqual([
      ["agent.mjs", 0o644],
      ["image.json", 0o644],
      ["lib.so", 0o755],
      ["node_modules/@scope/x/index.js", 0o644],
    ]);
  });

  it("lists the chunks of what is large, so that a box can put it together", () => {
    writeFileSync(join(from(), "large.bin"), randomBytes(300_000));
    buildImage({ ...order(), out: out("large.img") });
    const { manifest, problems } = inspectImage(out("large.img"));
    expect(problems).toEqual([]);
    const pieces = planPayload(manifest) ?? [];
    expect(pieces.length).toBeGreaterThan(10);
    expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBe(manifest.payload.size);
    rmSync(join(from(), "large.bin"));
  });

  it("is verified against the keys that are trusted, and no others", () => {
    buildImage({ ...order(), out: out("good.img") });
    expect(inspectImage(out("good.img"), join(folder, "keys")).problems).toEqual([]);
    expect(inspectImage(out("good.img"), join(folder, "other")).problems.join()).toMatch(/no trusted key/);
    expect(inspectImage(out("good.img"), other.publicKeyFile).problems).toHaveLength(1);
  });

  it("shows any damage", () => {
    const { bytes } = buildImage(order());
    const offset = decodeImageHeader(bytes).payloadOffset;
    for (const position of [20, offset - 1, offset, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[position] = (damaged[position] ?? 0) ^ 4;
      writeFileSync(out("damaged.img"), damaged);
      const check = (): string[] => inspectImage(out("damaged.img"), join(folder, "keys")).problems;
      expect(position === 20 ? [String(catching(check))] : check(), `byte ${position}`).not.toEqual([]);
    }
    writeFileSync(out("short.img"), bytes.subarray(0, -1));
    expect(inspectImage(out("short.img")).problems.join()).toMatch(/payload has/);
  });

  it("is made of plain files only, from a folder that is an image", () => {
    symlinkSync("/etc/passwd", join(from(), "link"));
    expect(() => buildImage(order())).toThrow(/not a plain file/);
    rmSync(join(from(), "link"));
    expect(() => buildImage({ ...order(), from: folder })).toThrow(/no image folder|not a plain/);
    expect(() => buildImage({ ...order(), version: "next" })).toThrow(/is not a version/);
    expect(() => buildImage({ ...order(), key: keys.publicKeyFile })).toThrow(/not a readable private key/);
  });
});

describe("the command", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], { encoding: "utf8" });

  it("makes keys, builds, inspects and verifies", () => {
    const pair = run("key", "--out", out("cli"), "--json");
    const { privateKeyFile } = JSON.parse(pair.stdout) as KeyPair;
    expect(statSync(privateKeyFile).mode & 0o777).toBe(0o600);
    expect(run("key", "--out", out("cli")).stderr).toMatch(/never replaced/);
    const flags = [
      "--from",
      from(),
      "--version",
      "2.0.0",
      "--hardware",
      "virtual/sim,ippi/box",
      "--key",
      privateKeyFile,
    ];
    expect(run("build", ...flags, "--out", out("cli.img"), "--floor", "3").status).toBe(0);
    expect(run("inspect", out("cli.img")).stdout).toMatch(/tonalite-agent 2\.0\.0[^]*floor +3[^]*agent\.mjs/);
    const good = run("verify", out("cli.img"), "--trust", out("cli"), "--json");
    expect([good.status, (JSON.parse(good.stdout) as { good: boolean }).good]).toEqual([0, true]);
    expect(run("verify", out("cli.img"), "--trust", join(folder, "other")).status).toBe(1);
  });

  it("says what is wrong with a command line, or a file, in one line", () => {
    expect(run("build").stderr).toBe("firmware: --out is required\n");
    expect(run("nonsense").status).toBe(64);
    expect(run("--help").stdout).toMatch(/Makes and checks/);
    const foreign = run("inspect", join(from(), "lib.so"), "--json");
    expect([foreign.status, foreign.stderr]).toEqual([
      1,
      "firmware: the file does not start as a firmware image\n",
    ]);
    expect(readFileSync(keys.privateKeyFile, "utf8")).toMatch(/PRIVATE KEY/);
  });
});

function catching(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

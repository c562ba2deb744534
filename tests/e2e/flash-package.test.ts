import { execFile, execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { imageWithEnvironment, QemuBoard, qemuMissing } from "@tonalite/scripts/flash";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

describe("the field tool as a package", () => {
  let laptop: string;
  const file = (...names: string[]) => join(laptop, ...names);

  // As npm installs it, with the packages that lie here already: a test fetches nothing.
  beforeAll(() => {
    laptop = mkdtempSync(join(tmpdir(), "tonalite-laptop-"));
    const build = join(root, "scripts/flash/package/build.ts");
    const archive = execFileSync(process.execPath, [build, "--out", laptop], { encoding: "utf8" }).trim();
    const home = file("node_modules/tonalite-flash");
    mkdirSync(home, { recursive: true });
    execFileSync("tar", ["-xzf", archive, "-C", home, "--strip-components=1"]);
    const { bin, dependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
      bin: Record<string, string>;
      dependencies: Record<string, string>;
    };
    for (const dependency of Object.keys(dependencies)) {
      mkdirSync(dirname(file("node_modules", dependency)), { recursive: true });
      symlinkSync(join(root, "node_modules", dependency), file("node_modules", dependency));
    }
    mkdirSync(file("bin"));
    symlinkSync(process.execPath, file("bin/node"));
    symlinkSync(join(home, bin["tonalite-flash"] ?? ""), file("bin/tonalite-flash"));
  });
  afterAll(() => rmSync(laptop, { recursive: true, force: true }));

  // The laptop has Node, the system's own commands, and nothing else.
  const tool = async (...args: string[]) =>
    await run(file("bin/tonalite-flash"), args, {
      cwd: laptop,
      env: { PATH: `${file("bin")}:/usr/bin:/bin`, LANG: "fr_FR.UTF-8" },
      maxBuffer: 1 << 24,
    }).then(
      (ended) => ({ ...ended, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => error,
    );

  it("brings little: itself, the profiles, and four packages", () => {
    expect(readdirSync(file("node_modules/tonalite-flash")).toSorted()).toEqual([
      "README.md",
      "dist",
      "hardware",
      "package.json",
      "providers",
      "regions",
    ]);
    expect(readdirSync(file("node_modules"))).toHaveLength(5);
  });

  it("tells its options, its ports, and remedies, by its own name", async () => {
    expect((await tool("--help")).stdout).toContain("  tonalite-flash --port PORT --image FILE");
    const listed = await tool("list", "--json");
    expect([listed.code, Array.isArray(JSON.parse(listed.stdout))]).toEqual([0, true]);
    writeFileSync(file("disk.img"), imageWithEnvironment(1 << 20, 2000, []));
    const missing = await tool("--port", "/dev/none", "--image", file("disk.img"), "--allow", "a trial");
    expect(missing.code).toBe(75);
    expect(missing.stderr).toContain("`tonalite-flash list`");
  });

  it.skipIf(qemuMissing !== undefined)("compares a board with an image, and prints labels", async () => {
    const board = new QemuBoard(16 << 20);
    try {
      await board.start();
      await board.resume();
      const content = { offset: 3_500_000, bytes: Buffer.from("tonalité") };
      const image = imageWithEnvironment(4 << 20, 2048, [content], 4096);
      writeFileSync(file("disk.img"), image);
      const words = ["--port", board.port, "--image", file("disk.img"), "--allow", "a trial"];
      const dry = await tool(...words, "--dry-run", "--json");
      expect(dry.code, dry.stdout).toBe(0);
      expect(JSON.parse(dry.stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
        outcome: "dry-run",
        board: { profile: "qemu/virt-arm64" },
      });
      expect(board.disk(0, image.length).every((byte) => byte === 0)).toBe(true);
      const made = await tool(...words, "--serial", "LAP1", "--label", file("labels"), "--way", "serial");
      expect(made.code, made.stderr).toBe(0);
      expect(readdirSync(file("labels")).toSorted()).toEqual(["LAP1.pdf", "LAP1.png"]);
    } finally {
      await board.stop();
    }
  });
});

import { createPublicKey, type KeyObject } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  decodeMetadata,
  factoryRelease,
  listedImages,
  refreshRelease,
  type CurrentRelease,
} from "@tonalite/agent/core/release";
import { buildImage } from "../image.ts";
import { createKeyPair, readPrivateKey } from "../keys.ts";
import {
  addImages,
  describeRepository,
  initRepository,
  refreshRepository,
  removeImage,
  rotateRoot,
  signDrafts,
} from "./repository.ts";
import { releaseCrypto } from "./role-key.ts";

let work: string;
let keys: Record<string, KeyObject>;
const folder = (): { dir: string } => ({ dir: join(work, "release") });
const fileOf = (name: string): string => join(work, "keys", `${name}.key`);
const key = (name: string): KeyObject => keys[name] as KeyObject;

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "tonalite-repository-"));
  const names = ["root1", "root2", "root3", "release", "online", "next"];
  for (const name of names) createKeyPair(join(work, "keys"), name);
  keys = Object.fromEntries(names.map((name) => [name, readPrivateKey(fileOf(name))]));
  createKeyPair(join(work, "images"));
  mkdirSync(join(work, "slot"));
  writeFileSync(join(work, "slot/agent.mjs"), "console.log(1)");
});
afterEach(() => rmSync(work, { recursive: true }));

function init(): void {
  const roots = [key("root1"), key("root2"), createPublicKey(key("root3"))];
  initRepository(folder(), {
    root: { keys: roots, threshold: 2 },
    targets: { keys: [key("release")], threshold: 1 },
    online: key("online"),
  });
}

function image(version: string): string {
  const out = join(work, `${version}.img`);
  const order = {
    from: join(work, "slot"),
    hardware: ["virtual/sim"],
    key: join(work, "images/firmware.key"),
  };
  buildImage({ ...order, version, out });
  return out;
}

/** What a device believes that left the factory with the first root. */
function asDevice(now = new Date().toISOString()): CurrentRelease {
  const read = (name: string): Buffer | undefined => {
    const path = join(folder().dir, name);
    return existsSync(path) ? readFileSync(path) : undefined;
  };
  const factoryRoot = decodeMetadata("root", read("1.root.json") ?? Buffer.alloc(0));
  const trusted = factoryRelease(factoryRoot);
  const workflow = refreshRelease({ trusted, factoryRoot, crypto: releaseCrypto, now });
  for (let step = workflow.next(); ;) {
    if (step.done === true) return step.value;
    step = workflow.next(step.value.do === "fetch" ? read(step.value.file) : undefined);
  }
}
const listed = (): string[] => listedImages(asDevice().targets).map(({ name }) => name);

describe("a release repository", () => {
  it("is believed by a device from its first root on, image by image", () => {
    init();
    expect(listed()).toEqual([]);
    addImages(
      folder(),
      [{ file: image("1.2.3"), mirrors: ["https://b.example/x.img"] }],
      join(work, "images"),
    );
    expect(listed()).toEqual([]);
    expect(signDrafts(folder(), [key("release")]).published).toEqual(["2.targets.json"]);
    refreshRepository(folder(), key("online"));
    expect(listed()).toEqual(["tonalite-agent-1.2.3-virtual-sim.img"]);
    expect(listedImages(asDevice().targets)[0]?.image).toMatchObject({
      version: "1.2.3",
      hardware: ["virtual/sim"],
      mirrors: ["https://b.example/x.img"],
    });
    removeImage(folder(), "tonalite-agent-1.2.3-virtual-sim.img");
    signDrafts(folder(), [key("release")]);
    refreshRepository(folder(), key("online"));
    expect(listed()).toEqual([]);
  });

  it("waits for as many root keys as it demands, which may sign one after the other", () => {
    const roots = [key("root1"), createPublicKey(key("root2")), createPublicKey(key("root3"))];
    const roles = {
      root: { keys: roots, threshold: 2 },
      targets: { keys: [key("release")], threshold: 1 },
      online: key("online"),
    };
    expect(initRepository(folder(), roles).waiting.join()).toMatch(/root 1 .* has 1 of the 2/);
    expect(existsSync(join(folder().dir, "1.root.json"))).toBe(false);
    const { published } = signDrafts(folder(), [key("root3")]);
    expect(published).toEqual(["1.root.json"]);
    refreshRepository(folder(), key("online"));
    expect(describeRepository(folder()).root?.signers).toHaveLength(2);
    expect(asDevice().root.signed.version).toBe(1);
  });

  it("rotates keys with the old root's signatures and the new one's", () => {
    init();
    rotateRoot(folder(), {
      timestamp: { keys: [key("next")], threshold: 1 },
      snapshot: { keys: [key("next")], threshold: 1 },
    });
    expect(signDrafts(folder(), [key("root1")]).published).toEqual([]);
    expect(signDrafts(folder(), [key("root2")]).published).toEqual(["2.root.json"]);
    expect(() => refreshRepository(folder(), key("online"))).toThrow("not the root's online key");
    refreshRepository(folder(), key("next"));
    expect(asDevice()).toMatchObject({
      root: { signed: { version: 2 } },
      timestamp: { signed: { version: 2 } },
    });

    rotateRoot(folder(), { root: { keys: [key("next"), key("root3")], threshold: 2 } });
    expect(signDrafts(folder(), [key("next"), key("root3")]).waiting.join()).toMatch(/that root 2 demands/);
    signDrafts(folder(), [key("root1")]);
    expect(asDevice().root.signed.version).toBe(3);
  });

  it("is not signed by keys that may not", () => {
    init();
    addImages(folder(), [{ file: image("1.0.0") }], join(work, "images"));
    const { published, waiting } = signDrafts(folder(), [key("online"), key("root1")]);
    expect(published).toEqual([]);
    expect(waiting.join()).toMatch(/targets 2 .* has 0 of the 1/);
  });

  it("lists no image of a stranger's, and no second one under a name", () => {
    init();
    createKeyPair(join(work, "stranger"));
    expect(() => addImages(folder(), [{ file: image("1.0.0") }], join(work, "stranger"))).toThrow(
      "no trusted key",
    );
    addImages(folder(), [{ file: image("1.0.0") }], join(work, "images"));
    signDrafts(folder(), [key("release")]);
    writeFileSync(join(work, "slot/agent.mjs"), "console.log(2)");
    expect(() => addImages(folder(), [{ file: image("1.0.0") }], join(work, "images"))).toThrow(
      "listed already",
    );
  });

  it("cannot begin anew, or demand more signatures than it has keys", () => {
    init();
    expect(init).toThrow("is a repository already");
    expect(() => rotateRoot(folder(), { root: { keys: [key("next")], threshold: 2 } })).toThrow("1 keys");
  });

  it("expires when nobody refreshes it", () => {
    init();
    const later = new Date(Date.now() + 15 * 86_400_000).toISOString();
    expect(() => asDevice(later)).toThrow(/timestamp 1 .* expired/);
  });
});

describe("npm run firmware -- repository", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, "../main.ts"), "repository", ...args], {
      encoding: "utf8",
    });

  it("does it all from the command line, and says what is wrong", () => {
    const dir = ["--dir", folder().dir];
    const roots = ["root1", "root2", "root3"].map(fileOf).join(",");
    const online = ["--online-key", fileOf("online")];
    const made = run(
      "init",
      ...dir,
      "--root-key",
      roots,
      "--threshold",
      "2",
      "--release-key",
      fileOf("release"),
      ...online,
    );
    expect(made.stdout).toContain("published timestamp.json");
    const file = image("2.0.0");
    const added = run(
      "add",
      file,
      ...dir,
      "--trust",
      join(work, "images"),
      "--release-key",
      fileOf("release"),
      ...online,
    );
    expect(added.status, added.stderr).toBe(0);
    expect(listed()).toEqual(["tonalite-agent-2.0.0-virtual-sim.img"]);
    const shown = JSON.parse(run("show", ...dir, "--json").stdout) as { targets: object };
    expect(shown.targets).toMatchObject({ version: 2, threshold: 1 });
    expect(run("add", ...dir).status).toBe(64);
    const wrong = run("refresh", "--dir", join(work, "nowhere"), ...online);
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toBe(
      `firmware: ${join(work, "nowhere")} has no root: is it a repository? (repository init)\n`,
    );
  });
});

import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildImage, createKeyPair } from "@tonalite/scripts/firmware";
import { imageTool } from "./box.ts";
import { boardId } from "./laboratory.ts";
import { probedAgent } from "./probe.ts";

const root = join(import.meta.dirname, "../..");
const cache = join(root, "node_modules/.cache/tonalite-firmware-tests");
const builtAgent = join(root, "agent/dist/image");

/** What an image gets wrong on purpose. */
export type Fault = "panics" | "agent ends at once" | "line does not register";

/** The images of a run, made when they are first asked for, and kept as long as nothing that goes into them changes. */
export type TestImages = {
  /** Folder with the public keys that boxes believe. */
  trust: string;
  /** The same, and the key of a stranger: what a careless ACS believes. */
  carelessTrust: string;
  keyDir: string;
  /** The agent that images are built with. */
  agent: string;
  /** A built image, to make boxes of. */
  image: (version: string, fault?: Fault) => string;
  /** One whose kernel and boot script are signed with other keys. */
  strangersImage: () => string;
  /** One whose agent runs a test's script before it starts (probe.ts). */
  probedImage: () => string;
  /** What the field tool starts on a board to take a disk over its console. */
  recoveryImage: () => string;
  /** A signed bundle to update from. */
  bundle: (version: string, fault?: Fault) => string;
  /** A bundle of a built version's parts with something changed before it is signed. */
  forged: (name: string, order: Forgery) => string;
};

export type Forgery = {
  /** the version it says it is */
  version: string;
  hardware?: string;
  /** signed by somebody whom boxes do not know */
  stranger?: boolean;
  /** bytes of the root file system that are not as its kernel says */
  tamperedRoot?: boolean;
};

/**
 * Opens the store of images for what the tree holds now.
 * @param say is told what is being built
 * @param quick builds larger images sooner; otherwise good ones are as they are published
 */
export function openImages(say: (words: string) => void, quick = false): TestImages {
  const agent = join(mkdtempSync(join(tmpdir(), "tonalite-agent-")), "agent");
  // Somebody may build the agent anew meanwhile.
  cpSync(builtAgent, agent, { recursive: true });
  process.once("exit", () => rmSync(dirname(agent), { recursive: true, force: true }));
  const folder = join(cache, fingerprint(agent));
  for (const old of existsSync(cache) ? readdirSync(cache) : [])
    if (join(cache, old) !== folder) rmSync(join(cache, old), { recursive: true, force: true });
  const keys = makeKeys(folder);
  const made = (name: string, make: (draft: string) => void): string => {
    // QEMU takes a comma for the end of a file's name.
    const path = join(folder, `${name.replaceAll(",", "")}${quick ? " quick" : ""}`);
    if (existsSync(path)) return path;
    say(`builds ${name}`);
    const draft = `${path}.draft`;
    rmSync(draft, { recursive: true, force: true });
    make(draft);
    renameSync(draft, path);
    return path;
  };
  const build = (version: string, out: string, fault?: Fault, keyDir = keys.boot): void => {
    const options = fault === undefined ? ["--agent", agent] : faultyInputs(agent, fault);
    // Nobody asks how large a faulty image is.
    if (quick || fault !== undefined) options.push("--quick");
    imageTool("build", "--version", version, "--key-dir", keyDir, "--out", out, options);
  };
  const sign = (image: string, out: string): void =>
    void imageTool("bundle", "--image", image, "--key", keys.provider, "--out", out);
  const images: TestImages = {
    ...keys,
    keyDir: keys.boot,
    agent,
    image: (version, fault) =>
      made(`image ${version}${fault === undefined ? "" : `, ${fault}`}`, (draft) =>
        build(version, draft, fault),
      ),
    strangersImage: () =>
      made("image of a stranger", (draft) => {
        const others = join(folder, "strangers-boot-keys");
        if (!existsSync(others)) imageTool("keys", "--key-dir", others);
        build("1.0.0", draft, undefined, others);
      }),
    probedImage: () =>
      made("image 1.0.0, probed", (draft) => {
        const probed = probedAgent(agent, join(mkdtempSync(join(dirname(agent), "probed-")), "agent"));
        imageTool("build", "--version", "1.0.0", "--key-dir", keys.boot, "--out", draft, "--agent", probed);
      }),
    recoveryImage: () =>
      made("recovery image", (draft) => void imageTool("recovery", "--key-dir", keys.boot, "--out", draft)),
    bundle: (version, fault) =>
      made(`bundle ${version}${fault === undefined ? "" : `, ${fault}`}`, (draft) => {
        if (fault === undefined) return sign(images.image(version), draft);
        const image = `${draft}.image`;
        build(version, image, fault);
        sign(image, draft);
        rmSync(image, { recursive: true });
      }),
    forged: (name, { version, hardware = boardId, stranger = false, tamperedRoot = false }) =>
      made(`bundle ${name}`, (draft) => {
        const from = `${draft}.parts`;
        mkdirSync(from, { recursive: true });
        for (const part of ["kernel.fit", "rootfs.img"])
          cpSync(join(images.image("2.0.0"), part), join(from, part));
        if (tamperedRoot) tamper(join(from, "rootfs.img"));
        const key = stranger ? keys.stranger : keys.provider;
        buildImage({ from, version, hardware: [hardware], key, out: draft });
        rmSync(from, { recursive: true });
      }),
  };
  return images;
}

function makeKeys(folder: string) {
  const provider = join(folder, "provider");
  const stranger = join(folder, "stranger");
  const boot = join(folder, "boot-keys");
  const trust = join(folder, "trust");
  const carelessTrust = join(folder, "careless-trust");
  if (!existsSync(carelessTrust)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    imageTool("keys", "--key-dir", boot);
    const known = createKeyPair(provider).publicKeyFile;
    const unknown = createKeyPair(stranger).publicKeyFile;
    mkdirSync(trust);
    cpSync(known, join(trust, "provider.pem"));
    mkdirSync(`${carelessTrust}.draft`);
    cpSync(known, join(`${carelessTrust}.draft`, "provider.pem"));
    cpSync(unknown, join(`${carelessTrust}.draft`, "stranger.pem"));
    renameSync(`${carelessTrust}.draft`, carelessTrust);
  }
  const keyFile = (pair: string): string => join(pair, "firmware.key");
  return { trust, carelessTrust, boot, provider: keyFile(provider), stranger: keyFile(stranger) };
}

// Options of the image tool that bring a fault in.
function faultyInputs(agent: string, fault: Fault): string[] {
  const folder = mkdtempSync(join(dirname(agent), "fault-"));
  if (fault === "panics") {
    mkdirSync(join(folder, "etc"));
    writeFileSync(join(folder, "etc/rc"), "#!/bin/sh\necho c >/proc/sysrq-trigger\n");
    chmodSync(join(folder, "etc/rc"), 0o755);
    return ["--agent", agent, "--overlay", folder];
  }
  cpSync(agent, folder, { recursive: true });
  if (fault === "agent ends at once") writeFileSync(join(folder, "agent.mjs"), "process.exit(3);\n");
  else {
    // The terms know no registrar that the box may use: its line stays down.
    const file = join(folder, `device-profiles/hardware/${boardId}.json`);
    const profile = JSON.parse(readFileSync(file, "utf8")) as { laboratory: { registrars: string[] } };
    profile.laboratory.registrars = [];
    writeFileSync(file, JSON.stringify(profile));
  }
  return ["--agent", folder];
}

function tamper(file: string): void {
  const bytes = readFileSync(file);
  for (let at = 4096; at < bytes.length; at += 1 << 16) bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(file, bytes);
}

// Whatever an image is made of: the agent, how images are built, the board, the versions of packages.
function fingerprint(agent: string): string {
  const hash = createHash("sha256");
  const add = (path: string): void => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).toSorted()) add(join(path, name));
    else hash.update(`${path.replace(agent, "")}\n`).update(readFileSync(path));
  };
  for (const path of [
    agent,
    join(root, "scripts/firmware"),
    join(root, "device-profiles"),
    join(root, "agent/native/include"),
    join(root, "agent/native/src"),
    join(root, "package-lock.json"),
  ])
    add(path);
  return hash.digest("hex").slice(0, 16);
}

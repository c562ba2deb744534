import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const board = join(import.meta.dirname, "board.ts");
let folder: string;
let running: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tonalite-board-"));
  running = [];
});
afterEach(async () => {
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

const state = (): string => join(folder, "state");
const log = (): string[] => {
  const file = join(state(), "log");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
};
const record = (): Record<string, unknown> =>
  JSON.parse(readFileSync(join(state(), "boot.json"), "utf8")) as Record<string, unknown>;

// A tiny agent: writes down how it was started, then does `body`; it ends with its board, as the real one does.
function image(name: string, version: string, body: string): string {
  const target = join(folder, name);
  mkdirSync(join(target, "device-profiles/hardware/virtual"), { recursive: true });
  const profile = { oui: "02544E", productClass: "virtual-ata" };
  writeFileSync(join(target, "device-profiles/hardware/virtual/sim.json"), JSON.stringify(profile));
  writeFileSync(join(target, "image.json"), JSON.stringify({ product: "tonalite-agent", version }));
  writeFileSync(
    join(target, "agent.mjs"),
    `import fs from "node:fs";
     const flag = (name) => process.argv[process.argv.indexOf("--" + name) + 1];
     const v = { state: flag("state"), slot: flag("slot"), trial: flag("trial") };
     const note = (text) => fs.appendFileSync(v.state + "/log", text + "\\n");
     const boot = v.state + "/boot.json";
     const edit = (change) => fs.writeFileSync(boot, JSON.stringify({ ...JSON.parse(fs.readFileSync(boot)), ...change }));
     const tryB = () => { edit({ trial: { slot: "b", update: "u", startsLeft: 3, lastFailure: null } }); process.exit(75); };
     process.once("disconnect", () => process.exit(0));
     note("${version} " + v.slot + (v.trial === "1" ? " trial" : ""));
     ${body}`,
  );
  return target;
}
const stay = `process.on("SIGTERM", () => { note("stopped"); process.exit(0); }); setInterval(() => {}, 1000);`;
const onceTry = `if (!fs.existsSync(v.state + "/tried")) { fs.writeFileSync(v.state + "/tried", ""); tryB(); } ${stay}`;

function start(...args: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [board, "--state", state(), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let text = "";
  child.stderr.on("data", (bytes) => (text += String(bytes)));
  child.stdout.on("data", (bytes) => (text += String(bytes)));
  return { child, output: () => text };
}
async function until(condition: () => boolean, what: () => string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never came: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
async function slotB(version: string, body: string): Promise<void> {
  mkdirSync(join(state(), "slots"), { recursive: true });
  cpSync(image("b", version, body), join(state(), "slots/b"), { recursive: true });
  await Promise.resolve();
}

describe("the virtual board", () => {
  it("starts the factory image, hands its flags on, keeps an identity, and stops in order", async () => {
    const { child, output } = start(
      "--image",
      image("a", "1.0.0", `note(process.argv.slice(2).join(" ")); ${stay}`),
      "--acs",
      "http://127.0.0.1:1/",
    );
    await until(() => log().length >= 2, output);
    expect(log()[0]).toBe("1.0.0 a");
    expect(log()[1]).toMatch(
      /--slot-dir \S+slots\/a --slot a --trial 0 --trust \S+ --acs http:\/\/127\.0\.0\.1:1\//,
    );
    const identity = JSON.parse(readFileSync(join(state(), "factory/identity.json"), "utf8")) as Record<
      string,
      string
    >;
    expect(identity).toMatchObject({ oui: "02544E", productClass: "virtual-ata", profile: "virtual/sim" });
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(log().at(-1)).toBe("stopped");

    const other = start("--serial", "OTHER");
    await once(other.child, "exit");
    expect(other.child.exitCode).toBe(64);
    expect(other.output()).toContain(`was made with ${identity["serial"] ?? "?"}`);
  });

  it("lets no second board use its state", async () => {
    const first = start("--image", image("a", "1.0.0", stay));
    await until(() => log().length === 1, first.output);
    const second = start();
    await once(second.child, "exit");
    expect(second.child.exitCode).toBe(73);
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    const third = start();
    await until(() => log().length >= 2, third.output);
  });

  it("starts an agent that crashed soon, and tells it how the one before ended until the box starts", async () => {
    const { output } = start(
      "--image",
      image(
        "a",
        "1.0.0",
        `const run = fs.readFileSync(v.state + "/log", "utf8").trim().split("\\n").length;
         const end = process.argv.indexOf("--last-end");
         note(end < 0 ? "first" : flag("last-end"));
         if (run === 1) process.kill(process.pid, "SIGSEGV"); else if (run === 3) process.exit(75); else { ${stay} }`,
      ),
    );
    await until(() => log().length >= 6, output);
    expect(log().filter((line) => line !== "1.0.0 a")).toEqual([
      "first",
      "the agent ended by SIGSEGV",
      "first",
    ]);
  });

  it("gives a crashing image three starts, then goes back and says why", async () => {
    await slotB("2.0.0", "process.exit(3);");
    const { output } = start("--image", image("a", "1.0.0", onceTry));
    await until(() => log().length >= 5, output);
    expect(log()).toEqual(["1.0.0 a", "2.0.0 b trial", "2.0.0 b trial", "2.0.0 b trial", "1.0.0 a"]);
    expect(record()).toMatchObject({
      active: "a",
      trial: null,
      failed: { slot: "b", update: "u", reason: "the agent ended with code 3" },
    });
  });

  it("goes back from an image that never confirms itself nor shows life", async () => {
    await slotB("2.0.0", stay);
    const { output } = start("--image", image("a", "1.0.0", onceTry), "--watchdog-seconds", "1");
    await until(() => log().filter((line) => line === "1.0.0 a").length === 2, output);
    expect(log().filter((line) => line === "2.0.0 b trial")).toHaveLength(3);
    expect(JSON.stringify(record()["failed"])).toMatch(/did not confirm itself/);
  });

  it("does not watch an image that confirmed itself, and starts it from then on", async () => {
    const confirm = `if (v.trial === "1") edit({ active: "b", trial: null });`;
    await slotB(
      "2.0.0",
      `${confirm} if (v.trial === "0") { ${stay} } else setTimeout(() => process.exit(75), 1500);`,
    );
    const { output } = start("--image", image("a", "1.0.0", onceTry), "--watchdog-seconds", "1");
    await until(() => log().length >= 3, output);
    expect(log()).toEqual(["1.0.0 a", "2.0.0 b trial", "2.0.0 b"]);
  });

  it("finds another image when the committed slot is lost, and the factory's when all is", async () => {
    const first = start("--image", image("a", "1.0.0", stay));
    await until(() => log().length === 1, first.output);
    first.child.kill("SIGTERM");
    await once(first.child, "exit");
    rmSync(join(state(), "slots/a/agent.mjs"));
    await slotB("2.0.0", stay);
    const second = start("--image", join(folder, "a"));
    await until(() => log().includes("2.0.0 b"), second.output);
    second.child.kill("SIGTERM");
    await once(second.child, "exit");
    rmSync(join(state(), "slots/b"), { recursive: true });
    writeFileSync(join(state(), "boot.json"), "{");
    const third = start("--image", join(folder, "a"));
    await until(() => log().filter((line) => line === "1.0.0 a").length === 2, third.output);
  });

  it.each([
    [[], "--state is required"],
    [["--state", "x", "--acs", "ftp://x"], "--acs must be a URL"],
    [["--state", "x", "--acs-user", "u"], "--acs-user and --acs-password-file go together"],
    [["--state", "x", "--registrar", "nowhere"], "--registrar must be HOST:PORT"],
    [
      ["--state", "x", "--sip-user", "u", "--sip-password-file", "/nowhere"],
      "--sip-password-file is not a readable file",
    ],
    [["--state", "x", "--nonsense"], "Unknown option '--nonsense'"],
    [["--help"], "One virtual ATA"],
  ])("reads %j", async (args, words) => {
    const child = spawn(process.execPath, [board, ...args], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.push(child);
    let text = "";
    child.stderr.on("data", (bytes) => (text += String(bytes)));
    child.stdout.on("data", (bytes) => (text += String(bytes)));
    await once(child, "exit");
    expect(text).toContain(words);
    expect(text).not.toContain("    at ");
  });
});

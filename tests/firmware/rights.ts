import * as assert from "node:assert/strict";
import * as z from "zod";
import { withProbedBox } from "./probe.ts";

/** Walks the whole box as the agent does and says what it may write, and what else it may do. */
const script = `
const fs = require("node:fs");
const own = ["/tmp", "/run/agent", "/data/tonalite"];
const writable = [];
const walk = (folder) => {
  let entries = [];
  try { entries = fs.readdirSync(folder, { withFileTypes: true }); } catch {}
  for (const entry of entries) {
    const path = (folder === "/" ? "" : folder) + "/" + entry.name;
    if (entry.isSymbolicLink() || /^\\/proc\\/(\\d|self|thread)/.test(path)) continue;
    try { fs.accessSync(path, fs.constants.W_OK); writable.push(path); } catch {}
    if (entry.isDirectory() && !own.includes(path)) walk(path);
  }
};
walk("/");
const status = Object.fromEntries(fs.readFileSync("/proc/self/status", "utf8").split("\\n").map((line) => line.split(":\\t")));
const limits = fs.readFileSync("/proc/self/limits", "utf8");
const slots = Object.fromEntries(fs.readdirSync("/dev/tonalite").map((name) => [fs.readlinkSync("/dev/tonalite/" + name), name]));
const opens = (path) => { try { fs.closeSync(fs.openSync(path, "r+")); return true; } catch { return false; } };
say({
  ids: [process.getuid(), process.getgid(), ...process.getgroups()],
  writable: writable.map((path) => slots[path] ?? path).sort(),
  capabilities: [status.CapEff, status.CapPrm, status.CapBnd, status.CapAmb],
  noNewPrivileges: status.NoNewPrivs,
  realtime: /Max realtime priority +(\\d+)/.exec(limits)[1],
  disk: opens("/dev/vda"),
  other: opens("/dev/tonalite/rootfs_b"),
});
`;

const rights = z.object({
  ids: z.array(z.number()),
  writable: z.array(z.string()),
  capabilities: z.array(z.string()),
  noNewPrivileges: z.string(),
  realtime: z.string(),
  disk: z.boolean(),
  other: z.boolean(),
});

// Of these devices anybody may write what they like: nothing is kept. The files of /proc are open to all by their mode;
// the kernel refuses what is written to the last one, and takes thresholds for oneself in the others.
const harmless = ["full", "null", "ptmx", "random", "tty", "urandom", "zero"].map((name) => `/dev/${name}`);
const kernel = ["pressure/cpu", "pressure/io", "pressure/memory", "sys/kernel/ns_last_pid"].map(
  (name) => `/proc/${name}`,
);

/** The agent of a board is a user that may write its state, the other slot and the boot state. */
export async function rightsTrial(image: string): Promise<void> {
  await withProbedBox(image, script, async (box) => {
    const console = await box.boot();
    const seen = rights.parse(await box.said(120_000));
    const expected = [
      "/data/tonalite",
      "/run/agent",
      "/tmp",
      "env",
      "kernel_b",
      "rootfs_b",
      ...harmless,
      ...kernel,
    ];
    assert.deepEqual(
      seen.writable.filter((path) => !path.startsWith("/dev/pts")),
      expected.toSorted(),
    );
    const nothing = "0000000000000000";
    assert.deepEqual(seen, {
      ...seen,
      ids: [1000, 1000, 1000],
      capabilities: [nothing, nothing, nothing, nothing],
      noNewPrivileges: "1",
      realtime: "20",
      disk: false,
      other: true,
    });
    await console.line(/agent ready/, 60_000);
  });
}

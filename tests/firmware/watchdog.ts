import * as assert from "node:assert/strict";
import { withProbedBox } from "./probe.ts";

/**
 * First start: after half a minute of life the whole process is stopped. Second start: says what the board noted, and its
 * event loop is stuck for a while that must do no harm.
 */
const script = `
const fs = require("node:fs");
const mark = "/data/tonalite/was-stopped";
if (!fs.existsSync(mark)) {
  fs.writeFileSync(mark, "");
  setTimeout(() => { say("stopped"); process.kill(process.pid, "SIGSTOP"); }, 30000);
} else {
  say(fs.readFileSync("/run/agent/notes", "utf8"));
  setTimeout(() => {
    say("stuck");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 70000);
    say("free");
  }, 20000);
}
`;

/** A box whose agent stands still is reset by the hardware, says why, and is left alone for a shorter standstill. */
export async function watchdogTrial(image: string): Promise<void> {
  await withProbedBox(image, script, async (box) => {
    const console = await box.boot();
    await console.line(/agent ready/, 120_000);
    assert.equal(await box.said(120_000), "stopped");
    await console.line(/watchdog: the agent showed no life for 90 s/, 240_000);
    await console.line(/boot: slot=A order=A B A=/, 120_000);
    assert.match(String(await box.said(120_000)), /^the agent showed no life for 90 s: the box was reset$/m);
    await console.line(/agent ready/, 120_000);
    assert.equal(await box.said(120_000), "stuck");
    assert.equal(await box.said(240_000), "free");
    // Taken into the journal, or the agent would have ended.
    const after = console.text().slice(console.text().lastIndexOf("agent ready"));
    assert.doesNotMatch(after, /watchdog:|U-Boot|ended with code/);
  });
}

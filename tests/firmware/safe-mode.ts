import * as assert from "node:assert/strict";
import { withProbedBox } from "./probe.ts";

/** Each start tells how the one before it ended; the first three then die of a fault of native code. */
const script = `
const fs = require("node:fs");
const file = "/data/tonalite/starts";
const start = 1 + (fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0);
fs.writeFileSync(file, String(start));
const at = process.argv.indexOf("--last-end");
say([start, at < 0 ? null : process.argv[at + 1]]);
if (start <= 3) setTimeout(() => process.kill(process.pid, "SIGSEGV"), 10000);
`;

/** A box whose agent crashes three times in five minutes goes on with management alone, without a start of the box. */
export async function safeModeTrial(image: string): Promise<void> {
  await withProbedBox(image, script, async (box) => {
    const console = await box.boot();
    const end = "the agent ended by signal 11";
    for (const expected of [
      [1, null],
      [2, end],
      [3, end],
      [4, end],
    ])
      assert.deepEqual(await box.said(180_000), expected);
    const informs = box.informs();
    await console.line(/safe mode: management without voice/, 120_000);
    await console.line(/agent ready/, 120_000);
    await console.line(/agent: steady/, 240_000);
    assert.ok(box.informs() > informs, "no Inform came in safe mode");
    assert.equal(console.text().match(/U-Boot 20/g)?.length, 1);
  });
}

import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as z from "zod";
import { overwrite, type Disk } from "./disk.ts";
import { withProbedBox } from "./probe.ts";

const mebibyte = 1 << 20;

/** Says what the board noted and whether the box remembers its first start; fills the disk when asked to. */
const script = (fill: boolean): string => `
const fs = require("node:fs");
const state = "/data/tonalite/";
const notes = (() => { try { return fs.readFileSync("/run/agent/notes", "utf8"); } catch { return ""; } })();
const kept = fs.existsSync(state + "kept");
const { serial } = JSON.parse(fs.readFileSync(state + "factory/identity.json", "utf8"));
const fill = ${String(fill)} && !kept;
if (!kept) fs.writeFileSync(state + "kept", "");
if (fill) {
  fs.mkdirSync(state + "update", { recursive: true });
  const file = fs.openSync(state + "update/image.part", "w");
  for (let piece = Buffer.alloc(1 << 18); piece.length > 0; )
    try { fs.writeSync(file, piece); } catch { piece = piece.subarray(0, piece.length >> 1); }
}
say({ notes, kept, serial });
`;
const seen = z.object({ notes: z.string(), kept: z.boolean(), serial: z.literal("QEMU0003") });

type Case = {
  name: string;
  harm: (disk: Disk) => void;
  note: RegExp;
  /** whether what the box knew is still there */
  kept: boolean;
};

const cases: readonly Case[] = [
  { name: "nothing", harm: () => undefined, note: /^$/, kept: true },
  {
    name: "superblock and group descriptors zeroed",
    harm: (disk) => overwrite(disk, "data", Buffer.alloc(8192)),
    note: /^the data partition was damaged and is repaired$/m,
    kept: true,
  },
  {
    name: "everything overwritten",
    harm: (disk) => {
      for (let at = 0; at < 32; at++) overwrite(disk, "data", randomBytes(mebibyte), at * mebibyte);
    },
    note: /^the data partition could not be repaired and was made anew/m,
    kept: false,
  },
];

/** Whatever happens to the data partition, the box starts with the identity that its factory gave it. */
export async function dataTrial(image: string): Promise<void> {
  await withProbedBox(image, script(false), async (box) => {
    let console = await box.boot();
    assert.deepEqual(seen.parse(await box.said(120_000)), { notes: "", kept: false, serial: "QEMU0003" });
    await console.line(/agent ready/, 60_000);
    for (const { name, harm, note, kept } of cases) {
      await console.stop();
      harm(box.disk);
      const before = box.informs();
      console = await box.boot();
      const told = seen.parse(await box.said(120_000));
      assert.match(told.notes, note, name);
      assert.equal(told.kept, kept, name);
      await console.line(/agent ready/, 60_000);
      await console.line(/session failed/, 60_000);
      assert.ok(box.informs() > before, `${name}: no Inform`);
    }
  });
}

/** A data partition without a free byte: what can be fetched again goes, and the agent starts. */
export async function fullDiskTrial(image: string): Promise<void> {
  await withProbedBox(image, script(true), async (box) => {
    const console = await box.boot();
    assert.equal(seen.parse(await box.said(120_000)).kept, false);
    await console.line(/board: the data partition was full: a download was given up/, 120_000);
    const told = seen.parse(await box.said(120_000));
    assert.match(told.notes, /^the data partition was full: a download was given up$/m);
    assert.equal(told.kept, true);
    await console.line(/agent ready/, 60_000);
  });
}

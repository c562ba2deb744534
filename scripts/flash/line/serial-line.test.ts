import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { QemuBoard, qemuMissing } from "../simulator/qemu.ts";
import { openSerialLine } from "./serial-line.ts";

const nobody = { uid: 65_534, gid: 65_534 };
// What runs as somebody else must be able to read this tree.
const isRoot = process.getuid?.() === 0;
const reads = spawnSync(
  process.execPath,
  ["-e", `require("fs").readFileSync(${JSON.stringify(import.meta.filename)})`],
  nobody,
);
const canStep = isRoot && reads.status === 0;

const folder = mkdtempSync(join(tmpdir(), "port-"));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

describe("a serial port", () => {
  it("that is not there, or is none, is refused", async () => {
    await expect(openSerialLine("/dev/ttyNONE9", 115_200)).rejects.toMatchObject({ code: "PORT_MISSING" });
    writeFileSync(join(folder, "file"), "");
    await expect(openSerialLine(join(folder, "file"), 115_200)).rejects.toMatchObject({
      code: "PORT_FAILED",
    });
  });
});

describe.skipIf(qemuMissing !== undefined)(`a board's port${qemuMissing ? `: ${qemuMissing}` : ""}`, () => {
  const board = new QemuBoard(1 << 20);
  beforeAll(() => board.start());
  afterAll(() => board.stop());

  it("is for one program at a time", async () => {
    const first = await openSerialLine(board.port, 115_200);
    await expect(openSerialLine(board.port, 115_200)).rejects.toMatchObject({
      code: "PORT_BUSY",
      details: { port: board.port },
    });
    await first.close();
    await (await openSerialLine(board.port, 115_200)).close();
  });

  it.skipIf(!canStep)("is refused to who has no right to it, with the remedy", () => {
    const tool = join(import.meta.dirname, "../main.ts");
    const image = join(folder, "raw.img");
    writeFileSync(image, Buffer.alloc(512));
    const words = ["--port", board.port, "--image", image, "--raw", "--allow", "a test", "--lang", "en"];
    const { status, stderr } = spawnSync(process.execPath, [tool, ...words], { ...nobody, encoding: "utf8" });
    expect(stderr).toContain("add yourself to the group that owns it");
    expect(status).toBe(77);
  });
});

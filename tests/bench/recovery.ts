import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildRecoveryProgram,
  encodeStream,
  RecoveryLink,
  sendStream,
  type SerialLine,
} from "@tonalite/scripts/flash";
import { wire } from "./wire.ts";

const sector = 512;

/** Has the board's program of the recovery image take a disk over a paced line, both ways; answers the seconds it took. */
export async function timedRecovery(content: Buffer, baudRate: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-bench-"));
  const disk = join(folder, "disk");
  const image = content.subarray(0, Math.floor(content.length / sector) * sector);
  writeFileSync(disk, Buffer.alloc(image.length));
  const board = spawn(buildRecoveryProgram(folder), ["bench", disk, String(baudRate)]);
  try {
    const out = wire(baudRate / 10, (bytes) => void board.stdin.write(bytes));
    let received: (bytes: Uint8Array) => void = () => undefined;
    board.stdout.on(
      "data",
      wire(baudRate / 10, (bytes) => received(bytes)),
    );
    const line: SerialLine = {
      name: "bench",
      baudRate,
      write: (bytes) =>
        new Promise((resolve) => {
          out(bytes, resolve);
        }),
      setBaudRate: () => Promise.resolve(),
      listen: (listener) => {
        received = listener;
      },
      close: () => Promise.resolve(),
    };
    const link = new RecoveryLink(line);
    const info = await link.open();
    const stream = await encodeStream(image, [{ offset: 0, length: image.length }]);
    const started = performance.now();
    await sendStream(link, stream, info, () => undefined);
    const seconds = (performance.now() - started) / 1000;
    await link.ask({ kind: "end" }, ({ kind }) => kind === "end" || undefined, { ms: 5_000, tries: 3 });
    if (board.exitCode === null) await once(board, "close");
    if (!readFileSync(disk).equals(image)) throw new Error("the image did not arrive whole");
    return seconds;
  } finally {
    board.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
}

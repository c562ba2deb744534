import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tied } from "@tonalite/scripts/tied";
import { encodeSRecords } from "@tonalite/scripts/firmware";
import { imageTool, withFolder } from "./box.ts";
import { openDisk, overwrite } from "./disk.ts";

const command = join(import.meta.dirname, "../../scripts/firmware/board-image/main.ts");
const serial = "QEMU0004";
const controlC = "\u0003";
const prompt = "\n=> ";

/** The serial cable of a box: what it said since the last look, and keys. */
type Cable = {
  text: () => string;
  /** Waits until the box said it after `from`. @throws Error with its last words */
  until: (words: string, patienceMs: number, from?: number) => Promise<void>;
  type: (keys: string) => void;
};

async function plugIn<T>(image: string, disk: string, use: (cable: Cable) => Promise<T>): Promise<T> {
  const child = spawn(...tied(process.execPath, [command, "run", "--image", image, "--disk", disk], "KILL"), {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  let text = "";
  child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
  // A box that lost its power takes no keys.
  child.stdin.on("error", () => undefined);
  const gone = once(child, "exit");
  try {
    return await use({
      text: () => text,
      async until(words, patienceMs, from = 0) {
        const end = performance.now() + patienceMs;
        while (!text.includes(words, from)) {
          if (performance.now() > end)
            throw new Error(`the console never said “${words}”; its last words:\n${text.slice(-2000)}`);
          await pause(20);
        }
      },
      type: (keys) => void child.stdin.write(keys),
    });
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await gone;
  }
}

/** Interrupts the boot loader as a technician does, and pastes a ticket. */
async function present({ type, until }: Cable, ticket: string): Promise<void> {
  const knocking = setInterval(() => type(controlC), 250);
  try {
    await until("service: box", 180_000);
  } finally {
    clearInterval(knocking);
  }
  await until("Ready for S-Record download", 60_000);
  type(readFileSync(ticket, "latin1"));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The boot loader's prompt opens to a ticket for this box that is signed with its keys, and to nothing else. */
export async function accessTrial(image: string, keys: string): Promise<void> {
  await withFolder(async (folder) => {
    const disk = join(folder, "disk.img");
    const freshDisk = (): void => {
      const acs = ["--serial", serial, "--acs", "http://10.0.2.2:9/"];
      imageTool("factory", "--image", image, acs, "--out", disk);
    };
    freshDisk();
    const strangers = join(folder, "keys");
    imageTool("keys", "--key-dir", strangers);
    const ticket = (name: string, box: string, from: string): string => {
      const file = join(folder, name);
      imageTool("ticket", "--serial", box, "--key-dir", from, "--out", file);
      return file;
    };
    // What every box has, properly signed, under another name.
    const { offsets } = openDisk(disk);
    const bootScript = join(folder, "boot-script");
    const start = offsets.get("boot") ?? 0;
    writeFileSync(bootScript, encodeSRecords(piece(disk, start, 8192)));
    const refused: [string, string][] = [
      [ticket("other-box", "QEMU0005", keys), "service: this ticket is for box QEMU0005"],
      [ticket("other-keys", serial, strangers), "Failed to verify required signature"],
      [bootScript, "## Start Addr"],
    ];
    for (const [file, words] of refused)
      await plugIn(image, disk, async (cable) => {
        await present(cable, file);
        await cable.until(words, 60_000);
        // It offers three times; Ctrl-C declines.
        const declining = setInterval(() => cable.type(controlC), 1500);
        await cable.until("service: no ticket to trust", 180_000).finally(() => clearInterval(declining));
        await cable.until("Starting kernel", 180_000);
        assert.ok(!cable.text().includes(prompt), `${file} opened the prompt`);
      });

    freshDisk();
    await plugIn(image, disk, async (cable) => {
      const keysDown = setInterval(() => cable.type(`${controlC}\r\n`), 100);
      await pause(15_000);
      clearInterval(keysDown);
      // Too slow to be asked again.
      const declining = setInterval(() => cable.type(controlC), 1500);
      await cable.until("Starting kernel", 180_000).finally(() => clearInterval(declining));
      assert.ok(!cable.text().includes(prompt), "keys alone opened the prompt");
      // Ctrl-C ends loops of U-Boot's shell: the boot script's must not be among them.
      assert.ok(!cable.text().includes("no tries are left"), "keys changed the boot state");
    });

    // What the disk says of the box is not believed beyond a comparison.
    overwrite(openDisk(disk), "factory", evilHeader());
    await plugIn(image, disk, async (cable) => {
      await present(cable, ticket("ticket", serial, keys));
      await cable.until("service: this ticket is for box", 60_000);
      assert.ok(!cable.text().includes(prompt), "the disk opened the prompt");
    });

    freshDisk();
    await plugIn(image, disk, async (cable) => {
      await present(cable, ticket("good", serial, keys));
      await cable.until("service: access granted", 60_000);
      await cable.until(prompt, 60_000);
    });
  });
}

function piece(file: string, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const handle = openSync(file, "r");
  try {
    readSync(handle, bytes, 0, length, from);
  } finally {
    closeSync(handle);
  }
  return bytes;
}

function evilHeader(): Buffer {
  const hash = createHash("sha256").update(readFileSync(command)).digest("hex");
  return Buffer.from(
    `tonalite-factory 1 1024 ${hash}\nserial=X"; setenv access granted; echo "\naccess=granted\n`,
  );
}

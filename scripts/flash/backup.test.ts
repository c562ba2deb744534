import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeFactoryPartition } from "../firmware/index.ts";
import { BackupDraft, readBackup } from "./backup-file.ts";
import { BoardConsole } from "./console/console.ts";
import { backUpBoard, type BackupOrder } from "./job/backup.ts";
import { boardKindsOf } from "./job/board.ts";
import { flashBoard, type FlashProgress } from "./job/flash.ts";
import { SimulatedBoard, type SimulatedBoardOptions } from "./simulator/board.ts";
import { imageWithEnvironment } from "./simulator/image.ts";
import { distortion, randomBytes } from "./simulator/noise.ts";
import { QemuBoard, qemuMissing } from "./simulator/qemu.ts";

const kinds = boardKindsOf(loadProfiles().hardware.values());
const factorySector = 4096;
const identityOf = (serial: string) =>
  encodeFactoryPartition({
    "identity.json": JSON.stringify({ oui: "02544E", serial, productClass: "ata", mac: "02:54:4e:00:00:01" }),
  });

/** A used box's disk of 4 MiB: a published image, an identity, months of life. */
const published = imageWithEnvironment(
  4 << 20,
  2048,
  [{ offset: 3_500_000, bytes: randomBytes(300_000, 5) }],
  factorySector,
);
const lived = Buffer.from(published);
lived.set(identityOf("TN1"), factorySector * 512);
lived.set(randomBytes(40_000, 6), 3_300_000);
lived.fill(0xff, 1_200_000, 1_400_000);

let folder: string;
let file: string;
let boards: { off(): void }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "backup-"));
  file = join(folder, "box.img.gz");
});
afterEach(() => {
  for (const board of boards) board.off();
  boards = [];
  rmSync(folder, { recursive: true });
});

const yes = () => Promise.resolve(true);

function meet(options: Partial<SimulatedBoardOptions> = {}, content: Uint8Array = lived) {
  const board = new SimulatedBoard({ diskBytes: 4 << 20, ...options });
  board.machine.disk.set(content);
  boards.push(board);
  const console = new BoardConsole(board.open(), { seekMs: 5000, echoMs: 300 });
  setImmediate(() => board.power());
  return { board, console };
}

async function backUp(
  console: BoardConsole,
  order: Partial<BackupOrder> = {},
  tell?: (progress: FlashProgress) => void,
) {
  const draft = new BackupDraft(file);
  try {
    const result = await backUpBoard(console, { kinds, store: draft, approve: yes, ...order }, tell);
    const { board, identity } = result;
    const whose = { serial: identity?.serial ?? null, mac: identity?.mac ?? null };
    draft.finish({ profile: board.kind.profile, diskBytes: board.diskBytes, ...whose });
    return result;
  } finally {
    draft.close();
  }
}

describe("a backup", () => {
  it("is the whole disk, of which only what is neither blank nor known was read", async () => {
    const { console } = meet();
    const { readBytes } = await backUp(console, { known: published });
    // The identity, and 40,000 bytes.
    expect(readBytes).toBeGreaterThan(40_000);
    expect(readBytes).toBeLessThan(60_000);
    const { image, facts } = readBackup(file);
    expect(image.bytes.equals(lived)).toBe(true);
    expect(facts).toMatchObject({ profile: "qemu/virt-arm64", serial: "TN1", mac: "02:54:4e:00:00:01" });
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it("is a gzip file that any tool unpacks, for its owner alone", async () => {
    await backUp(meet().console, { known: lived });
    expect(execFileSync("gzip", ["-dc", file], { maxBuffer: 1 << 24 }).equals(lived)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("goes on where it was ended, by another run", async () => {
    const first = meet();
    let all = 0;
    const pull = (progress: FlashProgress) => {
      if (progress.type === "backup") all = progress.bytes;
      if (progress.type === "amount" && progress.stage === "backup" && progress.done > 100_000)
        first.board.unplug();
    };
    await expect(backUp(first.console, {}, pull)).rejects.toMatchObject({ code: "LINE_LOST" });
    expect(existsSync(file)).toBe(false);
    const { readBytes } = await backUp(meet().console);
    expect(readBytes).toBeLessThanOrEqual(all - 100_000);
    expect(readBackup(file).image.bytes.equals(lived)).toBe(true);
  });

  it("goes on after a loss of power, and reads at a higher speed that it gives back", async () => {
    const { board, console } = meet();
    let cuts = 0;
    const cut = (progress: FlashProgress) => {
      if (progress.type !== "amount" || progress.stage !== "backup" || cuts > 0) return;
      cuts += 1;
      expect(console.baudRate).toBe(921_600);
      // Once it is sought at the speed that it starts with.
      setTimeout(() => board.power(), 100);
    };
    await backUp(console, { known: published, fastBaud: 921_600 }, cut);
    expect([cuts, console.baudRate]).toEqual([1, 115_200]);
    expect(readBackup(file).image.bytes.equals(lived)).toBe(true);
  });

  it.each([
    ["bit errors", { flip: 1 / 30_000 }],
    ["dropped bytes", { drop: 1 / 30_000 }],
    ["doubled bytes", { double: 1 / 30_000 }],
  ])("over a line with %s is right", async (_, chance) => {
    const { console } = meet({ toBoard: distortion(chance, 1), fromBoard: distortion(chance, 2) });
    await backUp(console, { known: published, attempts: 20 });
    expect(readBackup(file).image.bytes.equals(lived)).toBe(true);
  });

  it("that takes too long is not begun without a yes", async () => {
    const { console } = meet();
    const asked: number[] = [];
    const no = (seconds: number) => {
      asked.push(seconds);
      return Promise.resolve(false);
    };
    await expect(backUp(console, { approve: no })).rejects.toMatchObject({ code: "BACKUP_TOO_LONG" });
    // 400,000 bytes, four letters each, 11,520 letters a second.
    expect(asked[0]).toBeGreaterThan(120);
    expect(asked[0]).toBeLessThan(240);
  });

  it("is refused where there is no room for it, or a file of that name", () => {
    const draft = new BackupDraft(file);
    expect(() => draft.reserve(2 ** 52)).toThrow(expect.objectContaining({ code: "BACKUP_NO_ROOM" }));
    draft.close();
    writeFileSync(file, "");
    expect(() => new BackupDraft(file)).toThrow(expect.objectContaining({ code: "BACKUP_FAILED" }));
    expect(() => new BackupDraft(join(folder, "none/x"))).toThrow(
      expect.objectContaining({ code: "BACKUP_FAILED" }),
    );
  });
});

describe("a backup's file", () => {
  it.each([
    ["cut short", (bytes: Buffer) => bytes.subarray(0, -5000), "IMAGE_TRUNCATED"],
    ["damaged", (bytes: Buffer) => bytes.fill(0x55, 200_000, 200_100), "IMAGE_DAMAGED"],
    ["some gzip file", (bytes: Buffer) => bytes.fill(0, 3, 4), "BACKUP_FOREIGN_FILE"],
    ["of no known kind", (bytes: Buffer) => bytes.fill("x", 20, 40), "BACKUP_FOREIGN_FILE"],
    ["empty", (bytes: Buffer) => bytes.subarray(0, 0), "BACKUP_FOREIGN_FILE"],
  ])("that is %s is refused", (_, spoil, code) => {
    const draft = new BackupDraft(file);
    draft.write(0, lived);
    draft.finish({ profile: "qemu/virt-arm64", serial: "É\n", mac: null, diskBytes: lived.length });
    draft.close();
    expect(readBackup(file).facts.serial).toBe("É\n");
    writeFileSync(file, spoil(readFileSync(file)));
    expect(() => readBackup(file)).toThrow(expect.objectContaining({ code }));
  });
});

describe("a box's backup", () => {
  const restoring = (serial: string | null, allowed = false) => ({
    image: lived,
    kinds,
    backupOf: { serial, allowed },
  });

  it("makes it what it was, with identity and boot state", async () => {
    const { board, console } = meet({}, published);
    board.machine.disk.set(identityOf("TN1"), factorySector * 512);
    board.machine.disk.fill(0xee, 3_400_000, 3_600_000);
    const result = await flashBoard(console, restoring("TN1"));
    expect(result).toMatchObject({ identity: "restored", bootState: "restored" });
    expect(board.machine.disk.equals(lived)).toBe(true);
  });

  it.each([
    ["another box", identityOf("TN2")],
    ["a box that does not say which it is", Buffer.alloc(1 << 20)],
  ])("is not put on %s, but for a reason", async (_, factory) => {
    const { board, console } = meet({}, published);
    board.machine.disk.set(factory, factorySector * 512);
    const before = Buffer.from(board.machine.disk);
    await expect(flashBoard(console, restoring("TN1"))).rejects.toMatchObject({ code: "BACKUP_FOREIGN" });
    expect(board.machine.disk.equals(before)).toBe(true);
    await flashBoard(console, restoring("TN1", true));
    expect(board.machine.disk.equals(lived)).toBe(true);
  });
});

describe.skipIf(qemuMissing !== undefined)(`U-Boot in QEMU${qemuMissing ? `: ${qemuMissing}` : ""}`, () => {
  it("is backed up, spoilt, and restored", async () => {
    const board = new QemuBoard(4 << 20);
    try {
      await board.start();
      const console = new BoardConsole(await board.open());
      await flashBoard(console, { image: lived, kinds, backupOf: { serial: null, allowed: true } });
      const { identity } = await backUp(console, { known: published });
      expect(identity?.serial).toBe("TN1");
      await console.must("mw.b 0x42000000 0x5a 0x10000");
      await console.must("virtio write 0x42000000 0x1a00 0x80");
      const { image, facts } = readBackup(file);
      expect(board.disk(0, 4 << 20).equals(image.bytes)).toBe(false);
      const backupOf = { serial: facts.serial, allowed: false };
      await flashBoard(console, { image: image.bytes, kinds, backupOf });
      expect(board.disk(0, 4 << 20).equals(lived)).toBe(true);
      console.end();
    } finally {
      await board.stop();
    }
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BoardConsole } from "../console/console.ts";
import { boardKindsOf } from "../job/board.ts";
import { flashBoard, type FlashOrder, type FlashProgress } from "../job/flash.ts";
import { SimulatedBoard, type SimulatedBoardOptions } from "../simulator/board.ts";
import { imageWithEnvironment } from "../simulator/image.ts";
import { distortion, randomBytes } from "../simulator/noise.ts";
import { buildRecoveryProgram } from "../simulator/recovery.ts";
import { openRecovery } from "./recovery.ts";

const kinds = boardKindsOf(loadProfiles().hardware.values());
const profile = "qemu/virt-arm64";
const image = imageWithEnvironment(8 << 20, 2048, [
  { offset: 3 << 20, bytes: randomBytes(300_000, 5) },
  { offset: 5 << 20, bytes: Buffer.alloc(1_200_000, "dial tone, ringing tone, busy tone; ") },
]);
const recovery = (fastest = 1_500_000) =>
  openRecovery({ bytes: Buffer.alloc(20_000, "fit"), profile }, fastest);

let folder: string;
let program: string;
let boards: SimulatedBoard[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recovery-program-"));
  program = buildRecoveryProgram(folder);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  for (const board of boards) board.off();
  boards = [];
});

async function meet(options: Partial<SimulatedBoardOptions> = {}) {
  const board = new SimulatedBoard({ recovery: program, ...options });
  boards.push(board);
  const console = new BoardConsole(board.open(), { seekMs: 20_000, echoMs: 300 });
  setImmediate(() => board.power());
  await console.seek();
  return { board, console };
}

// What the program left is seen when the board starts anew.
async function isWhole(board: SimulatedBoard, console: BoardConsole): Promise<boolean> {
  await console.seek();
  return board.machine.disk.subarray(0, image.length).equals(image);
}

const orderOf = (fastest?: number): FlashOrder => ({
  kinds,
  image,
  ways: { way: "recovery", recovery: recovery(fastest) },
  attempts: 10,
});

describe("a board with the recovery image", () => {
  it("gets the whole image at the highest speed, read back, and starts from its disk", async () => {
    const { board, console } = await meet();
    const seen: FlashProgress[] = [];
    const result = await flashBoard(console, orderOf(), (step) => seen.push(step));
    expect(await isWhole(board, console)).toBe(true);
    expect(result).toMatchObject({ way: "recovery", attempts: 1, repeatedBlocks: 0 });
    expect(result.sentBytes).toBeLessThan(360_000);
    expect(result.started).toBe(true);
    expect(await console.must("version")).toContain("U-Boot");
    expect(seen.filter(({ type }) => type === "stage").map((step) => "stage" in step && step.stage)).toEqual([
      "seek",
      "identify",
      "compare",
      "recovery",
      "write",
      "verify",
    ]);
  });

  it("behind a line that does not hold the highest speeds gets it at one that does", async () => {
    const { board, console } = await meet({ fastest: 600_000 });
    const task = orderOf(1_000_000);
    const speeds = new Set<number>();
    await flashBoard(console, task, (step) => step.type === "amount" && speeds.add(console.baudRate));
    expect(await isWhole(board, console)).toBe(true);
    expect([...speeds]).toEqual([115_200, 460_800]);
  }, 60_000);

  it.each([
    ["bit errors", { flip: 1 / 10_000 }],
    ["dropped bytes", { drop: 1 / 10_000 }],
    ["doubled bytes", { double: 1 / 10_000 }],
  ])(
    "behind a line with %s gets the right image",
    async (_, chance) => {
      let noisy = false;
      const wear = (worn: (bytes: Uint8Array) => Uint8Array) => (bytes: Uint8Array) =>
        noisy ? worn(bytes) : bytes;
      const { board, console } = await meet({
        toBoard: wear(distortion(chance, 3)),
        fromBoard: wear(distortion(chance, 4)),
      });
      // From the bulk on: what U-Boot's console makes of noise is shown elsewhere.
      const result = await flashBoard(console, orderOf(0), (step) => {
        if (step.type === "stage") noisy = step.stage === "write" || step.stage === "verify";
      });
      noisy = false;
      expect(await isWhole(board, console)).toBe(true);
      expect(result.repeatedBlocks).toBeGreaterThan(0);
    },
    120_000,
  );

  it("goes on where it was after its power is cut", async () => {
    const { board, console } = await meet();
    const writes: number[] = [];
    let cut = false;
    const result = await flashBoard(console, orderOf(), (step) => {
      if (step.type !== "amount" || step.stage !== "write") return;
      if (!cut && step.done > 200_000) board.power();
      cut ||= step.done > 200_000;
      writes.push(step.total);
    });
    expect(result.attempts).toBe(2);
    expect(await isWhole(board, console)).toBe(true);
    expect(writes.at(-1)).toBeLessThan(200_000);
  }, 60_000);

  it("whose cable is pulled is found by the next run, which sends only the rest", async () => {
    const { board, console } = await meet();
    const pull = (step: FlashProgress) => {
      if (step.type === "amount" && step.stage === "write" && step.done > 200_000) board.unplug();
    };
    await expect(flashBoard(console, orderOf(), pull)).rejects.toMatchObject({ code: "LINE_LOST" });
    const again = new BoardConsole(board.open(), { seekMs: 40_000, echoMs: 300 });
    const result = await flashBoard(again, orderOf());
    expect(result.sentBytes).toBeLessThan(250_000);
    expect(await isWhole(board, again)).toBe(true);
  }, 90_000);

  it("that does not believe the image is flashed another way, unless only this one may be gone", async () => {
    const { board, console } = await meet({ recovery: undefined });
    await expect(flashBoard(console, orderOf())).rejects.toMatchObject({ code: "RECOVERY_REFUSED" });
    const quick: FlashOrder = { ...orderOf(), ways: { way: "auto", recovery: recovery() } };
    const seen: FlashProgress[] = [];
    expect((await flashBoard(console, quick, (step) => seen.push(step))).way).toBe("serial");
    expect(seen.find(({ type }) => type === "way-failed")).toMatchObject({ way: "recovery" });
    expect(await isWhole(board, console)).toBe(true);
  }, 60_000);
});

describe("the choice", () => {
  it("tells what each way takes, the recovery image's own way included, and takes the fastest", async () => {
    const { console } = await meet();
    const seen: FlashProgress[] = [];
    const ways = { way: "auto", recovery: recovery() } as const;
    await flashBoard(console, { kinds, image, ways }, (step) => seen.push(step));
    expect(seen.find(({ type }) => type === "ways")).toMatchObject({
      chosen: "recovery",
      estimates: [
        { way: "recovery", seconds: 8 },
        { way: "serial", seconds: 28 },
      ],
    });
  });

  it("refuses an image for another board before anything is sent, where no other way is left", async () => {
    const { console } = await meet();
    const foreign = { ...recovery(), profile: "ippi/box" };
    const task: FlashOrder = { kinds, image, ways: { way: "recovery", recovery: foreign } };
    await expect(flashBoard(console, task)).rejects.toMatchObject({
      code: "IMAGE_FOREIGN",
      details: { image: "ippi/box", board: profile },
    });
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { BoardConsole } from "./console/console.ts";
import type { ConsoleOptions } from "./console/state.ts";
import { decodeEnvironment, encodeEnvironment, freshBootState } from "./job/environment.ts";
import { boardKindsOf } from "./job/board.ts";
import { flashBoard, type FlashProgress } from "./job/flash.ts";
import type { SerialLine } from "./line/line.ts";
import { SimulatedBoard, type SimulatedBoardOptions } from "./simulator/board.ts";
import { distortion, randomBytes } from "./simulator/noise.ts";
import { QemuBoard, qemuMissing } from "./simulator/qemu.ts";
import { imageWithEnvironment } from "./simulator/image.ts";

const kinds = boardKindsOf(loadProfiles().hardware.values());

/** What the suite needs of a board, simulated or real. */
type Bench = {
  open(): SerialLine | Promise<SerialLine>;
  disk(offset: number, length: number): Buffer;
  /** power off and on */
  reset(): void | Promise<void>;
  stop(): void | Promise<void>;
};

const environmentSector = 2048;
const image = imageWithEnvironment(2 << 20, environmentSector, [
  { offset: 1_100_000, bytes: randomBytes(90_000, 1) },
  { offset: 1_400_000, bytes: Buffer.alloc(400_000, "dial tone ") },
]);

/** The same after months of use: the boot state is another. */
const used = Buffer.from(image).fill(0, environmentSector * 512, environmentSector * 512 + 512);

function boardContract(name: string, profile: string, start: () => Bench | Promise<Bench>): void {
  describe(`a board (${name})`, () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = await start();
    });
    afterEach(() => bench.stop());

    it("is found, answers commands with their success, and is found again in the middle of a transfer", async () => {
      const line = await bench.open();
      const first = new BoardConsole(line);
      await first.seek();
      expect(first.banner).toMatch(/^U-Boot 2023\.01/);
      expect((await first.run({ line: "false", ms: 2000 })).code).toBe(1);
      expect((await first.run({ line: "nosuch", ms: 2000 })).text).toMatch(/Unknown command/);
      await expect(first.must("printenv nothing")).rejects.toMatchObject({ code: "COMMAND_FAILED" });
      const cut = new Promise<void>((resolve) => {
        const payload = randomBytes(50_000, 3);
        const run = first.run({ line: "loady 0x42000000", ms: 5000, payload }, (sent) => {
          if (sent > 7000) resolve();
        });
        run.catch(() => undefined);
      });
      await cut;
      first.end();
      const second = new BoardConsole(line);
      await second.seek();
      expect((await second.run({ line: "true", ms: 2000 })).code).toBe(0);
      second.end();
    });

    it("is flashed, goes on after power is lost at random, and is left alone when it is right", async () => {
      const board = new BoardConsole(await bench.open());
      let resets = 0;
      const cutPower = (progress: FlashProgress) => {
        if (progress.type !== "amount" || progress.stage !== "write" || resets > 0) return;
        if (progress.done < 40_000) return;
        resets += 1;
        void bench.reset();
      };
      const result = await flashBoard(board, { image: used, kinds }, cutPower);
      expect(resets).toBe(1);
      expect(result).toMatchObject({ board: { kind: { profile } } });
      expect(result.attempts).toBeGreaterThan(1);
      const written = bench.disk(0, image.length);
      expect(
        decodeEnvironment(written.subarray(environmentSector * 512, environmentSector * 512 + 512)),
      ).toEqual(freshBootState);
      expect(written.equals(image)).toBe(true);
      await board.must(
        `${result.board.kind.disk.interface} read 0x42000000 0x${environmentSector.toString(16)} 1`,
      );
      await board.must("env import -c 0x42000000 0x200");
      expect(await board.must("printenv BOOT_ORDER")).toBe("BOOT_ORDER=A B");
      const again = await flashBoard(board, { image: used, kinds });
      expect(again).toMatchObject({ changedBytes: 0, sentBytes: 0, bootState: "fresh" });
      board.end();
    });
  });
}

boardContract("simulator", "qemu/virt-arm64", () => {
  const board = new SimulatedBoard();
  return {
    open: () => {
      const line = board.open();
      setImmediate(() => board.power());
      return line;
    },
    disk: (offset, length) => board.machine.disk.subarray(offset, offset + length),
    reset: () => board.power(),
    stop: () => board.off(),
  };
});

const inQemu = (nvme: boolean) => async () => {
  const board = new QemuBoard(16 << 20, { nvme });
  await board.start();
  return board;
};
if (qemuMissing === undefined) {
  boardContract("U-Boot in QEMU, over a pty", "qemu/virt-arm64", inQemu(false));
  boardContract("U-Boot in QEMU, its disk behind PCI Express", "qemu/virt-arm64-nvme", inQemu(true));
} else it.skip(`U-Boot in QEMU: ${qemuMissing}`, () => undefined);

describe("a difficult board", () => {
  const quick: Partial<ConsoleOptions> = { seekMs: 3000, echoMs: 100 };
  const meet = async (options: Partial<SimulatedBoardOptions>, baudRate?: number) => {
    const board = new SimulatedBoard(options);
    const console = new BoardConsole(board.open(baudRate), quick);
    setImmediate(() => board.power());
    return { board, console, found: console.seek().finally(() => board.off()) };
  };

  it("that says nothing", async () => {
    await expect((await meet({ temper: "silent" })).found).rejects.toMatchObject({ code: "NO_ANSWER" });
  });
  it("that restarts again and again", async () => {
    await expect((await meet({ temper: "loops" })).found).rejects.toMatchObject({ code: "BOOT_LOOP" });
  });
  it("whose system runs", async () => {
    await expect((await meet({ temper: "linux" })).found).rejects.toMatchObject({ code: "SYSTEM_RUNNING" });
  });
  it("at another speed", async () => {
    await expect((await meet({}, 9600)).found).rejects.toMatchObject({ code: "WRONG_BAUD" });
  });
  it("that is a customer's opens to its ticket, and to nothing else", async () => {
    const production = { temper: "production", ticket: "S7 for TN1" } as const;
    await expect((await meet(production)).found).rejects.toMatchObject({
      code: "TICKET_NEEDED",
      details: { serial: "TN1" },
    });
    const open = async (ticket: string, toBoard = (bytes: Uint8Array) => bytes) => {
      const board = new SimulatedBoard({ ...production, toBoard });
      const console = new BoardConsole(board.open(), { ...quick, ticket: Buffer.from(ticket) });
      setImmediate(() => board.power());
      await console.seek().finally(() => board.off());
      return console.must("version");
    };
    await expect(open("S7 for TN2")).rejects.toMatchObject({ code: "TICKET_REFUSED" });
    expect(await open("S3...\r\nS7 for TN1")).toContain("U-Boot");
    // A knock that was still on its way ends the first download; the board asks again.
    let late = 1;
    const knocked = (bytes: Uint8Array): Uint8Array =>
      bytes[0] === 0x53 && late-- > 0 ? Buffer.concat([Buffer.from([0x03]), bytes]) : bytes;
    expect(await open("S3...\r\nS7 for TN1", knocked)).toContain("U-Boot");
    expect(late).toBeLessThan(1);
  });
  it("that nobody knows is not written to", async () => {
    const { board, console, found } = await meet({ variables: { board: "toaster", loadaddr: "0x40200000" } });
    await found;
    await expect(flashBoard(console, { image, kinds })).rejects.toMatchObject({ code: "BOARD_UNKNOWN" });
    expect(board.machine.disk.every((byte) => byte === 0)).toBe(true);
  });
  it.each([
    ["wiped", {}],
    ["another board's", { profile: "qemu/virt-arm64-nvme", loadaddr: "0x0" }],
    ["nonsense", { profile: "acme/ata2", loadaddr: "here", serial: "x" }],
  ])("whose environment is %s is told by its hardware, and flashed", async (_, variables) => {
    const told = { board: "qemu-arm", arch: "arm", cpu: "armv8" };
    const { board, console, found } = await meet({ variables: { ...told, ...variables } });
    await found;
    const result = await flashBoard(console, { image, kinds });
    expect(result.board.kind.profile).toBe("qemu/virt-arm64");
    expect(board.machine.disk.subarray(0, image.length).equals(image)).toBe(true);
  });
  it("that prints while we type executes only what was meant", async () => {
    const { board, console, found } = await meet({});
    await found;
    const talk = setInterval(() => board.print("eth0: link up\n"), 30);
    for (let round = 0; round < 20; round += 1)
      expect((await console.run({ line: round % 2 ? "false" : "true", ms: 3000 })).code).toBe(round % 2);
    clearInterval(talk);
  });
  it("whose cable is pulled, and put back", async () => {
    const { board, console, found } = await meet({});
    await found;
    const pull = (progress: FlashProgress) => {
      if (progress.type === "amount" && progress.stage === "write" && progress.done > 30_000) board.unplug();
    };
    await expect(flashBoard(console, { image, kinds }, pull)).rejects.toMatchObject({ code: "LINE_LOST" });
    const result = await flashBoard(new BoardConsole(board.open(), quick), { image, kinds });
    expect(result.bootState).toBe("fresh");
    expect(board.machine.disk.subarray(0, image.length).equals(image)).toBe(true);
    board.off();
  });

  it.each([
    ["bit errors", { flip: 1 / 20_000 }],
    ["dropped bytes", { drop: 1 / 20_000 }],
    ["doubled bytes", { double: 1 / 20_000 }],
  ])("behind a line with %s gets the right image", async (_, chance) => {
    const { board, console, found } = await meet({
      toBoard: distortion(chance, 1),
      fromBoard: distortion(chance, 2),
    });
    await found;
    await flashBoard(console, { image, kinds, attempts: 10 });
    expect(board.machine.disk.subarray(0, image.length).equals(image)).toBe(true);
    board.off();
  });
});

describe("the boot-state sector", () => {
  it("survives the round trip; damage and what cannot be stored do not pass", () => {
    const sector = encodeEnvironment(freshBootState);
    expect(sector).toHaveLength(512);
    expect(decodeEnvironment(sector)).toEqual(freshBootState);
    sector[8] = (sector[8] ?? 0) ^ 1;
    expect(decodeEnvironment(sector)).toBeUndefined();
    expect(() => encodeEnvironment({ A: "x".repeat(600) })).toThrow(RangeError);
    expect(() => encodeEnvironment({ "A B": "1" })).toThrow(RangeError);
  });
});

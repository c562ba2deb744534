import { openSerialLine } from "../line/serial-line.ts";
import { QemuBoard, qemuMissing } from "../simulator/qemu.ts";
import { layWire } from "../simulator/wire.ts";
import { afterEach, describe, expect, it } from "vitest";
import { SimulatedBoard, type SimulatedBoardOptions } from "../simulator/board.ts";
import { BoardConsole } from "./console.ts";
import { usualSpeeds } from "./speed.ts";
import type { ConsoleOptions, Hint } from "./state.ts";

let boards: SimulatedBoard[] = [];
afterEach(() => {
  for (const board of boards) board.off();
  boards = [];
});

const [likeliest = 0, ...speeds] = usualSpeeds;
const quick: Partial<ConsoleOptions> = { speeds, homeMs: 1500, lookMs: 1500, seekMs: 40_000, echoMs: 300 };

function meet(board: Partial<SimulatedBoardOptions>, options: Partial<ConsoleOptions> = {}) {
  const simulated = new SimulatedBoard(board);
  boards.push(simulated);
  const said: Hint[] = [];
  const line = simulated.open(likeliest);
  const console = new BoardConsole(line, { ...quick, ...options }, (hint) => said.push(hint));
  return { board: simulated, console, said };
}

describe("the speed of a board that does not speak at the likeliest", { concurrent: true }, () => {
  it.each([1_500_000, 57_600, 9600, 19_200])("is found by its garbage: %d baud", async (baudRate) => {
    const { board, console, said } = meet({ baudRate });
    board.power();
    await console.seek();
    expect(console.baudRate).toBe(baudRate);
    expect(said).toContain("garbage-heard");
    expect(said.at(-1)).toBe("speed-found");
    expect((await console.run({ line: "false", ms: 2000 })).code).toBe(1);
  });

  it("is found though it says nothing to what comes at another", async () => {
    const { board, console, said } = meet({ baudRate: 38_400, deaf: true });
    board.power();
    await console.seek();
    expect(console.baudRate).toBe(38_400);
    expect(said).toContain("nothing-heard");
  });

  it("is sought once: the board is switched off and on, and found where it was", async () => {
    const { board, console, said } = meet({ baudRate: 57_600 });
    board.power();
    await console.seek();
    const before = said.length;
    board.power();
    await console.seek();
    expect(said.slice(before)).toEqual([]);
  });

  it("is not sought elsewhere when it is given", async () => {
    const { board, console, said } = meet({ baudRate: 57_600 }, { speeds: [] });
    board.power();
    await expect(console.seek()).rejects.toMatchObject({ code: "WRONG_BAUD", details: { baud: "115200" } });
    expect(said).not.toContain("garbage-heard");
  });

  it("that is none of the usual ones is told as such, in bounded time", async () => {
    const { board, console } = meet({ baudRate: 31_250 }, { seekMs: 20_000 });
    board.power();
    await expect(console.seek()).rejects.toMatchObject({ code: "WRONG_BAUD" });
  });
});

describe("a board that is switched on late", { concurrent: true }, () => {
  it("is met at the likeliest speed, once the others were tried", async () => {
    const { board, console } = meet({}, { lookMs: 500 });
    const found = console.seek();
    await expect.poll(() => console.baudRate).not.toBe(likeliest);
    await expect.poll(() => console.baudRate).toBe(likeliest);
    board.power();
    await found;
    expect(console.baudRate).toBe(likeliest);
  });

  it("or never, is told as silent and not as a wrong speed", async () => {
    const { console } = meet({ temper: "silent" }, { seekMs: 12_000, lookMs: 500 });
    await expect(console.seek()).rejects.toMatchObject({ code: "NO_ANSWER" });
  });

  it("and has a running system is not left for its text", async () => {
    const { board, console } = meet({ temper: "linux" }, { seekMs: 5000 });
    board.power();
    const talk = setInterval(() => board.print("[    1.0] eth0: link up, 100 Mbit/s\n"), 100);
    await expect(console.seek().finally(() => clearInterval(talk))).rejects.toMatchObject({
      code: "NO_ANSWER",
    });
    expect(console.baudRate).toBe(likeliest);
  });
});

describe.skipIf(qemuMissing !== undefined)(
  `U-Boot in QEMU behind a wire of another speed${qemuMissing ? `: ${qemuMissing}` : ""}`,
  { concurrent: true },
  () => {
    it.each([1_500_000, 9600])("%d baud: is found, and understood", async (baudRate) => {
      const board = new QemuBoard(1 << 20);
      await board.start();
      const wire = await layWire(board.port, baudRate);
      const line = await openSerialLine(wire.port, likeliest);
      try {
        const console = new BoardConsole(line, { ...quick, echoMs: 2000, seekMs: 60_000 });
        await board.resume();
        await console.seek();
        expect(console.baudRate).toBe(baudRate);
        expect(await console.must("printenv board")).toBe("board=qemu-arm");
        console.end();
      } finally {
        await line.close();
        await wire.unplug();
        await board.stop();
      }
    });
  },
);

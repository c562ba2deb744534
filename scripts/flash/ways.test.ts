import { decodeFloorSector, encodeFloorSector } from "@tonalite/agent/core/firmware";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeFactoryPartition } from "../firmware/index.ts";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { BoardConsole } from "./console/console.ts";
import { boardKindsOf } from "./job/board.ts";
import { flashBoard, type FlashOrder, type FlashProgress } from "./job/flash.ts";
import { startFileServer, serverAddresses } from "./network/server.ts";
import { SimulatedBoard, type SimulatedBoardOptions } from "./simulator/board.ts";
import { imageWithEnvironment } from "./simulator/image.ts";
import { randomBytes } from "./simulator/noise.ts";
import { QemuBoard, qemuMissing } from "./simulator/qemu.ts";

const kinds = boardKindsOf(loadProfiles().hardware.values());
const factorySector = 4096;
const image = imageWithEnvironment(
  8 << 20,
  2048,
  [{ offset: 5 << 20, bytes: randomBytes(600_000, 7) }],
  factorySector,
);
const quick = { seekMs: 5000, echoMs: 300 };

const filesOf = (serial: string, more: Record<string, string> = {}) => ({
  "identity.json": JSON.stringify({ oui: "02544E", serial, productClass: "ata", mac: "02:54:4e:00:00:01" }),
  ...more,
});

let boards: SimulatedBoard[] = [];
afterEach(() => {
  for (const board of boards) board.off();
  boards = [];
});

async function meet(options: Partial<SimulatedBoardOptions> = {}) {
  const board = new SimulatedBoard(options);
  boards.push(board);
  const console = new BoardConsole(board.open(), quick);
  setImmediate(() => board.power());
  await console.seek();
  return { board, console };
}
const factoryOf = (board: SimulatedBoard) =>
  board.machine.disk.subarray(factorySector * 512, factorySector * 512 + (1 << 20));

describe("a board's identity", () => {
  it("is written with the image, and kept when the board is flashed again", async () => {
    const { board, console } = await meet();
    // Long enough to come in several pieces over the line.
    const partition = encodeFactoryPartition(filesOf("TN1", { "device.key": "k".repeat(3000) }));
    const first = await flashBoard(console, { image, kinds, identity: () => Promise.resolve(partition) });
    expect(first.identity).toBe("written");
    expect(factoryOf(board).equals(partition)).toBe(true);

    const seen: FlashProgress[] = [];
    let saved: string | undefined;
    const again: FlashOrder = { image, kinds, backup: (_, present) => (saved = present.files["device.key"]) };
    expect(await flashBoard(console, again, (step) => seen.push(step))).toMatchObject({
      identity: "kept",
      changedBytes: 0,
    });
    expect(saved).toBe("k".repeat(3000));
    expect(seen.find(({ type }) => type === "board")).toMatchObject({
      identity: { serial: "TN1", mac: "02:54:4e:00:00:01" },
    });
  });

  it("is asked for once, with what the board has, though the power goes meanwhile", async () => {
    const { board, console } = await meet();
    board.machine.disk.set(encodeFactoryPartition(filesOf("OLD")), factorySector * 512);
    const asked: (string | undefined)[] = [];
    let cuts = 0;
    const cut = (progress: FlashProgress) => {
      if (progress.type !== "amount" || progress.stage !== "write" || cuts > 1 || progress.done < 20_000)
        return;
      cuts += 1;
      board.power();
    };
    const partition = encodeFactoryPartition(filesOf("NEW"));
    const identity: FlashOrder["identity"] = (_, present) => {
      asked.push(present?.serial);
      return Promise.resolve(partition);
    };
    const result = await flashBoard(console, { image, kinds, identity }, cut);
    expect(asked).toEqual(["OLD"]);
    expect(result.attempts).toBeGreaterThan(1);
    expect(factoryOf(board).equals(partition)).toBe(true);
  });

  it("is found in its second copy when the first is spoilt", async () => {
    const { board, console } = await meet();
    board.machine.disk.set(encodeFactoryPartition(filesOf("TN2")), factorySector * 512);
    board.machine.disk.fill(0xff, factorySector * 512, factorySector * 512 + 1000);
    const seen: FlashProgress[] = [];
    await flashBoard(console, { image, kinds }, (step) => seen.push(step));
    expect(seen.find(({ type }) => type === "board")).toMatchObject({ identity: { serial: "TN2" } });
    expect(factoryOf(board).equals(encodeFactoryPartition(filesOf("TN2")))).toBe(true);
  });

  it("needs an image that has a place for it", async () => {
    const { board, console } = await meet();
    const nameless = imageWithEnvironment(1 << 20, 2000, []);
    const identity = () => Promise.reject(new Error("asked"));
    await expect(flashBoard(console, { image: nameless, kinds, identity })).rejects.toMatchObject({
      code: "IMAGE_NAMELESS",
    });
    expect(board.machine.disk.every((byte) => byte === 0)).toBe(true);
  });

  it("that is none is reported; a trial run asks for none and writes nothing", async () => {
    const { board, console } = await meet();
    const identity = () => Promise.reject(new Error("asked"));
    expect((await flashBoard(console, { image, kinds, identity, dryRun: true })).identity).toBe("none");
    expect(board.machine.disk.every((byte) => byte === 0)).toBe(true);
  });
});

describe("a board's security floor", () => {
  const place = 2048 * 512 + 4096;
  const meetAt = async (floor: number) => {
    const { board, console } = await meet();
    board.machine.disk.set(encodeFloorSector(floor), place);
    return { console, floor: () => decodeFloorSector(board.machine.disk.subarray(place, place + 512)) };
  };

  it("refuses an older image, and is kept when one is taken for a reason", async () => {
    const { console, floor } = await meetAt(7);
    const older = { image, kinds, securityFloor: 6 };
    await expect(flashBoard(console, older)).rejects.toMatchObject({
      code: "IMAGE_TOO_OLD",
      details: { floor: 6, board: 7 },
    });
    await flashBoard(console, { ...older, allowDowngrade: true });
    expect(floor()).toBe(7);
  });

  it("is in the way of nothing that is new enough, and stays", async () => {
    const { console, floor } = await meetAt(7);
    await flashBoard(console, { image, kinds, securityFloor: 7 });
    expect(floor()).toBe(7);
  });
});

describe("the speed of the console", () => {
  const bulk = imageWithEnvironment(4 << 20, 2048, [{ offset: 3 << 20, bytes: randomBytes(400_000, 8) }]);
  const order: FlashOrder = { image: bulk, kinds, ways: { way: "serial", fastBaud: 1_500_000 } };

  it("is raised for the bulk", async () => {
    const { board, console } = await meet();
    const seen: FlashProgress[] = [];
    await flashBoard(console, order, (step) => seen.push(step));
    expect(console.baudRate).toBe(1_500_000);
    const ways = seen.find(({ type }) => type === "ways");
    expect(ways).toMatchObject({ chosen: "serial", estimates: [{ seconds: 3 }, { seconds: 36 }] });
    expect(board.machine.disk.subarray(0, bulk.length).equals(bulk)).toBe(true);
  });

  it("falls back when the line does not hold it, once the board was switched off and on", async () => {
    const { board, console } = await meet({ fastest: 1_000_000 });
    const seen: FlashProgress[] = [];
    await flashBoard(console, order, (step) => {
      seen.push(step);
      if (step.type === "way-failed") setTimeout(() => board.power(), 500);
    });
    expect(seen.filter(({ type }) => type === "way-failed")).toMatchObject([{ way: "fast-serial" }]);
    expect(console.baudRate).toBe(115_200);
    expect(board.machine.disk.subarray(0, bulk.length).equals(bulk)).toBe(true);
  });
});

const address = serverAddresses()[0];
const noNetwork =
  qemuMissing ??
  (address === undefined ? "this machine has no address but loopback" : undefined) ??
  (process.getuid?.() === 0 ? undefined : "UDP port 69 is root's");

describe("U-Boot in QEMU", () => {
  let board: QemuBoard;
  beforeEach(async () => {
    board = new QemuBoard(16 << 20, { network: true });
    await board.start();
  });
  afterEach(() => board.stop());

  it.skipIf(noNetwork !== undefined)(
    `fetches the bulk over the network${noNetwork === undefined ? "" : `: ${noNetwork}`}`,
    async () => {
      const server = await startFileServer();
      const console = new BoardConsole(await board.open());
      const seen: FlashProgress[] = [];
      const ways = { way: "network", server: () => Promise.resolve(server) } as const;
      const result = await flashBoard(console, { image, kinds, ways }, (step) => seen.push(step));
      expect(result).toMatchObject({ way: "network", attempts: 1 });
      expect(board.disk(0, image.length).equals(image)).toBe(true);
      expect(seen.some((step) => step.type === "amount" && step.stage === "write")).toBe(true);
      console.end();
      await server.close();
    },
  );

  // U-Boot 2023.01 does change QEMU's PL011, and is not heard there any more: just what the way back is for.
  it.skipIf(qemuMissing !== undefined)("that falls silent at another speed is found again", async () => {
    const console = new BoardConsole(await board.open());
    await console.seek();
    expect(await console.changeSpeed(460_801)).toBe(false);
    expect(console.baudRate).toBe(115_200);
    await expect(console.changeSpeed(57_600)).rejects.toMatchObject({ code: "COMMAND_TIMEOUT" });
    expect(console.baudRate).toBe(57_600);
    await console.returnToSpeed(115_200);
    await board.reset();
    await console.seek();
    expect(await console.must("printenv baudrate")).toBe("baudrate=115200");
    console.end();
  });
});

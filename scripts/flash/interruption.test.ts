import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import { encodeFactoryPartition } from "../firmware/index.ts";
import { BoardConsole } from "./console/console.ts";
import { boardKindsOf } from "./job/board.ts";
import { flashBoard, type FlashResult } from "./job/flash.ts";
import { FlashError } from "./problem.ts";
import { SimulatedBoard } from "./simulator/board.ts";
import { imageWithEnvironment } from "./simulator/image.ts";
import { randomBytes } from "./simulator/noise.ts";

const kinds = boardKindsOf(loadProfiles().hardware.values());
const factorySector = 4096;
const image = imageWithEnvironment(
  4 << 20,
  2048,
  [{ offset: 3_500_000, bytes: randomBytes(60_000, 1) }],
  factorySector,
);
const factory = encodeFactoryPartition({ "identity.json": JSON.stringify({ serial: "TN1" }) });
const wanted = Buffer.from(image);
wanted.set(factory, factorySector * 512);

/** Roughly what a whole flash types and sends, so that cuts fall anywhere in it. */
const wireBytes = 68_000;

describe("a flash that is interrupted at any byte", { concurrent: true }, () => {
  const seeds = Array.from({ length: 24 }, (_, seed) => seed);
  it.each(seeds)("ends right all the same (seed %d)", async (seed) => {
    const [high = 0, low = 0] = randomBytes(2, seed + 1);
    const at = Math.floor(((high * 256 + low) / 65_536) * wireBytes);
    const pulls = seed % 2 === 0;
    let passed = 0;
    const board = new SimulatedBoard({
      toBoard(bytes) {
        const rest = at - passed;
        passed += bytes.length;
        if (rest < 0 || rest >= bytes.length) return bytes;
        setImmediate(() => (pulls ? board.unplug() : board.power()));
        // What was on the wire when it happened is lost.
        return bytes.slice(0, rest);
      },
    });
    // A customer's box: what it is must not be lost whenever it happens.
    board.machine.disk.set(factory, factorySector * 512);
    const flash = async (): Promise<FlashResult> => {
      const console = new BoardConsole(board.open(), { seekMs: 5000, echoMs: 200 });
      try {
        return await flashBoard(console, { image, kinds });
      } catch (error) {
        if (!(error instanceof FlashError) || error.code !== "LINE_LOST") throw error;
        return await flash();
      } finally {
        console.end();
      }
    };
    setImmediate(() => board.power());
    const result = await flash().finally(() => board.off());
    expect(passed, "the cut came").toBeGreaterThan(at);
    expect(result.identity).toBe("kept");
    expect(board.machine.disk.subarray(0, wanted.length).equals(wanted)).toBe(true);
  });
});

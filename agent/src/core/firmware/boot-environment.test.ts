import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  decodeBootEnvironment,
  decodeFloorSector,
  encodeBootEnvironment,
  encodeFloorSector,
  type BootEnvironment,
} from "./boot-environment.ts";
import { bootEnvironmentBytes } from "./environment-sector.ts";

// What `mkenvimage -s 512` of U-Boot 2023.01 makes of BOOT_ORDER=B A, BOOT_A_LEFT=3, BOOT_B_LEFT=2: filled with FF.
const golden = (): Uint8Array => {
  const sector = new Uint8Array(bootEnvironmentBytes).fill(0xff);
  sector.set([0xfe, 0xc7, 0x79, 0xfd]);
  sector.set(new TextEncoder().encode("BOOT_ORDER=B A\0BOOT_A_LEFT=3\0BOOT_B_LEFT=2\0\0"), 4);
  return sector;
};
const state: BootEnvironment = { first: "B", left: { A: 3, B: 2 } };

// Any text under a right checksum, as a foreign writer might leave it.
function sectorOf(text: string): Uint8Array {
  const sector = encodeBootEnvironment(state).fill(0, 4);
  sector.set(new TextEncoder().encode(text), 4);
  new DataView(sector.buffer).setUint32(0, crc32(sector.subarray(4)), true);
  return sector;
}

describe("the boot environment", () => {
  it("reads what U-Boot's own tool wrote", () => {
    expect(decodeBootEnvironment(golden())).toEqual(state);
  });

  it("comes back as it was written, in one sector", () => {
    for (const first of ["A", "B"] as const)
      for (const left of [
        { A: 0, B: 3 },
        { A: 3, B: 0 },
        { A: 1, B: 2 },
      ]) {
        const sector = encodeBootEnvironment({ first, left });
        expect(sector).toHaveLength(512);
        expect(decodeBootEnvironment(sector)).toEqual({ first, left });
      }
  });

  it("is not believed with any byte changed, nor cut short", () => {
    for (const position of [0, 3, 4, 20, 511]) {
      const damaged = golden();
      damaged[position] = (damaged[position] ?? 0) ^ 0x10;
      expect(decodeBootEnvironment(damaged), `byte ${position}`).toBeUndefined();
    }
    expect(decodeBootEnvironment(golden().subarray(0, 511))).toBeUndefined();
    expect(decodeBootEnvironment(new Uint8Array(512))).toBeUndefined();
  });

  it("is read wherever it lies in memory", () => {
    const larger = new Uint8Array(2048);
    larger.set(golden(), 100);
    expect(decodeBootEnvironment(Buffer.from(larger.buffer, 100, 1024))).toEqual(
      decodeBootEnvironment(golden()),
    );
  });

  it("takes what is missing or odd as the boot script does", () => {
    expect(
      decodeBootEnvironment(sectorOf("BOOT_ORDER=B\0BOOT_A_LEFT=many\0OTHER=1\0\0BOOT_B_LEFT=1")),
    ).toEqual({
      first: "A",
      left: { A: 3, B: 3 },
    });
  });
});

describe("the sector of the security floor", () => {
  it("is read as it was written, and not believed otherwise", () => {
    for (const floor of [0, 1, 1_000_000])
      expect(decodeFloorSector(encodeFloorSector(floor)), String(floor)).toBe(floor);
    const damaged = encodeFloorSector(7);
    damaged[30] = 1;
    for (const sector of [damaged, new Uint8Array(512), golden(), encodeFloorSector(7).subarray(0, 100)])
      expect(decodeFloorSector(sector)).toBeUndefined();
  });
});

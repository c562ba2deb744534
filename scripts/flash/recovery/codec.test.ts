import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { randomBytes } from "../simulator/noise.ts";
import { contentMost, decodeFrame, encodeFrame, FrameReader } from "./frame.ts";
import { decodeAnswer, encodeQuestion } from "./message.ts";
import { createSender, stepSender, type SenderEffect, type SenderState } from "./sender.ts";
import { encodeStream } from "./stream.ts";
import { takeRecoveryImage } from "./image.ts";

const native = join(import.meta.dirname, "../../firmware/board-image/recovery");
const golden = readFileSync(join(native, "test/frames.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split(" "))
  .map(([name = "", content = "", wire = ""]) => ({
    name,
    content: Buffer.from(content, "hex"),
    wire: Buffer.from(wire, "hex"),
  }));
const contentOf = (name: string): Buffer =>
  golden.find((frame) => frame.name === name)?.content ?? Buffer.alloc(0);

describe("frames", () => {
  it.each(golden)("$name is as in the golden file, both ways", ({ content, wire }) => {
    expect(Buffer.from(encodeFrame(content)).equals(wire)).toBe(true);
    expect(decodeFrame(wire.subarray(1, -1))).toEqual(content);
  });

  it("that are cut or changed are none", () => {
    for (const { wire } of golden)
      for (let at = 1; at < wire.length - 1; at += 1) {
        expect(new FrameReader().take(wire.subarray(0, at))).toEqual([]);
        const worn = Buffer.from(wire);
        worn[at] = (worn[at] ?? 0) ^ 0x41;
        expect(new FrameReader().take(worn)).toEqual([]);
      }
  });

  it("are found among anything, however it comes in pieces; what is too long takes no memory", () => {
    const reader = new FrameReader();
    const [frame] = golden;
    const noise = randomBytes(5 * contentMost, 9).map((byte) => byte || 1);
    const bytes = Buffer.concat([noise, frame!.wire, Buffer.from("U-Boot"), frame!.wire]);
    const found = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
      reader.take(bytes.subarray(7 * index, 7 * index + 7)),
    ).flat();
    expect(found).toEqual([frame!.content, frame!.content]);
    expect(() => encodeFrame(new Uint8Array(contentMost + 1))).toThrow(RangeError);
  });

  it("and all else pass the board's own tests, under sanitizers", () => {
    const folder = mkdtempSync(join(tmpdir(), "recovery-test-"));
    const { status, stdout, stderr } = spawnSync("make", ["-s", "-C", native, `BUILD=${folder}`, "test"], {
      encoding: "utf8",
    });
    rmSync(folder, { recursive: true });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`${golden.length} golden frames`);
  }, 120_000);
});

describe("messages", () => {
  it("are those of the golden file", () => {
    const questions = {
      open: { kind: "open" },
      speed: { kind: "speed", baudRate: 1_500_000 },
      data: { kind: "data", number: 258, bytes: Buffer.from("tone") },
      survey: { kind: "survey", offset: 2 ** 33, block: 16_384, count: 128 },
      digest: { kind: "digest", offset: 4096, length: 4 << 20 },
      end: { kind: "end" },
    } as const;
    for (const [name, question] of Object.entries(questions))
      expect(Buffer.from(encodeQuestion(0x1234, question)), name).toEqual(contentOf(name));
  });

  it("of the board are understood, and those of another session or cut short are left alone", () => {
    const hello = decodeAnswer(contentOf("hello"), 0x1234);
    expect(hello).toMatchObject({
      session: 0,
      info: {
        version: 1,
        parts: 16,
        partBytes: 2048,
        diskBytes: 2 ** 33,
        next: 7,
        profile: "qemu/virt-arm64",
      },
    });
    expect(decodeAnswer(contentOf("receipt"), 0x1234)).toEqual({
      kind: "data",
      next: 3,
      ahead: 5,
      problem: 0,
    });
    expect(decodeAnswer(contentOf("receipt"), 0x1235)).toBeUndefined();
    for (const name of ["hello", "receipt", "digest-found"])
      for (let length = 0; length < 12; length += 1)
        expect(decodeAnswer(contentOf(name).subarray(0, length), 0x1234)).toBeUndefined();
    expect(decodeAnswer(contentOf("open"), 0x1234)).toBeUndefined();
  });
});

/** Runs a stream's records as the board does. */
function execute(stream: Buffer, disk: Buffer): string[] {
  const kinds: string[] = [];
  for (let at = 0; at < stream.length;) {
    const [kind = 0, offset, length, packed] = [
      stream[at],
      Number(stream.readBigUInt64LE(at + 1)),
      stream.readUInt32LE(at + 9),
      stream.readUInt32LE(at + 13),
    ];
    const bytes = stream.subarray(at + 25, at + 25 + packed);
    const dictionary = disk.subarray(Math.max(0, offset - 32_768), offset);
    if (kind === 1) disk.fill(0, offset, offset + length);
    if (kind === 2) bytes.copy(disk, offset);
    if (kind === 3) inflateRawSync(bytes, dictionary.length > 0 ? { dictionary } : {}).copy(disk, offset);
    kinds.push(["", "zero", "plain", "deflate", "sync"][kind] ?? "?");
    at += 25 + packed;
  }
  return kinds;
}

describe("the stream", () => {
  it("brings what differs, zeros as one word, what cannot be packed as it is", async () => {
    const image = Buffer.alloc(3 << 20);
    image.set(randomBytes(100_000, 3), 65_536);
    image.fill("ringing tone ", 700_000, 900_000);
    const disk = Buffer.from(image).fill(0xff, 65_536, 2 << 20);
    const stream = await encodeStream(image, [{ offset: 65_536, length: (2 << 20) - 65_536 }]);
    const kinds = execute(stream, disk);
    expect(disk.equals(image)).toBe(true);
    expect(new Set(kinds)).toEqual(new Set(["plain", "deflate", "zero", "sync"]));
    expect(kinds.at(-1)).toBe("sync");
    expect(stream.length).toBeLessThan(104_000);
  });

  it("has what lies on either side of half a mebibyte on the medium one after the other", async () => {
    const image = Buffer.alloc(1 << 20, "identity");
    const kinds = execute(await encodeStream(image, [{ offset: 0, length: 1 << 20 }]), Buffer.alloc(1 << 20));
    expect(kinds.indexOf("sync")).toBe(8);
  });
});

describe("the sender", () => {
  const options = { parts: 8, partBytes: 10, queue: 3, patienceMs: 1000, silences: 2 };
  const sent = (effects: SenderEffect[]) =>
    effects.flatMap((effect) => (effect.do === "send" ? [effect.number] : []));
  const start = () => stepSender(createSender(Buffer.alloc(100), options), { type: "begin" });
  const drained = (state: SenderState): SenderState =>
    [1, 2, 3].reduce((now) => stepSender(now, { type: "left" }).state, state);

  it("keeps the port busy and no more, and stops at the receiver's room", () => {
    let { state, effects } = start();
    expect(sent(effects)).toEqual([0, 1, 2]);
    ({ state, effects } = stepSender(state, { type: "left" }));
    expect(sent(effects)).toEqual([3]);
    state = drained(drained(state));
    expect(state.fresh).toBe(8);
  });

  it("repeats only what is missing, as soon as something behind it has arrived", () => {
    const before = drained(start().state);
    const { state, effects } = stepSender(before, { type: "receipt", next: 1, ahead: 0b111, problem: 0 });
    expect(state.lost.concat(sent(effects))).toContain(1);
    expect(state.repeats + state.lost.length).toBe(1);
  });

  it("repeats the last after a silence, and gives up after several", () => {
    let { state } = start();
    state = drained(state);
    let effects: SenderEffect[];
    ({ state, effects } = stepSender(state, { type: "timeout" }));
    state = drained(state);
    expect(state.repeats).toBe(1);
    ({ state, effects } = stepSender(state, { type: "timeout" }));
    ({ state, effects } = stepSender(state, { type: "timeout" }));
    expect([state.end, effects]).toEqual(["silent", []]);
  });

  it("ends with everything, or with the receiver's problem, and heeds no old receipt", () => {
    const { state } = start();
    const receipt = { type: "receipt", ahead: 0, problem: 0 } as const;
    const later = stepSender(state, { ...receipt, next: 2 }).state;
    expect(stepSender(later, { ...receipt, next: 1 }).state).toBe(later);
    expect(stepSender(later, { ...receipt, next: 9 }).state).toBe(later);
    expect(stepSender(state, { ...receipt, next: 0, problem: 4 }).state.end).toBe(4);
    const whole = createSender(Buffer.alloc(25), options, 2);
    const begun = stepSender(whole, { type: "begin" });
    expect(sent(begun.effects)).toEqual([2]);
    expect(stepSender(begun.state, { ...receipt, next: 3 }).state.end).toBe("arrived");
  });
});

describe("a recovery image", () => {
  const fit = Buffer.alloc(2048);
  fit.writeUInt32BE(0xd00dfeed, 0);
  fit.writeUInt32BE(2048, 4);
  fit.write("Tonalite recovery qemu/virt-arm64\0", 100, "latin1");

  it("says which board it is for; what is none, or cut, is refused", () => {
    expect(takeRecoveryImage(fit, "r").profile).toBe("qemu/virt-arm64");
    for (const wrong of [fit.subarray(0, 2000), fit.subarray(0, 20), Buffer.alloc(2048), Buffer.alloc(0)])
      expect(() => takeRecoveryImage(wrong, "r")).toThrow(/IMAGE_DAMAGED/);
  });
});

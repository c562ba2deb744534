import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  control,
  crc16,
  createSender,
  decodeBlock,
  decodeFileHeader,
  encodeBlock,
  encodeFileHeader,
  stepSender,
  type SenderEvent,
  type SenderOptions,
  type SenderState,
} from "./index.ts";
import { distortion, randomBytes, type Distortion } from "../simulator/noise.ts";

const ascii = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

describe("blocks", () => {
  it("have the published check value of CRC-16/XMODEM", () => {
    expect(crc16(ascii("123456789"))).toBe(0x31c3);
  });

  // Captured from `sb` of lrzsz 0.12.21 (its header carries more fields, so only the data block is compared whole).
  it("equal lrzsz's, byte by byte", () => {
    const frame = Buffer.from(encodeBlock(1, ascii("dial tone\n"), 128));
    expect(frame.toString("hex")).toBe(`0101fe6469616c20746f6e650a${"1a".repeat(118)}${goldenCrc}`);
  });

  it("survive the round trip, and no damage or cut passes", () => {
    const frame = encodeBlock(7, randomBytes(1000, 1), 1024);
    expect(decodeBlock(frame)?.number).toBe(7);
    expect(decodeBlock(frame.subarray(0, -1))).toBeUndefined();
    for (let bit = 0; bit < frame.length * 8; bit += 97) {
      const bad = frame.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeBlock(bad)).toBeUndefined();
    }
  });

  it("carry name and length, or end the batch", () => {
    const header = decodeBlock(encodeFileHeader({ name: "disk.gz", size: 4096 }));
    expect(header && decodeFileHeader(header.data)).toEqual({ name: "disk.gz", size: 4096 });
    expect(decodeFileHeader(new Uint8Array(128))).toBeUndefined();
    expect(() => encodeFileHeader({ name: "../x", size: 1 })).toThrow(RangeError);
  });
});

// CRC-16/XMODEM of "dial tone\n" filled up to 128 bytes with 0x1a, as `sb` sends it.
const goldenCrc = "2ee4";

const run = (state: SenderState, ...events: (SenderEvent | number)[]) =>
  events.reduce<ReturnType<typeof stepSender>>(
    (step, event) =>
      stepSender(
        step.state,
        typeof event === "number" ? { type: "received", bytes: Uint8Array.of(event) } : event,
      ),
    { state, effects: [] },
  );
const sent: SenderEvent = { type: "sent" };
const timeout: SenderEvent = { type: "timeout" };

/** What a step has to write. */
const written = ({ effects }: ReturnType<typeof stepSender>): Uint8Array =>
  effects.find((effect) => effect.do === "write")?.bytes ?? new Uint8Array(0);

describe("the sender", () => {
  it("gives up when nobody asks", () => {
    expect(run(createSender(ascii("x")), { type: "begin" }, timeout).state).toMatchObject({
      phase: "failed",
      failure: "no-receiver",
    });
  });

  it("does not take a doubled answer for the next block's", () => {
    const begun = run(createSender(randomBytes(4096, 2), { protocol: "xmodem" }), control.C);
    const doubled = Uint8Array.of(control.ACK, control.ACK);
    expect(run(begun.state, { type: "received", bytes: doubled }).state).toMatchObject({ number: 2 });
  });

  it("sends a block again on NAK and on silence, and stops after so many tries", () => {
    let step = run(createSender(randomBytes(10, 3), { protocol: "xmodem", tries: 3 }), control.C, sent);
    step = run(step.state, control.NAK, sent, timeout);
    expect(step.effects).toEqual([{ do: "write", bytes: encodeBlock(1, randomBytes(10, 3), 128) }]);
    expect(run(step.state, sent, control.NAK).state).toMatchObject({ failure: "too-many-errors" });
  });

  it("takes one CAN for noise and two for an end", () => {
    const begun = run(createSender(randomBytes(10, 3)), control.C, sent);
    expect(run(begun.state, control.CAN, 0x20, control.CAN).state.phase).toBe("header");
    expect(run(begun.state, control.CAN, control.CAN).state).toMatchObject({ failure: "cancelled" });
  });
});

const lrzsz = spawnSync("rb", ["--version"]).error === undefined;

describe("the sender to a receiver that asks for YMODEM-g", () => {
  it("waits for no answer but the file's", () => {
    const asked = run(createSender(randomBytes(3000, 11)), { type: "begin" }, control.G, sent, control.G);
    const lengths: number[] = [];
    let step = asked;
    for (; step.state.phase === "block"; step = run(step.state, sent)) lengths.push(written(step).length);
    expect(lengths).toEqual([1029, 1029, 1029]);
    expect(written(step)).toEqual(Uint8Array.of(control.EOT));
    step = run(step.state, sent, control.ACK, control.G);
    expect(written(step)).toEqual(encodeFileHeader());
    expect(run(step.state, control.ACK).state.phase).toBe("done");
  });

  it("ends where the receiver gives up, and goes back to answers where it says C", () => {
    const stream = run(createSender(randomBytes(9000, 2)), control.G, sent, control.G);
    expect(run(stream.state, sent, control.CAN, control.CAN).state).toMatchObject({ failure: "cancelled" });
    const mistaken = run(createSender(randomBytes(9000, 2)), control.G, sent, control.ACK, control.C);
    expect(run(mistaken.state, sent).state).toMatchObject({ phase: "block", number: 1 });
  });

  // rb never asks with G; sb, which answers to one that does, is the reference.
  it.skipIf(!lrzsz)("sends what lrzsz's sb sends", async () => {
    const folder = mkdtempSync(join(tmpdir(), "modem-"));
    const data = randomBytes(20_000, 12);
    writeFileSync(join(folder, "file"), data);
    const child = spawn("sb", ["-q", "-b", "-k", "file"], { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
    const theirs: Buffer[] = [];
    child.stdout.on("data", (bytes: Buffer) => theirs.push(bytes));
    try {
      let step = run(createSender(data, { name: "file" }), control.G, sent, control.G);
      const blocks: Uint8Array[] = [];
      for (; step.state.phase === "block"; step = run(step.state, sent)) blocks.push(written(step));
      const ours = Buffer.concat([...blocks, written(step)]);
      child.stdin.write(Uint8Array.of(control.G));
      await expect.poll(() => Buffer.concat(theirs).length).toBe(133);
      child.stdin.write(Uint8Array.of(control.G));
      await expect.poll(() => Buffer.concat(theirs).length).toBe(133 + ours.length);
      expect(Buffer.concat(theirs).subarray(133).equals(ours)).toBe(true);
    } finally {
      child.kill();
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(!lrzsz)(
  "against lrzsz (skipped where its rb and rx are not installed)",
  { concurrent: true },
  () => {
    it("YMODEM: every length around the block sizes arrives whole", async () => {
      const lengths = [1, 128, 129, 896, 897, 1024, 1025, 70_000];
      const whole = lengths.map(async (length) => {
        const data = randomBytes(length, length);
        return Buffer.compare(await receive(data, { protocol: "ymodem" }), data) === 0;
      });
      expect(await Promise.all(whole)).toEqual(lengths.map(() => true));
    });

    it("XMODEM-CRC: the file arrives, filled up to a block", async () => {
      const data = randomBytes(5000, 5);
      const got = await receive(data, { protocol: "xmodem" });
      expect(Buffer.compare(got.subarray(0, 5000), data)).toBe(0);
      expect(got.subarray(5000).every((byte) => byte === 0x1a)).toBe(true);
    });

    it.each([
      ["bit errors", { flip: 1 / 9000 }],
      ["dropped bytes", { drop: 1 / 30_000 }],
      ["doubled bytes", { double: 1 / 30_000 }],
    ] satisfies [string, Partial<Distortion>][])(
      "%s on the line: the file is right in the end",
      async (_, distort) => {
        const data = randomBytes(60_000, 9);
        const got = await receive(data, { protocol: "ymodem", answerMs: 3000 }, distort);
        expect(Buffer.compare(got, data)).toBe(0);
      },
    );
  },
);

/** Sends to a fresh rb or rx and returns what it wrote. */
async function receive(
  data: Uint8Array,
  options: Partial<SenderOptions> & Pick<SenderOptions, "protocol">,
  distort?: Partial<Distortion>,
): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), "modem-"));
  const command = options.protocol === "ymodem" ? ["rb", "-q", "-b"] : ["rx", "-q", "-b", "-c", "file"];
  const [program = "rb", ...args] = command;
  const child = spawn(program, args, { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const noise = distort ? distortion(distort, 4) : undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    let state = createSender(data, { name: "file", startMs: 8000, ...options });
    const feed = (event: SenderEvent) => {
      const step = stepSender(state, event);
      state = step.state;
      for (const effect of step.effects) {
        if (effect.do === "timer") {
          clearTimeout(timer);
          timer = setTimeout(() => feed({ type: "timeout" }), effect.ms);
        } else if (effect.do === "write") {
          clearTimeout(timer);
          child.stdin.write(noise ? noise(effect.bytes) : effect.bytes, () => feed({ type: "sent" }));
        }
      }
      if (state.phase === "done" || state.phase === "failed") child.stdin.end();
    };
    child.stdout.on("data", (bytes: Buffer) => feed({ type: "received", bytes }));
    child.stdin.on("error", () => undefined);
    feed({ type: "begin" });
    await ended;
    expect(state.phase).toBe("done");
    return readFileSync(join(folder, readdirSync(folder)[0] ?? "file"));
  } finally {
    clearTimeout(timer);
    child.kill();
    rmSync(folder, { recursive: true });
  }
}

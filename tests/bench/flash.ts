import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSender, planWork, spans, stepSender, windowSize } from "@tonalite/scripts/flash";
import type { SenderEvent, SenderState } from "@tonalite/scripts/flash";
import type { Figure } from "./figures.ts";
import { timedRecovery } from "./recovery.ts";
import { wire, type Wire } from "./wire.ts";

const boardCache = join(import.meta.dirname, "../../agent/dist/image");

/** Bytes a second that a line of so many bits a second can carry: ten bits a byte (8N1). */
const wireOf = (baudRate: number): number => baudRate / 10;

const endOfTransmission = 0x04;

/**
 * Has lrzsz's `rb` receive what `start` sends over a paced line, both ways; answers the seconds from the sender's first
 * byte to its end of transmission, which follows the last block's acknowledgement. What lies outside is the receiver's:
 * `rb` lets a second pass before it asks and two at the end, whoever sends.
 */
async function timed(
  content: Buffer,
  baudRate: number,
  start: (toReceiver: Wire, end: () => void) => { hear: (bytes: Buffer) => void; stop: () => void },
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-bench-"));
  const receiver = spawn("rb", ["-q", "-b"], { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
  const pace = wireOf(baudRate);
  receiver.stdin.on("error", () => undefined);
  const toReceiver = wire(pace, (bytes) => void receiver.stdin.write(bytes));
  let began: number | undefined;
  let ended = Number.NaN;
  const sender = start(
    (bytes, left) => {
      began ??= performance.now();
      if (bytes.length === 1 && bytes[0] === endOfTransmission) ended = performance.now();
      toReceiver(bytes, left);
    },
    () => receiver.stdin.end(),
  );
  receiver.stdout.on(
    "data",
    wire(pace, (bytes) => sender.hear(bytes)),
  );
  await once(receiver, "close");
  const seconds = (ended - (began ?? Number.NaN)) / 1000;
  sender.stop();
  const whole = readFileSync(join(folder, "image")).equals(content);
  rmSync(folder, { recursive: true });
  if (!whole) throw new Error("the file did not arrive whole");
  return seconds;
}

function ourSender(content: Buffer) {
  return (send: Wire, end: () => void) => {
    let state: SenderState = createSender(content);
    let timer: NodeJS.Timeout | undefined;
    const step = (event: SenderEvent): void => {
      const { state: next, effects } = stepSender(state, event);
      state = next;
      for (const effect of effects) {
        if (effect.do === "write") {
          clearTimeout(timer);
          send(effect.bytes, () => step({ type: "sent" }));
        }
        if (effect.do === "timer") {
          clearTimeout(timer);
          timer = setTimeout(() => step({ type: "timeout" }), effect.ms);
        }
      }
      if (state.phase === "done") end();
      if (state.phase === "failed") throw new Error(`the transfer failed: ${state.failure}`);
    };
    step({ type: "begin" });
    return { hear: (bytes: Buffer) => step({ type: "received", bytes }), stop: () => clearTimeout(timer) };
  };
}

function reference(folder: string) {
  return (send: Wire, end: () => void) => {
    const child = spawn("sb", ["-q", "-b", "-k", "image"], {
      cwd: folder,
      stdio: ["pipe", "pipe", "ignore"],
    });
    child.stdout.on("data", (bytes: Buffer) => send(bytes));
    child.stdin.on("error", () => undefined);
    child.once("close", end);
    return { hear: (bytes: Buffer) => void child.stdin.write(bytes), stop: () => void child.kill() };
  };
}

const runs = [
  { baudRate: 115_200, bytes: 400_000 },
  { baudRate: 1_500_000, bytes: 4_000_000 },
];

/**
 * The flash tool against the wire it has and against lrzsz's `sb`, in one run: the raw transfer, and what of an image a
 * second of wire brings, packed as the tool packs it.
 */
export async function benchFlash(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-bench-"));
  const figures: Figure[] = [];
  let share = 1;
  for (const { baudRate, bytes } of runs) {
    // Packed data has no pattern that either sender could use.
    const content = noise(bytes);
    writeFileSync(join(folder, "image"), content);
    const ratio = (seconds: number): number => bytes / seconds / wireOf(baudRate);
    const [ours, theirs] = [
      ratio(await timed(content, baudRate, ourSender(content))),
      ratio(await timed(content, baudRate, reference(folder))),
    ];
    share = Math.min(share, ours);
    const name = `flash: share of the wire at ${baudRate} baud`;
    figures.push({ name, value: ours, unit: "×", aim: "aim 0.97", note: `sb ${theirs.toFixed(3)}` });
    figures.push({
      name: `flash: recovery image's share of the wire at ${baudRate} baud`,
      value: ratio(await timedRecovery(content, baudRate)),
      unit: "×",
      aim: "aim 0.97",
      note: "its protocol, to the board's own program; the image's 0.9 MB go before, by YMODEM",
    });
  }
  rmSync(folder, { recursive: true });
  const image = diskLike();
  const sent = planWork(image, spans(image.length, windowSize)).reduce(
    (sum, piece) => sum + (piece.how === "parcel" ? piece.parcel.length : 0),
    0,
  );
  figures.push({
    name: "flash: image bytes for a byte of the wire",
    value: (image.length / sent) * share,
    unit: "×",
    aim: "aim 2.5",
    note: "programs of the agent's image in a disk half empty, packed; times the share above",
  });
  return figures;
}

// xorshift32: the same bytes every time.
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let index = 0; index < length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

function diskLike(): Buffer {
  const files = ["agent.mjs", "libtonalite.so"].map((name) => join(boardCache, name)).filter(existsSync);
  const content = Buffer.concat(files.map((file) => readFileSync(file)));
  return Buffer.concat([content, Buffer.alloc(content.length)]);
}

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { carryChecked, serialCarrier, serialPace } from "../job/carrier.ts";
import { hex } from "../job/memory.ts";
import { spans, type Span } from "../job/plan.ts";
import type { Recovery, RecoveryResult, RecoveryTask, Tell } from "../job/recovery.ts";
import { FlashError } from "../problem.ts";
import type { RecoveryImage } from "./image.ts";
import { RecoveryLink } from "./link.ts";
import { surveyBytes, surveyMost, version, type Answer } from "./message.ts";
import { encodeStream } from "./stream.ts";
import { sendStream } from "./transfer.ts";

/** Blocks by which the board is asked what it has, in bytes: fewer travel than of the windows that U-Boot compares. */
const block = 16 * 1024;
const digestBytes = 4 << 20;
/** From U-Boot's last word to the flasher's first, and a speed found; seen in QEMU, more than a board takes. */
const startSeconds = 4;
const patienceMs = 60_000;

/**
 * The way over the recovery image.
 * @param fastest highest speed of the line that is tried, in bits per second
 */
export function openRecovery(image: RecoveryImage, fastest: number): Recovery {
  return {
    profile: image.profile,
    estimate(bytes, baudRate) {
      const own = image.bytes.length / serialPace(baudRate) + startSeconds;
      return Math.ceil(own + bytes / serialPace(Math.max(baudRate, fastest)));
    },
    write: (task) => recover(image, fastest, task),
  };
}

async function recover(image: RecoveryImage, fastest: number, task: RecoveryTask): Promise<RecoveryResult> {
  const { console, slow } = task;
  await startImage(image, task);
  return await console.lend(async (line) => {
    try {
      return await work(new RecoveryLink(line), image, fastest, task);
    } finally {
      // The board starts anew, or will. A line that is gone says so itself.
      await line.setBaudRate(slow).catch(() => undefined);
    }
  });
}

async function startImage(image: RecoveryImage, { console, board, tell }: RecoveryTask): Promise<void> {
  tell({ type: "stage", stage: "recovery" });
  // Not where the kernel unpacks itself to.
  const address = board.readBack;
  await carryChecked(serialCarrier(console), console, address, image.bytes, (done, total) =>
    tell({ type: "amount", stage: "recovery", done, total }),
  );
  await console.must(`setenv bootargs "panic=3 baud=${console.baudRate}"`);
  const line = `bootm ${hex(address)}`;
  const { code, text } = await console.run({ line, ms: 30_000, leaves: "Starting kernel ..." });
  if (code !== 0)
    throw new FlashError("RECOVERY_REFUSED", { answer: text.split("\n").at(-1)?.slice(0, 80) ?? "" });
}

async function work(
  link: RecoveryLink,
  { bytes, profile }: RecoveryImage,
  fastest: number,
  { image: content, changed, tell }: RecoveryTask,
): Promise<RecoveryResult> {
  const info = await link.meet(patienceMs);
  if (info.version !== version || info.profile !== profile)
    throw new FlashError("RECOVERY_REFUSED", { answer: `${info.profile} ${info.version}` });
  if (info.diskBytes < content.length)
    throw new FlashError("DISK_TOO_SMALL", { image: content.length, disk: info.diskBytes });
  await link.raise(fastest);
  const differing = await survey(link, content, changed);
  // Packing takes its time; a board that hears nothing would go back to its first speed.
  const stream = await encodeStream(content, differing, async () => void (await link.open()));
  tell({ type: "stage", stage: "write" });
  const repeats = await sendStream(link, stream, info, (done) =>
    tell({ type: "amount", stage: "write", done, total: stream.length }),
  );
  const { baudRate } = link;
  const verified = await verify(link, content, tell);
  await link.ask({ kind: "end" }, (answer) => answer.kind === "end" || undefined, { ms: 1_000, tries: 3 });
  return { sentBytes: bytes.length + stream.length, baudRate, repeats, verified };
}

// What differs, block by block, of the windows that U-Boot found to differ.
async function survey(link: RecoveryLink, content: Buffer, changed: readonly Span[]): Promise<Span[]> {
  const differing: Span[] = [];
  for (const { offset, length } of changed) {
    // The last block of an image may be shorter.
    const count = Math.floor(length / block);
    for (const { offset: from, length: number } of spans(count, surveyMost)) {
      const start = offset + from * block;
      const hashes = await link.ask(
        { kind: "survey", offset: start, block, count: number },
        (answer: Answer) => (answer.kind === "survey" && answer.offset === start ? answer.hashes : undefined),
        { ms: 3_000, tries: 6 },
      );
      for (const part of spans(number * block, block))
        if (
          hashes[part.offset / block] !==
          shortHash(content.subarray(start + part.offset, start + part.offset + block))
        )
          differing.push({ offset: start + part.offset, length: block });
    }
    if (count * block < length)
      differing.push({ offset: offset + count * block, length: length - count * block });
  }
  return differing;
}

function shortHash(bytes: Uint8Array): string {
  return createHash("sha256")
    .update(bytes)
    .digest("hex")
    .slice(0, 2 * surveyBytes);
}

async function verify(link: RecoveryLink, content: Buffer, tell: Tell): Promise<string[]> {
  tell({ type: "stage", stage: "verify" });
  const sums: string[] = [];
  for (const { offset, length } of spans(content.length, digestBytes)) {
    const part = content.subarray(offset, offset + length);
    const { found } = await link.ask(
      { kind: "digest", offset, length },
      (answer) => (answer.kind === "digest" && answer.offset === offset ? answer : undefined),
      { ms: 30_000, tries: 3 },
    );
    const expected = createHash("sha256").update(part).digest("hex");
    if (found?.sha256 !== expected || Number.parseInt(found.crc32, 16) !== crc32(part))
      throw new FlashError("VERIFY_FAILED", { offset });
    sums.push(found.crc32);
    tell({ type: "amount", stage: "verify", done: offset + length, total: content.length });
  }
  return sums;
}

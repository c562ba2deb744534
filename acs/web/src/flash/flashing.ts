import type { SigningKey } from "@tonalite/acs/api";
import { Buffer } from "./node/buffer.ts";
import {
  BoardConsole,
  decodeImageHeader,
  flashBoard,
  FlashError,
  say,
  sentenceFor,
  takeDiskImage,
  textDisplay,
  usualSpeeds,
  type DiskImage,
  type Language,
} from "@tonalite/scripts/flash/browser";
import { kinds } from "./kinds.ts";
import { judgeBeforehand } from "./signers.ts";
import { WebSerialLine } from "./web-serial-line.ts";

/** A file as the technician chose it: a disk, or one sentence why it is none. */
export type Chosen = { disk: DiskImage } | { problem: string };

/** Reads and judges a disk image; a browser takes signed ones only. */
export async function choose(file: File, keys: readonly SigningKey[], language: Language): Promise<Chosen> {
  try {
    const bytes = Buffer.from(await file.arrayBuffer());
    if (bytes.toString("latin1", 0, 8) !== "TONALIMG")
      throw new FlashError("IMAGE_UNSIGNED", { file: file.name });
    const { manifest, signed, signature } = decodeImageHeader(bytes);
    const trust = await judgeBeforehand(keys, { keyId: manifest.keyId, signed, signature });
    return { disk: takeDiskImage(bytes, file.name, { raw: false, trust }) };
  } catch (error) {
    if (error instanceof FlashError) return { problem: sentenceFor(error, language) };
    const damaged = new FlashError("IMAGE_DAMAGED", { file: file.name, reason: String(error) });
    return { problem: sentenceFor(damaged, language) };
  }
}

/** What is shown while a board is flashed. */
export type Watch = { line(text: string): void; row(text: string | undefined): void };

export type Outcome = { done: string } | { problem: string };

/** Flashes the board behind a port, whose speed is found where none is given; `stop` pulls the cable, so to say: the next run goes on from there. */
export async function flash(
  port: SerialPort,
  { bytes, signed }: DiskImage,
  speeds: { baudRate: number | undefined; fastBaud: number },
  language: Language,
  watch: Watch,
  stop: AbortSignal,
): Promise<Outcome> {
  const screen = {
    moving: true,
    line: (text: string) => watch.line(text),
    row: (_board: string, text?: string) => watch.row(text),
  };
  const now = () => performance.now();
  const display = textDisplay(screen, { port: "USB", alone: true }, language, now);
  const started = now();
  try {
    const [likeliest = 0, ...others] = speeds.baudRate === undefined ? usualSpeeds : [speeds.baudRate];
    const line = await WebSerialLine.open(port, likeliest);
    stop.addEventListener("abort", () => void line.close());
    const board = new BoardConsole(line, { speeds: others }, (hint, details) =>
      display.line(say(hint, language, details)),
    );
    try {
      const result = await flashBoard(
        board,
        {
          image: bytes,
          kinds,
          ways: { way: "serial", fastBaud: speeds.fastBaud },
          ...(signed ? { hardware: signed.hardware, securityFloor: signed.securityFloor } : {}),
        },
        (progress) => display.show(progress),
      );
      const kib = (amount: number) => Math.ceil(amount / 1024);
      const [changed, sent] = [kib(result.changedBytes), kib(result.sentBytes)];
      const seconds = Math.round((now() - started) / 1000);
      return { done: say("done", language, { changed, sent, seconds }) };
    } finally {
      board.end();
      await line.close();
    }
  } catch (error) {
    if (error instanceof FlashError) return { problem: sentenceFor(error, language) };
    throw error;
  } finally {
    display.end();
  }
}

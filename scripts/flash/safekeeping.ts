import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { encodeFactoryPartition } from "../firmware/index.ts";
import { BackupDraft } from "./backup-file.ts";
import type { BoardConsole } from "./console/console.ts";
import type { Display } from "./display.ts";
import { backUpBoard } from "./job/backup.ts";
import type { BoardIdentity } from "./job/identity.ts";
import { say, type Language } from "./messages.ts";
import { FlashError } from "./problem.ts";
import type { Report } from "./report.ts";
import type { Workbench } from "./workbench.ts";

// What a technician waits for without being asked.
const shortSeconds = 15 * 60;

/**
 * Copies the board's disk into a file, before anything is written to it.
 * @throws FlashError
 */
export async function keepDisk(
  { flags, kinds, source, language }: Workbench,
  file: string,
  board: BoardConsole,
  display: Display,
): Promise<Pick<Report, "backup" | "baudRate">> {
  const draft = new BackupDraft(file);
  try {
    const order = {
      kinds,
      store: draft,
      fastBaud: flags["fast-baud"],
      approve: async (seconds: number) =>
        seconds <= shortSeconds || flags.yes || (!flags.json && (await askOnTerminal(language))),
      ...(source ? { known: source.image.bytes } : {}),
      ...(flags.hardware === undefined ? {} : { hardware: [flags.hardware] }),
    };
    const { identity, baudRate, readBytes, ...found } = await backUpBoard(board, order, (progress) =>
      display.show(progress),
    );
    const facts = draft.finish({
      profile: found.board.kind.profile,
      serial: identity?.serial ?? null,
      mac: identity?.mac ?? null,
      diskBytes: found.board.diskBytes,
    });
    const kib = (bytes: number) => Math.ceil(bytes / 1024);
    const amounts = { size: kib(facts.bytes), read: kib(readBytes) };
    display.line(say("backed-up", language, { serial: identity?.serial ?? "-", file, ...amounts }));
    return { baudRate, backup: { file, readBytes, ...facts } };
  } finally {
    draft.close();
  }
}

async function askOnTerminal(language: Language): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^[yo]/i.test((await terminal.question(say("backup-ask", language))).trim());
  } finally {
    terminal.close();
  }
}

/** Keeps a box's identity in a file. @throws FlashError `USAGE` when the folder cannot be written */
export function keepIdentity(folder: string, { serial, files }: BoardIdentity): void {
  const name = `${serial.replaceAll(/[^\w.-]/g, "_")}-${new Date().toISOString().replaceAll(/[:.]/g, "")}.factory`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // It holds the box's secrets.
    writeFileSync(join(folder, name), encodeFactoryPartition(files), { mode: 0o600, flag: "wx" });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FlashError("USAGE", { reason: `--keep-identity: ${reason}` }, { cause });
  }
}

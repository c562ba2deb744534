import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawLabel } from "./box/label.ts";
import { makeBox, makesBox, type BoxOrder, type MadeBox } from "./box/maker.ts";
import type { Flags } from "./command-line.ts";
import { BoardConsole } from "./console/console.ts";
import { usualSpeeds } from "./console/speed.ts";
import type { Display } from "./display.ts";
import type { Board, BoardKind } from "./job/board.ts";
import { flashBoard, type FlashOrder } from "./job/flash.ts";
import type { BoardIdentity } from "./job/identity.ts";
import { startAndWait } from "./job/start.ts";
import { openSerialLine } from "./line/serial-line.ts";
import { exitCodeFor, say, sentenceFor, type Language } from "./messages.ts";
import type { FileServer } from "./network/server.ts";
import { keepDisk, keepIdentity } from "./safekeeping.ts";
import type { Source } from "./source.ts";
import { FlashError } from "./problem.ts";
import type { RecoveryImage } from "./recovery/image.ts";
import { openRecovery } from "./recovery/recovery.ts";
import { reportImage, reportResult, type Report } from "./report.ts";

/** What all boards of a run share. */
export type Workbench = {
  flags: Flags;
  language: Language;
  /** absent where boards are only backed up */
  source: Source | undefined;
  order: BoxOrder;
  /** the boards that can be flashed */
  kinds: readonly BoardKind[];
  /** opens a customer's box */
  ticket: Uint8Array | undefined;
  /** what may be started on the boards to take the bulk */
  recovery: RecoveryImage | undefined;
  /** the server of files, started when the first board needs it */
  server: () => Promise<FileServer>;
};

/** What the board becomes, and the box's last word to the ACS before that. */
type Made = { box?: MadeBox; before?: Date | undefined };

/**
 * Flashes one board, makes it a box where the order says so, starts it, and tells the register.
 * @returns the report, also of a failure
 */
export async function serveBoard(bench: Workbench, port: string, display: Display): Promise<Report> {
  const started = performance.now();
  const report: Report = {
    format: 1,
    outcome: "failed",
    startedAt: new Date().toISOString(),
    seconds: 0,
    port,
    baudRate: null,
    ...(bench.source ? { image: reportImage(bench.source.image) } : {}),
    ...(bench.flags.allow === undefined ? {} : { allowed: bench.flags.allow }),
  };
  const made: Made = {};
  try {
    await attempt(bench, port, report, display, made);
    report.outcome = outcomeOf(bench);
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    fail(report, error, bench.language);
  }
  report.seconds = Math.round((performance.now() - started) / 100) / 10;
  await register(bench, report, made.box);
  display.end();
  return report;
}

function outcomeOf({ source, flags }: Workbench): Report["outcome"] {
  if (!source) return "backed-up";
  return flags["dry-run"] ? "dry-run" : "flashed";
}

function fail(report: Report, error: FlashError, language: Language): void {
  report.outcome = "failed";
  report.problem = { code: error.code, text: sentenceFor(error, language) };
  process.exitCode = exitCodeFor(error.code);
}

async function attempt(
  bench: Workbench,
  port: string,
  report: Report,
  display: Display,
  made: Made,
): Promise<void> {
  const { flags, language, order, source } = bench;
  const [likeliest = 0, ...others] = flags.baud === undefined ? usualSpeeds : [flags.baud];
  const line = await openSerialLine(port, likeliest);
  const options = { ticket: bench.ticket, speeds: others };
  const board = new BoardConsole(line, options, (hint, details) =>
    display.line(say(hint, language, details)),
  );
  try {
    if (flags.backup !== undefined)
      Object.assign(report, await keepDisk(bench, flags.backup, board, display));
    if (!source) return;
    const result = await flashBoard(board, flashOrder(bench, source, made), (progress) =>
      display.show(progress),
    );
    Object.assign(report, reportResult(result));
    if (result.identity === "none") display.line(say("nameless", language));
    const { box } = made;
    if (!box) return;
    report.box = {
      deviceId: box.deviceId,
      serial: box.serial,
      mac: box.mac ?? null,
      certificateSha256: box.certificate ?? null,
    };
    if (flags.label !== undefined) {
      const file = await printLabel(flags.label, box);
      display.line(say("made", language, { serial: box.serial, file }));
    }
    if (order.station && flags.wait > 0) {
      display.line(say("start", language));
      const { station } = order.station;
      const { before } = made;
      const heard = { before, starting: result.started };
      const seconds = await startAndWait(board, station, box.deviceId, flags.wait, result.baudRate, heard);
      report.firstInformSeconds = seconds;
      display.line(say("started", language, { seconds }));
    }
  } finally {
    board.end();
    await line.close();
  }
}

function flashOrder(
  { flags, kinds, order, recovery, server }: Workbench,
  { image, backup }: Source,
  made: Made,
): FlashOrder {
  const { signed } = image;
  const folder = flags["keep-identity"];
  // What the signature or the backup says, narrowed by what the technician expects.
  const expected = flags.hardware ?? backup?.profile;
  const hardware = expected === undefined ? signed?.hardware : [expected];
  const boardAddress = flags["board-address"];
  return {
    image: image.bytes,
    kinds,
    allowDowngrade: flags.allow !== undefined,
    ...(signed ? { securityFloor: signed.securityFloor } : {}),
    dryRun: flags["dry-run"],
    ways: {
      way: flags.way,
      server,
      ...(recovery ? { recovery: openRecovery(recovery, flags["recovery-baud"]) } : {}),
      fastBaud: flags["fast-baud"],
      ...(boardAddress === undefined ? {} : { boardAddress }),
    },
    ...(hardware === undefined ? {} : { hardware }),
    ...(backup ? { backupOf: { serial: backup.serial, allowed: flags.allow !== undefined } } : {}),
    ...(folder === undefined ? {} : { backup: (_, present) => keepIdentity(folder, present) }),
    ...(makesBox(order) ? { identity: makeIdentity } : {}),
  };
  async function makeIdentity(board: Board, present: BoardIdentity | undefined): Promise<Uint8Array> {
    const { box, partition } = await makeBox(order, board.kind.profile, present, board.mac);
    made.box = box;
    if (order.station && flags.wait > 0) made.before = await order.station.station.lastInform(box.deviceId);
    return partition;
  }
}

/** @throws FlashError `USAGE` */
async function printLabel(folder: string, { serial, label }: MadeBox): Promise<string> {
  // Loaded by those who print: fonts and two renderers.
  const { printPdf, printPng } = await import("./box/print.ts");
  const drawing = drawLabel(label);
  const file = join(folder, `${serial}.pdf`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, await printPdf(drawing));
    writeFileSync(join(folder, `${serial}.png`), printPng(drawing));
  } catch (cause) {
    throw new FlashError("USAGE", { reason: `--label: ${messageOf(cause)}` }, { cause });
  }
  return file;
}

// A box that was claimed is in the register: what became of it must be there too, above all when it failed.
async function register(
  { order, flags, language }: Workbench,
  report: Report,
  box: MadeBox | undefined,
): Promise<void> {
  if (!order.station || !box) return;
  const passed =
    report.outcome === "flashed" && (flags.wait === 0 || report.firstInformSeconds !== undefined);
  try {
    const { station } = order.station;
    await station.report(box.deviceId, passed ? "ready" : "faulty", report, box.certificate);
    report.registered = passed ? "ready" : "faulty";
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    // The first failure is the one to be told.
    if (!report.problem) fail(report, error, language);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

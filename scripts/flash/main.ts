/** The field tool: `npm run flash -- --help`. */
import { writeFileSync } from "node:fs";
import { parseCommandLine, usage, type Flags } from "./command-line.ts";
import { BoardConsole } from "./console/console.ts";
import { jsonDisplay, textDisplay, type Display } from "./display.ts";
import { readDiskImage } from "./image.ts";
import { flashBoard } from "./job/flash.ts";
import { listPorts } from "./line/ports.ts";
import { openSerialLine } from "./line/serial-line.ts";
import { exitCodeFor, say, sentenceFor, type Language } from "./messages.ts";
import { FlashError } from "./problem.ts";
import { reportImage, reportResult, reportText, type Report } from "./report.ts";
import { FirmwareToolError, readTrust } from "../firmware/index.ts";

const now = () => performance.now();

async function main(args: string[]): Promise<void> {
  const fallback: Language = /^fr/i.test(process.env["LC_ALL"] ?? process.env["LANG"] ?? "") ? "fr" : "en";
  let parsed: ReturnType<typeof parseCommandLine>;
  try {
    parsed = parseCommandLine(args);
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    process.stderr.write(`flash: ${sentenceFor(error, fallback)}\n`);
    process.exitCode = exitCodeFor(error.code);
    return;
  }
  const { command, flags } = parsed;
  const language = flags.lang ?? fallback;
  if (flags.help) process.stdout.write(usage);
  else if (command === "list") await list(flags, language);
  else await flash(flags, language);
}

async function list({ json }: Flags, language: Language): Promise<void> {
  const ports = await listPorts();
  if (json) process.stdout.write(`${JSON.stringify(ports)}\n`);
  else if (ports.length === 0) process.stdout.write(`${say("no-ports", language)}\n`);
  else for (const { path, attached } of ports) process.stdout.write(`${path.padEnd(16)} ${attached}\n`);
}

async function flash(flags: Flags, language: Language): Promise<void> {
  const started = now();
  const display = flags.json ? jsonDisplay(process.stdout, now) : textDisplay(process.stderr, language, now);
  const report: Report = {
    format: 1,
    outcome: "failed",
    startedAt: new Date().toISOString(),
    seconds: 0,
    port: flags.port ?? "",
    baudRate: flags.baud,
  };
  try {
    await attempt(flags, language, report, display);
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    report.problem = { code: error.code, text: sentenceFor(error, language) };
    process.exitCode = exitCodeFor(error.code);
  }
  report.seconds = Math.round((now() - started) / 100) / 10;
  conclude(report, flags, language, display);
}

async function attempt(flags: Flags, language: Language, report: Report, display: Display): Promise<void> {
  const { port, image: file, hardware, trust } = flags;
  if (port === undefined) throw new FlashError("USAGE", { reason: "--port PORT?" });
  if (file === undefined) throw new FlashError("USAGE", { reason: "--image FILE?" });
  // The image first: whatever is wrong with it, the board is not touched.
  const image = readDiskImage(file, {
    raw: flags.raw,
    ...(trust === undefined ? {} : { trust: trustIn(trust) }),
  });
  report.image = reportImage(image);
  const line = await openSerialLine(port, flags.baud);
  const board = new BoardConsole(line, {}, (hint) => display.line(say(hint, language)));
  try {
    const order = {
      image: image.bytes,
      dryRun: flags["dry-run"],
      ...(hardware === undefined ? {} : { hardware }),
    };
    const result = await flashBoard(board, order, (progress) => display.show(progress));
    Object.assign(report, reportResult(result));
    report.outcome = flags["dry-run"] ? "dry-run" : "flashed";
  } finally {
    board.end();
    await line.close();
  }
}

function conclude(report: Report, flags: Flags, language: Language, display: Display): void {
  if (flags.report !== undefined) keep(report, flags.report);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ type: "report", ...report })}\n`);
    return;
  }
  if (report.problem) {
    process.stderr.write(`flash: ${report.problem.text}\n`);
    return;
  }
  const kib = (bytes = 0) => Math.ceil(bytes / 1024);
  display.line(
    say(report.outcome === "dry-run" ? "dry-run" : "done", language, {
      changed: kib(report.work?.changedBytes),
      sent: kib(report.work?.sentBytes),
      seconds: report.seconds,
    }),
  );
  process.stdout.write(`${reportText(report, language)}\n`);
}

function trustIn(path: string): ReturnType<typeof readTrust> {
  try {
    return readTrust(path);
  } catch (cause) {
    if (!(cause instanceof FirmwareToolError)) throw cause;
    throw new FlashError("USAGE", { reason: `--trust: ${cause.message}` }, { cause });
  }
}

// The board's outcome stands, whatever becomes of the paper.
function keep(report: Report, file: string): void {
  try {
    writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  } catch (cause) {
    process.stderr.write(`flash: --report: ${cause instanceof Error ? cause.message : String(cause)}\n`);
    process.exitCode ??= 64;
  }
}

await main(process.argv.slice(2));

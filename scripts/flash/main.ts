/** The field tool: `npm run flash -- --help`. */
import { readFileSync, writeFileSync } from "node:fs";
import { parse, format } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { serveBoard, type Workbench } from "./workbench.ts";
import { createFactoryAuthority, readFactoryAuthority } from "./box/certificate.ts";
import type { BoxOrder } from "./box/maker.ts";
import { Station } from "./box/station.ts";
import { parseCommandLine, usage, type Flags } from "./command-line.ts";
import { jsonDisplay, textDisplay } from "./display.ts";
import { boardKindsOf } from "./job/board.ts";
import { listPorts } from "./line/ports.ts";
import { exitCodeFor, say, sentenceFor, type Language } from "./messages.ts";
import { startFileServer, type FileServer } from "./network/server.ts";
import { FlashError } from "./problem.ts";
import { orUsage, takeSource } from "./source.ts";
import { readRecoveryImage } from "./recovery/image.ts";
import { reportText, type Report } from "./report.ts";
import { createScreen } from "./screen.ts";
import { trustFiles } from "../firmware/index.ts";

const now = () => performance.now();
const fallback: Language = /^fr/i.test(process.env["LC_ALL"] ?? process.env["LANG"] ?? "") ? "fr" : "en";

async function main(args: string[]): Promise<void> {
  let language = fallback;
  try {
    const { command, flags } = parseCommandLine(args);
    language = flags.lang ?? fallback;
    if (flags.help) process.stdout.write(usage);
    else if (command === "list") await list(flags, language);
    else if (command === "authority") await authority(flags);
    else await flash(flags, language);
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    const text = sentenceFor(error, language);
    // A station reads one stream of documents; people read sentences.
    if (args.includes("--json"))
      process.stdout.write(`${JSON.stringify({ type: "problem", code: error.code, text })}\n`);
    else process.stderr.write(`flash: ${text}\n`);
    process.exitCode = exitCodeFor(error.code);
  }
}

async function list({ json }: Flags, language: Language): Promise<void> {
  const ports = await listPorts();
  if (json) process.stdout.write(`${JSON.stringify(ports)}\n`);
  else if (ports.length === 0) process.stdout.write(`${say("no-ports", language)}\n`);
  else for (const { path, attached } of ports) process.stdout.write(`${path.padEnd(16)} ${attached}\n`);
}

async function authority({ out, name }: Flags): Promise<void> {
  if (out === undefined || name === undefined)
    throw new FlashError("USAGE", { reason: "authority --out DIR --name NAME" });
  await createFactoryAuthority(out, name);
  process.stdout.write(`${out}: ca.crt, ca.key\n`);
}

async function flash(flags: Flags, language: Language): Promise<void> {
  const { port: ports } = flags;
  if (ports.length === 0) throw new FlashError("USAGE", { reason: "--port PORT?" });
  // Everything that can be wrong without a board first: no board is touched then.
  const order = await boxOrder(flags);
  const source = takeSource(flags);
  const { ticket: ticketFile } = flags;
  const ticket = ticketFile === undefined ? undefined : orUsage("--ticket", () => readFileSync(ticketFile));
  let server: Promise<FileServer> | undefined;
  const bench: Workbench = {
    flags,
    language,
    source,
    order,
    kinds: boardKindsOf(loadProfiles().hardware.values()),
    ticket,
    recovery: flags.recovery === undefined ? undefined : readRecoveryImage(flags.recovery),
    server: () => (server ??= startFileServer()),
  };
  const screen = createScreen(process.stderr);
  await Promise.all(
    ports.map(async (port) => {
      const display = flags.json
        ? jsonDisplay(process.stdout, port, now)
        : textDisplay(screen, { port, alone: ports.length === 1 }, language, now);
      conclude(await serveBoard(bench, port, display), flags, language, (text) => display.line(text));
    }),
  );
  const started = await server?.catch(() => undefined);
  await started?.close();
}

async function boxOrder(flags: Flags): Promise<BoxOrder> {
  const { serial, mac, acs, owner, trust, station, provider, region } = flags;
  const [user, passwordFile, tokenFile] = [
    flags["acs-user"],
    flags["acs-password-file"],
    flags["station-token-file"],
  ];
  const folder = flags.authority;
  return {
    serial,
    mac,
    acs,
    owner,
    trust: trust === undefined ? {} : orUsage("--trust", () => trustFiles(trust)),
    account:
      user === undefined || passwordFile === undefined
        ? undefined
        : { user, password: secretIn(passwordFile, "--acs-password-file") },
    authority: folder === undefined ? undefined : await readFactoryAuthority(folder),
    station:
      station === undefined || tokenFile === undefined || provider === undefined || region === undefined
        ? undefined
        : { station: new Station(station, secretIn(tokenFile, "--station-token-file")), provider, region },
  };
}

function secretIn(file: string, flag: string): string {
  return orUsage(flag, () => readFileSync(file, "utf8").trim());
}

function conclude(report: Report, flags: Flags, language: Language, line: (text: string) => void): void {
  if (flags.report !== undefined) keep(report, reportFile(flags.report, report.port, flags.port.length > 1));
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ type: "report", ...report })}\n`);
    return;
  }
  if (report.problem) {
    line(`flash: ${report.problem.text}`);
    return;
  }
  if (report.outcome === "backed-up") return void process.stdout.write(`${reportText(report, language)}\n`);
  const kib = (bytes = 0) => Math.ceil(bytes / 1024);
  line(
    say(report.outcome === "dry-run" ? "dry-run" : "done", language, {
      changed: kib(report.work?.changedBytes),
      sent: kib(report.work?.sentBytes),
      seconds: report.seconds,
    }),
  );
  process.stdout.write(`${reportText(report, language)}\n`);
}

function reportFile(file: string, port: string, several: boolean): string {
  if (!several) return file;
  const { dir, name, ext } = parse(file);
  return format({ dir, name: `${name}-${parse(port).base}`, ext });
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

import { pino } from "pino";
import { type Acs, createAcs } from "./app.ts";
import { readOptions, type ServerOptions, usage, UsageError } from "./server-options.ts";

/** The ACS as a process: its command line, its signals, its exit code (0 stopped, 1 failed, 2 wrong command line). */
async function main(): Promise<void> {
  let options: ServerOptions | "help";
  try {
    options = readOptions(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`acs: ${error.message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (options === "help") {
    process.stdout.write(usage);
    return;
  }
  // Standard output is for the ready line alone.
  const log = pino({ level: options.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
  const stopped = onStopSignal();
  let acs: Acs;
  try {
    acs = await createAcs({ ...options, periodicInformInterval: options.informInterval, log });
  } catch (error) {
    log.error({ err: error }, "the ACS could not start");
    process.stderr.write(`acs: ${explain(error)}\n`);
    process.exitCode = 1;
    return;
  }
  const { http, cwmp, mqtt, ...others } = acs.ports;
  if (acs.adminTokenFile !== undefined) log.info({ file: acs.adminTokenFile }, "administrator's token");
  const more = { stun: others.stun, light: others.light, "cwmp-clear": others.clearCwmp };
  const told = Object.entries(more).map(([name, port]) => (port === undefined ? "" : ` ${name}=${port}`));
  process.stdout.write(`ready http=${http} cwmp=${cwmp} mqtt=${mqtt ?? "off"}${told.join("")}\n`);
  log.info({ signal: await stopped }, "stopping");
  await acs.stop();
  log.info({}, "stopped");
}

/** Resolves at the first signal; a second one ends the process at once (the store recovers at its next start). */
function onStopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(1));
      });
  });
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") return `port ${port} is in use by another program: give another one`;
  if (code === "EACCES" && port !== undefined)
    return `port ${port} needs a right that this user lacks: give one above 1023`;
  return error.message;
}

await main();

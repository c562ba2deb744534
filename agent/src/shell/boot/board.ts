/** The virtual board: boot loader, watchdog and power supply of one virtual ATA. `npm run ata`. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemDisk } from "../update/disk.ts";
import { loadTrustedKeys, TrustError } from "../update/trust.ts";
import { readBootRecord } from "./boot-record.ts";
import { installFactoryImage, settleIdentity } from "./factory.ts";
import { parseFlags, usage, UsageError } from "./flags.ts";
import { LockedError, lockState } from "./lock.ts";
import { supervise } from "./supervisor.ts";

async function main(args: readonly string[]): Promise<void> {
  const parsed = parseFlags(args);
  if (parsed === "help") {
    process.stdout.write(usage);
    return;
  }
  const { flags } = parsed;
  const stateFolder = resolve(flags.state);
  const image = resolve(flags.image ?? join(import.meta.dirname, "image"));
  const trust = resolve(flags.trust ?? join(stateFolder, "factory/trust"));
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const unlock = await lockState(stateFolder);
  // A key file that cannot be read is said now, not at the first update.
  loadTrustedKeys(trust);
  const { serial } = await settleIdentity(systemDisk, stateFolder, image, flags);
  if (flags.reinstall) await reinstall(stateFolder, image);
  say(`virtual ATA ${serial}, state in ${stateFolder}`);
  await supervise({
    disk: systemDisk,
    stateFolder,
    image,
    agentArgs: ["--trust", trust, ...parsed.forAgent],
    watchdogMs: flags["watchdog-seconds"] * 1000,
    backOff: { firstMs: 500, longestMs: 60_000 },
    say,
    signal: stopSignal(),
  });
  unlock();
}

async function reinstall(stateFolder: string, image: string): Promise<void> {
  const record = await readBootRecord(systemDisk, stateFolder);
  const floor = record && record !== "damaged" ? record.securityFloor : 0;
  await installFactoryImage(systemDisk, stateFolder, image, floor);
}

function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stopping.abort());
  return stopping.signal;
}

function say(words: string): void {
  process.stderr.write(`board: ${words}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof LockedError || error instanceof TrustError))
    throw error;
  process.stderr.write(`ata: ${error.message}\n`);
  process.exitCode = error instanceof LockedError ? 73 : 64;
}

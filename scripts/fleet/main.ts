/** A fleet of simulated boxes. `npm run fleet -- --help`. */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { parseCommandLine, usage, UsageError, type FleetOrder } from "./command-line.ts";
import type { FleetFigures } from "./figures.ts";
import { createFleet } from "./fleet.ts";
import { registerFleet } from "./register.ts";

const refreshMs = 1000;

async function main(args: readonly string[]): Promise<number> {
  let order: FleetOrder | "help";
  try {
    order = parseCommandLine(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`fleet: ${error.message}\n       npm run fleet -- --help says more\n`);
    return 64;
  }
  if (order === "help") {
    process.stdout.write(usage);
    return 0;
  }
  const hardware = loadProfiles().hardware.get(order.profile);
  if (!hardware) {
    process.stderr.write(
      `fleet: there is no hardware profile "${order.profile}" (device-profiles/hardware)\n`,
    );
    return 64;
  }
  if (order.ca !== undefined && !believe(order.ca)) return 64;
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
  const show = progress(order.json);
  let accounts;
  try {
    accounts =
      order.api === undefined
        ? new Map<string, never>()
        : await registerFleet(order, hardware, (done) => show(`registered ${done} of ${order.devices}`));
  } catch (error) {
    process.stderr.write(`\nfleet: ${error instanceof Error ? error.message : String(error)}\n`);
    return 69;
  }
  const fleet = createFleet(order, hardware, accounts);
  const running = fleet.run();
  const over =
    order.for === undefined
      ? ended.signal
      : AbortSignal.any([ended.signal, AbortSignal.timeout(order.for * 1000)]);
  while (!over.aborted) {
    await pause(refreshMs, undefined, { signal: over }).catch(() => undefined);
    show(line(fleet.figures()));
  }
  const figures = fleet.figures();
  show("switching off …");
  await Promise.all([fleet.stop(), running]);
  show("");
  process.stdout.write(order.json ? `${JSON.stringify(figures)}\n` : summary(figures));
  return figures.failures === 0 ? 0 : 1;
}

/** Has this process, and so all boxes in it, believe an authority. False, with words, for a file that holds none. */
function believe(file: string): boolean {
  try {
    setDefaultCACertificates([...getCACertificates(), readFileSync(file, "utf8")]);
    return true;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    process.stderr.write(`fleet: --ca ${file}: ${words}\n`);
    return false;
  }
}

/** One line that is written over on a terminal; nothing where somebody reads JSON. */
function progress(isQuiet: boolean): (words: string) => void {
  if (isQuiet || !process.stdout.isTTY) return () => undefined;
  return (words) => process.stdout.write(`\r\u001B[K${words}`);
}

const line = ({ devices, failures, sessions, sessionsPerSecond, up }: FleetFigures): string =>
  `${up} of ${devices} up · ${sessions} sessions, ${sessionsPerSecond.toFixed(1)}/s · ${failures} failed`;

function summary(figures: FleetFigures): string {
  const { sessionMs, updates } = figures;
  const counts = (named: Record<string, number>): string =>
    Object.entries(named)
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, times]) => `  ${String(times).padStart(8)}  ${name}\n`)
      .join("");
  return [
    `${line(figures)} · ${figures.seconds.toFixed(0)} s\n`,
    sessionMs === null
      ? ""
      : `a session took ${sessionMs.median.toFixed(0)} ms (median), ${sessionMs.p95.toFixed(0)} ms (95 of 100), ${sessionMs.longest.toFixed(0)} ms (longest)\n`,
    `requests of the ACS\n${counts(figures.requests)}`,
    figures.failures === 0 ? "" : `why sessions failed\n${counts(figures.reasons)}`,
    updates.done + updates.failed === 0 ? "" : `updates: ${updates.done} done, ${updates.failed} failed\n`,
    `${figures.kibPerDevice} KiB of this process for each box\n`,
  ].join("");
}

process.exitCode = await main(process.argv.slice(2));

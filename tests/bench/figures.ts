import { readFileSync } from "node:fs";

/** One measured figure. `aim` is the goal it stands against, as words. */
export type Figure = { name: string; value: number; unit: string; aim?: string; note?: string };

const clockTicksPerSecond = 100; // sysconf(_SC_CLK_TCK) on every Linux that Node runs on

/** CPU seconds (user + system) a process has used, from /proc; its ended and reaped children are left out. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
}

/** Resident memory of a process in MiB. */
export function residentMiB(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}

/** Process ids of the direct children. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(/\s+/).filter(Boolean).map(Number);
}

/** All descendants of a process. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function printTable(figures: Figure[]): void {
  const width = Math.max(...figures.map((figure) => figure.name.length)) + 2;
  for (const { name, value, unit, aim = "", note = "" } of figures) {
    const digits = Math.abs(value) < 10 ? 3 : 1;
    console.log(
      `${name.padEnd(width)}${value.toFixed(digits).padStart(10)} ${unit.padEnd(8)}${aim.padEnd(24)}${note}`,
    );
  }
}

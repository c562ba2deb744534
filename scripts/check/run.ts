import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tied } from "../tied.ts";

/*
 * `npm test`: everything CI checks, in the order in which a mistake is cheapest to learn of. Every step runs even
 * when an earlier one failed. Each static check and each native test program counts as one test.
 */
type Outcome = { passed: number; failed: number; skipped: number };

const root = join(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "tonalite-check-"));

async function run(command: string, args: string[], echo = true): Promise<{ code: number; output: string }> {
  const child = spawn(...tied(command, args), { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    if (echo) process.stdout.write(chunk);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const code = await new Promise<number>((resolve) => {
    child.once("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.once("close", (exit) => resolve(exit ?? 1));
  });
  return { code, output };
}

async function single(command: string, args: string[]): Promise<Outcome> {
  const { code } = await run(command, args);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** Every native test program prints `NAME: N passed, N failed`, or `NAME: skipped: REASON`; each counts as one test. */
async function native(target: string): Promise<Outcome> {
  const { code, output } = await run("make", ["-s", "-C", "agent/native", target]);
  const programs = [...output.matchAll(/^\w+: \d+ passed, (\d+) failed$/gm)].map((match) => Number(match[1]));
  const failed = programs.filter((failures) => failures > 0).length;
  // A program that did not build, or crashed, prints no line and must not pass for that.
  const skipped = [...output.matchAll(/^\w+: skipped: /gm)].length;
  const silent = failed === 0 && (code !== 0 || programs.length + skipped === 0) ? 1 : 0;
  return { passed: programs.length - failed, failed: failed + silent, skipped };
}

async function vitest(project: string): Promise<Outcome> {
  const report = join(scratch, `${project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code } = await run("vitest", ["run", "--project", project, ...reporters]);
  try {
    const counts = JSON.parse(readFileSync(report, "utf8")) as Record<string, number>;
    const outcome = {
      passed: counts["numPassedTests"] ?? 0,
      failed: counts["numFailedTests"] ?? 0,
      skipped: counts["numPendingTests"] ?? 0,
    };
    // A file that does not load has no failed test, only a failed run.
    return code !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

const steps: [string, () => Promise<Outcome>][] = [
  ["types", () => single("tsc", ["-b"])],
  ["lint", () => single("oxlint", ["--type-aware"])],
  ["format", () => single("oxfmt", ["--check"])],
  ["native engine", () => native("test")],
  ["native engine under sanitizers", () => native("sanitize")],
  ["line contract on DAHDI", () => native("vm")],
  ["unit tests", () => vitest("unit")],
  ["end-to-end tests", () => vitest("e2e")],
];

const rows: [string, Outcome, number][] = [];
for (const [name, step] of steps) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  rows.push([name, await step(), (performance.now() - start) / 1000]);
}
rmSync(scratch, { recursive: true, force: true });

console.log("");
for (const [name, { passed, failed, skipped }, seconds] of rows)
  console.log(
    `${name.padEnd(32)}${String(passed).padStart(6)} passed${String(failed).padStart(5)} failed` +
      `${String(skipped).padStart(5)} skipped${seconds.toFixed(1).padStart(8)} s`,
  );
const total = (key: keyof Outcome): number => rows.reduce((sum, [, outcome]) => sum + outcome[key], 0);
const skipped = total("skipped") > 0 ? `, ${total("skipped")} skipped` : "";
console.log(`${total("passed")} passed, ${total("failed")} failed${skipped}`);
process.exitCode = total("failed") > 0 ? 1 : 0;

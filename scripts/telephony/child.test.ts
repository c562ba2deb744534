import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startChild } from "./child.ts";

/** A process that starts children as tests do, and prints their numbers. */
async function parent(): Promise<{ pid: number; children: number[] }> {
  const script = `
    import { startChild } from ${JSON.stringify(join(import.meta.dirname, "child.ts"))};
    const children = [false, true].map((group) => startChild("sleep", ["600"], "coreutils", { group }));
    console.log(JSON.stringify(children.map((child) => child.process.pid)));
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve) =>
    child.stdout.once("data", (text) => resolve(String(text))),
  );
  return { pid: child.pid ?? 0, children: JSON.parse(line) as number[] };
}

const lives = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe("a child", () => {
  it.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)("ends with a parent that gets %s", async (signal) => {
    const { pid, children } = await parent();
    expect(children.map(lives)).toEqual([true, true]);
    process.kill(pid, signal);
    await expect.poll(() => children.some(lives)).toBe(false);
  });

  it("that is not installed says in which package it is", async () => {
    const child = startChild("tonalite-no-such-program", [], "some-package");
    expect(await child.ended).toBe(127);
    expect(child.output()).toContain("some-package");
  });
});

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";

/** A child process whose last output is kept for the error message, and that can be ended for certain. */
export type Child = {
  process: ChildProcess;
  /** what it printed last, at most 8 KiB */
  output: () => string;
  /** resolves with the exit code (null: by a signal) */
  ended: Promise<number | null>;
  stop: (signal?: NodeJS.Signals) => Promise<void>;
};

/* However this process ends, what it started ends with it: a demo that crashed must not leave a registrar behind. */
const running = new Set<(signal: NodeJS.Signals) => void>();
process.once("exit", () => {
  for (const kill of running) kill("SIGTERM");
});

/**
 * Starts a program; its absence is an error that says which Debian package has it.
 * With `group`, signals reach its own children too: SIGKILL is then what a power cut is.
 */
export function startChild(
  command: string,
  args: string[],
  debianPackage: string,
  options: { cwd?: string; group?: boolean } = {},
): Child {
  const { cwd, group = false } = options;
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: group,
    ...(cwd ? { cwd } : {}),
  });
  const kill = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(group ? -child.pid : child.pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  };
  running.add(kill);
  let kept = "";
  const keep = (chunk: Buffer): void => void (kept = (kept + chunk.toString()).slice(-8192));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      keep(
        Buffer.from(`${command} cannot run (${error.message}); it is in Debian's package ${debianPackage}\n`),
      );
      resolve(127);
    });
    child.once("exit", (code) => {
      running.delete(kill);
      resolve(code);
    });
  });
  return {
    process: child,
    output: () => kept,
    ended,
    async stop(signal = "SIGTERM") {
      if (child.exitCode !== null || child.signalCode !== null) return;
      kill(signal);
      const hard = setTimeout(() => kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(hard);
    },
  };
}

/** A TCP port of the loopback interface that was free a moment ago; `wanted` when that one is. */
export async function freeTcpPort(wanted = 0): Promise<number> {
  const attempt = (port: number): Promise<number | undefined> =>
    new Promise((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(undefined));
      server.listen(port, "127.0.0.1", () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
      });
    });
  const port = (await attempt(wanted)) ?? (await attempt(0));
  if (port === undefined) throw new Error("no free TCP port on 127.0.0.1");
  return port;
}

/** The same for UDP. */
export async function freeUdpPort(wanted = 0): Promise<number> {
  const attempt = (port: number): Promise<number | undefined> =>
    new Promise((resolve) => {
      const socket = createSocket("udp4");
      socket.once("error", () => resolve(undefined));
      socket.bind(port, "127.0.0.1", () => {
        const { port: bound } = socket.address();
        socket.close(() => resolve(bound));
      });
    });
  const port = (await attempt(wanted)) ?? (await attempt(0));
  if (port === undefined) throw new Error("no free UDP port on 127.0.0.1");
  return port;
}

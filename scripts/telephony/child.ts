import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { tied } from "../tied.ts";

/** A child process whose last output is kept for the error message, and that can be ended for certain. */
export type Child = {
  process: ChildProcess;
  /** what it printed last, at most 8 KiB */
  output: () => string;
  /** resolves with the exit code (null: by a signal) */
  ended: Promise<number | null>;
  stop: (signal?: NodeJS.Signals) => Promise<void>;
};

/* What runs in a group of its own has children that the kernel's tie does not reach: a crash ends the group as well. */
const running = new Set<(signal: NodeJS.Signals) => void>();
process.once("exit", () => {
  for (const kill of running) kill("SIGTERM");
});

/** The exit code by which a shell, and setpriv, tell that there is no such program. */
const notFound = 127;

/**
 * Starts a program that ends with this process, however that ends. Its absence is an error that says which Debian
 * package has it.
 * With `group`, signals reach its own children too: SIGKILL is then what a power cut is.
 */
export function startChild(
  command: string,
  args: string[],
  debianPackage: string,
  options: { cwd?: string; group?: boolean } = {},
): Child {
  const { cwd, group = false } = options;
  const child = spawn(...tied(command, args), {
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
    const end = (code: number | null): void => {
      running.delete(kill);
      if (code === notFound)
        keep(Buffer.from(`${command} cannot run; it is in Debian's package ${debianPackage}\n`));
      resolve(code);
    };
    child.once("error", (error) => {
      keep(Buffer.from(`${error.message}\n`));
      end(notFound);
    });
    child.once("exit", (code) => end(code));
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

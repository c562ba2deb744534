import { spawn } from "node:child_process";
import { join } from "node:path";
import {
  giveUpTrial,
  noteTrialFailure,
  otherSlot,
  planBoot,
  type BootState,
  type SlotName,
} from "../../core/update/index.ts";
import { aliveMessage } from "../update/board-link.ts";
import type { Disk } from "../update/disk.ts";
import { slotFolder } from "../update/slots.ts";
import { readBootRecord, writeBootRecord } from "./boot-record.ts";
import { imageVersion, installFactoryImage } from "./factory.ts";
import { allocator, nodeFlags } from "./frugal.ts";

/** How the agent asks for a start of the whole box: the boot loader chooses the slot anew. */
export const rebootExitCode = 75;

export type SupervisorOptions = {
  disk: Disk;
  stateFolder: string;
  /** What slot a is made from when nothing else can start. */
  image: string;
  /** Flags handed on to the agent. */
  agentArgs: readonly string[];
  /** An image on trial that shows no life for so long has failed. Milliseconds. */
  watchdogMs: number;
  /** Pause before a committed image that crashed starts again, and the longest it grows to. Milliseconds. */
  backOff: { firstMs: number; longestMs: number };
  say: (words: string) => void;
  signal: AbortSignal;
};

// A committed image that lived this long has recovered from its last crash.
const steadyMs = 60_000;
// The agent itself judges this many crashes in a row (safe mode); until then each restart is soon.
const quickRestarts = 3;
// An agent that was asked to stop hangs up, unregisters and closes its stores within this.
const graceMs = 15_000;

/** Starts the slot that the boot record names, again and again, until stopped. */
export async function supervise(options: SupervisorOptions): Promise<void> {
  const { disk, stateFolder, signal, say } = options;
  let crashes = 0;
  let lastEnd: string | undefined;
  while (!signal.aborted) {
    const { slot, trial } = await chooseSlot(options);
    const version = await imageVersion(disk, slotFolder(stateFolder, slot)).catch(() => undefined);
    if (version === undefined) {
      await replaceUnusable(options, slot, trial);
      continue;
    }
    say(`starting version ${version} in slot ${slot}${trial ? " on trial" : ""}`);
    const started = performance.now();
    const end = await runAgent(options, slot, trial, lastEnd);
    if (signal.aborted) return;
    say(end.words);
    const onTrial = trial && (await noteEnd(options, end));
    // A trial's failed start is one of the box, as on a board.
    lastEnd = onTrial || end.reboot ? undefined : end.words;
    crashes = onTrial || performance.now() - started > steadyMs ? 0 : crashes + 1;
    // A restart that was asked for is immediate, but an agent that asks for nothing else is held back as well.
    // One that crashed out of a long life is what a subscriber waits for with a dead handset.
    if (crashes === 0 || (end.reboot && crashes <= 3)) continue;
    const { firstMs, longestMs } = options.backOff;
    await pause(Math.min(longestMs, firstMs * 2 ** Math.max(0, crashes - quickRestarts)), signal);
  }
}

async function chooseSlot(options: SupervisorOptions): Promise<{ slot: SlotName; trial: boolean }> {
  const { disk, stateFolder } = options;
  const record = await readRecord(options);
  const plan = planBoot(record);
  if (plan.next !== record) await writeBootRecord(disk, stateFolder, plan.next);
  if (record.trial && !plan.trial)
    options.say(`the new image is given up: ${plan.next.failed?.reason ?? ""}`);
  return plan;
}

// A record that cannot be read is a fault of the medium: any slot with an image is better than none.
async function readRecord(options: SupervisorOptions): Promise<BootState> {
  const { disk, stateFolder, image, say } = options;
  const record = await readBootRecord(disk, stateFolder);
  if (record && record !== "damaged") return record;
  say(`${record ? "the boot record is damaged" : "first start"}: slot a gets the factory image`);
  return await installFactoryImage(disk, stateFolder, image, 0);
}

async function replaceUnusable(options: SupervisorOptions, slot: SlotName, trial: boolean): Promise<void> {
  const { disk, stateFolder, image, say } = options;
  const record = await readRecord(options);
  if (trial) {
    say(`slot ${slot} holds no image: the trial is given up`);
    await writeBootRecord(disk, stateFolder, giveUpTrial(record, "the new image is missing from its slot"));
    return;
  }
  const other = otherSlot(slot);
  const spare = await imageVersion(disk, slotFolder(stateFolder, other)).catch(() => undefined);
  say(
    `slot ${slot} holds no image: ${spare === undefined ? "slot a gets the factory image" : `slot ${other} starts`}`,
  );
  if (spare === undefined) await installFactoryImage(disk, stateFolder, image, record.securityFloor);
  else await writeBootRecord(disk, stateFolder, { ...record, active: other, trial: null });
}

type AgentEnd = { reboot: boolean; words: string };

async function runAgent(
  options: SupervisorOptions,
  slot: SlotName,
  trial: boolean,
  lastEnd: string | undefined,
): Promise<AgentEnd> {
  const { stateFolder, signal, watchdogMs } = options;
  const folder = slotFolder(stateFolder, slot);
  const own = ["--state", stateFolder, "--slot-dir", folder, "--slot", slot, "--trial", trial ? "1" : "0"];
  if (lastEnd !== undefined) own.push("--last-end", lastEnd.slice(0, 256));
  const child = spawn(
    process.execPath,
    [...nodeFlags, join(folder, "agent.mjs"), ...own, ...options.agentArgs],
    {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...allocator, ...process.env },
    },
  );
  const { promise, resolve } = Promise.withResolvers<AgentEnd>();
  let ending: NodeJS.Timeout | undefined;
  let silent = false;
  const stop = (): void => {
    child.kill("SIGTERM");
    ending ??= setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  const bark = async (): Promise<void> => {
    const record = await readBootRecord(options.disk, stateFolder);
    // Confirmed meanwhile: nobody watches a committed image, whose calls a stalled event loop does not harm.
    if (record && record !== "damaged" && !record.trial) return;
    silent = true;
    stop();
  };
  const arm = (): NodeJS.Timeout | undefined =>
    trial ? setTimeout(() => void bark(), watchdogMs) : undefined;
  let watchdog = arm();
  child.on("message", (message) => {
    if (!watchdog || !aliveMessage.safeParse(message).success) return;
    clearTimeout(watchdog);
    watchdog = arm();
  });
  signal.addEventListener("abort", stop, { once: true });
  child.once("error", (error) =>
    resolve({ reboot: false, words: `the agent could not be started: ${error.message}` }),
  );
  child.once("exit", (code, killed) => resolve(endOf(code, killed, silent ? watchdogMs : undefined)));
  const end = await promise;
  clearTimeout(watchdog);
  clearTimeout(ending);
  signal.removeEventListener("abort", stop);
  return end;
}

function endOf(code: number | null, killed: string | null, silentMs: number | undefined): AgentEnd {
  if (silentMs !== undefined)
    return {
      reboot: false,
      words: `the new image did not confirm itself and showed no life for ${silentMs / 1000} s`,
    };
  if (code === rebootExitCode) return { reboot: true, words: "the agent asked for a restart of the box" };
  const how = code === null ? `by ${killed ?? "a signal"}` : `with code ${code}`;
  return { reboot: false, words: `the agent ended ${how}` };
}

// Whether the run was a failed start of an image on trial; its last words go into the record.
async function noteEnd({ disk, stateFolder }: SupervisorOptions, end: AgentEnd): Promise<boolean> {
  const record = await readBootRecord(disk, stateFolder);
  if (!record || record === "damaged" || !record.trial) return false;
  if (!end.reboot) await writeBootRecord(disk, stateFolder, noteTrialFailure(record, end.words));
  return true;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  const timer = setTimeout(end, ms);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
}

import { startsPerSlot, type BootEnvironment, type BootName } from "../firmware/index.ts";
import {
  factoryBootState,
  giveUpTrial,
  noteTrialFailure,
  otherSlot,
  type BootState,
  type SlotName,
} from "./boot-state.ts";

const names: Readonly<Record<SlotName, BootName>> = { a: "A", b: "B" };

/** A slot as the boot loader names it. */
export function bootName(slot: SlotName): BootName {
  return names[slot];
}

/** The boot loader's state when its sector cannot be read: the slot that runs is the one that is known to start. */
function assumed(running: SlotName): BootEnvironment {
  return withStarts({ first: names[running], left: { A: 0, B: 0 } }, running, startsPerSlot);
}

/** Nothing starts this slot: it is about to be written, or was found unfit. */
export function barSlot(environment: BootEnvironment, slot: SlotName): BootEnvironment {
  return withStarts(environment, slot, 0);
}

/** The next start is this slot's, with all its starts; the other keeps those it needs to fall back on. */
export function trySlot(environment: BootEnvironment, slot: SlotName): BootEnvironment {
  const both = withStarts(environment, otherSlot(slot), startsPerSlot);
  return { ...withStarts(both, slot, startsPerSlot), first: names[slot] };
}

/** This slot has proved itself: it starts first, and has its starts back. */
export function keepSlot(environment: BootEnvironment, slot: SlotName): BootEnvironment {
  return { ...withStarts(environment, slot, startsPerSlot), first: names[slot] };
}

/** Back to this slot; the other is not tried again. */
export function goBackTo(environment: BootEnvironment, slot: SlotName): BootEnvironment {
  return keepSlot(barSlot(environment, otherSlot(slot)), slot);
}

function withStarts({ first, left }: BootEnvironment, slot: SlotName, starts: number): BootEnvironment {
  return { first, left: { ...left, [names[slot]]: starts } };
}

/** What the agent's record and the boot loader's sector say together at a start. */
export type SettledBoot = {
  record: BootState;
  environment: BootEnvironment;
  /** What the boot loader did that nobody asked it to, in words. */
  surprise: string | undefined;
};

/**
 * Takes in what the boot loader did since the agent last ran: it counts starts and falls back by itself, and power cuts
 * fall between a change of the record and one of its sector. The record is always written first.
 * @param found undefined when the sector's checksum is wrong
 * @param lastWords how the last start of the image on trial ended, as far as anybody saw it
 */
export function settleBoot(
  stored: BootState | undefined,
  found: BootEnvironment | undefined,
  running: SlotName,
  lastWords: string | undefined,
): SettledBoot {
  const environment = found ?? assumed(running);
  if (!stored) {
    const record = { ...factoryBootState(), active: running };
    return { record, environment, surprise: "the boot record was missing or damaged" };
  }
  const { trial } = stored;
  if (trial && trial.slot !== running) return settleTrial(stored, environment, trial.slot, lastWords);
  if (trial || stored.active === running) return { record: stored, environment, surprise: undefined };
  // An image that was given up, and started once more because the power went before the boot loader was told.
  if (stored.failed?.slot === running && environment.first === names[running])
    return { record: stored, environment: goBackTo(environment, stored.active), surprise: undefined };
  const surprise = `the image in slot ${stored.active} does not start any more: slot ${running} runs`;
  const failed = { slot: stored.active, update: "", reason: "it did not start any more" };
  const record = { ...stored, active: running, failed };
  return { record, environment: goBackTo(environment, running), surprise };
}

function settleTrial(
  stored: BootState,
  environment: BootEnvironment,
  slot: SlotName,
  lastWords: string | undefined,
): SettledBoot {
  const home = otherSlot(slot);
  const isFirst = environment.first === names[slot];
  const left = environment.left[names[slot]];
  // It starts next, and only the agent was started anew.
  if (isFirst && left > 0) return { record: stored, environment, surprise: undefined };
  if (isFirst) {
    const known = lastWords === undefined ? stored : noteTrialFailure(stored, lastWords);
    const reason = known.trial?.lastFailure ?? `it did not confirm itself in ${startsPerSlot} starts`;
    return {
      record: giveUpTrial(known, reason),
      environment: goBackTo(environment, home),
      surprise: undefined,
    };
  }
  // The boot loader was not told yet, or lost its state: the update that asked for the trial goes on from there.
  return { record: { ...stored, trial: null }, environment, surprise: undefined };
}

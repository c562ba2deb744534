import * as z from "zod";

/** The two places an image can live in. */
export const slotName = z.enum(["a", "b"]);
export type SlotName = z.infer<typeof slotName>;

/** How many times a trial image may start before the boot loader gives it up. */
export const trialStarts = 3;

const failedTrial = z.strictObject({
  slot: slotName,
  update: z.string().max(64),
  reason: z.string().max(400),
});

/** What the boot loader knows, whole: one small record that is only ever replaced, never edited in place. */
export const bootState = z.strictObject({
  format: z.literal(1),
  /** The committed slot: what starts when nothing else is said. */
  active: slotName,
  /** An image on trial in the other slot, with the starts it has left. `update` names the update that put it there. */
  trial: z
    .strictObject({
      slot: slotName,
      update: z.string().max(64),
      startsLeft: z.int().min(0).max(trialStarts),
      lastFailure: z.string().max(400).nullable(),
    })
    .nullable(),
  /** The last trial that was given up: how the agent in the old slot learns why it runs again. */
  failed: failedTrial.nullable(),
  /** Images with a lower floor are never installed again. */
  securityFloor: z.int().min(0),
});
export type BootState = z.infer<typeof bootState>;

/** The state of a box that left the factory with an image in slot a. */
export function factoryBootState(securityFloor = 0): BootState {
  return { format: 1, active: "a", trial: null, failed: null, securityFloor };
}

export function otherSlot(slot: SlotName): SlotName {
  return slot === "a" ? "b" : "a";
}

/**
 * Which slot starts now, and what must be durable before it does: a start of a trial counts when it begins, so that a
 * power cut in it counts as well.
 */
export function planBoot(state: BootState): { slot: SlotName; trial: boolean; next: BootState } {
  const { trial } = state;
  if (!trial) return { slot: state.active, trial: false, next: state };
  if (trial.startsLeft === 0) {
    const next = giveUpTrial(
      state,
      trial.lastFailure ?? `it did not confirm itself in ${trialStarts} starts`,
    );
    return { slot: next.active, trial: false, next };
  }
  return {
    slot: trial.slot,
    trial: true,
    next: { ...state, trial: { ...trial, startsLeft: trial.startsLeft - 1 } },
  };
}

/** Puts the image in the slot that is not active on trial. */
export function beginTrial(state: BootState, update: string): BootState {
  const slot = otherSlot(state.active);
  return { ...state, failed: null, trial: { slot, update, startsLeft: trialStarts, lastFailure: null } };
}

/** Keeps in mind how a start of the trial ended, for the words of a later give-up. */
export function noteTrialFailure(state: BootState, reason: string): BootState {
  return state.trial ? { ...state, trial: { ...state.trial, lastFailure: reason.slice(0, 400) } } : state;
}

/** Gives the trial its starts back: it lives, and only waits for the network to be judged by. */
export function renewTrial(state: BootState): BootState {
  return state.trial ? { ...state, trial: { ...state.trial, startsLeft: trialStarts } } : state;
}

/** Makes the trial image the committed one. Without a trial (confirmed before a power cut) nothing changes. */
export function confirmTrial(state: BootState, securityFloor: number): BootState {
  if (!state.trial) return state;
  const floor = Math.max(state.securityFloor, securityFloor);
  return { ...state, active: state.trial.slot, trial: null, failed: null, securityFloor: floor };
}

/** Ends the trial: the next start is the committed slot's. */
export function giveUpTrial(state: BootState, reason: string): BootState {
  const { trial } = state;
  if (!trial) return state;
  return {
    ...state,
    trial: null,
    failed: { slot: trial.slot, update: trial.update, reason: reason.slice(0, 400) },
  };
}

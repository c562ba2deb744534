import type { AutonomousTransferComplete, FaultCode, InformEvent, RequestDownload } from "./types.ts";

/**
 * How long an event is worth telling when sessions fail (TR-069 §3.7.1.5, table of event types). "kept-once-tried": kept
 * over a reboot from the first session that failed to tell it; until then a flash write would buy nothing.
 */
type Policy = "never-retried" | "until-reboot" | "kept-once-tried" | "kept";

/** The events this device raises. `multiple`: every occurrence is told, with its own command key. */
const policies: Readonly<Record<string, { policy: Policy; multiple?: true }>> = {
  "1 BOOT": { policy: "until-reboot" },
  "2 PERIODIC": { policy: "kept-once-tried" },
  "6 CONNECTION REQUEST": { policy: "never-retried" },
  // What a diagnosis found is gone after a restart, and so is the reason to fetch it.
  "8 DIAGNOSTICS COMPLETE": { policy: "until-reboot" },
  "M Reboot": { policy: "kept", multiple: true },
  "M ScheduleInform": { policy: "kept", multiple: true },
};
const otherwise = { policy: "kept" } as const;

/** What asked for a transfer, as the Inform names it. */
export type TransferEvent = "M Download" | "M Upload" | "M ScheduleDownload";

/** The outcome of a transfer, until the ACS has confirmed it. */
export type Transfer = {
  /** "M Download" when absent. */
  event?: TransferEvent;
  commandKey: string;
  fault: { code: FaultCode; string: string };
  startTime: string;
  completeTime: string;
};

/** What the device tells or asks its ACS of its own accord; each has its event and its own answer (A.3.3.3, A.4.2.2). */
export type AcsCall = AutonomousTransferComplete | RequestDownload;

/** A session the ACS asked for (TR-069 A.4.1.2); `at` in milliseconds since the epoch. */
export type ScheduledInform = { at: number; commandKey: string };

/** What has to survive a reboot, as the store keeps it (plain JSON). */
export type StoredEvent =
  | { kind: "event"; eventCode: string; commandKey: string }
  | ({ kind: "transfer" } & Transfer)
  | ({ kind: "scheduled" } & ScheduledInform)
  /** A change of value not told yet. */
  | { kind: "changed"; path: string }
  | { kind: "call"; call: AcsCall }
  /** The ACS that has had its BOOTSTRAP. */
  | { kind: "acs"; url: string };

/** Events not yet delivered. BOOTSTRAP, TRANSFER COMPLETE, M Download and VALUE CHANGE follow from the rest. */
export type Queue = { events: readonly InformEvent[]; changed: readonly ChangedValue[] };

/** `lasting`: the value itself is written to the store, so the news of it is too. */
export type ChangedValue = { path: string; lasting?: true };

/** XSD EventList holds 64; two are left for events that follow from other state. */
const maximumEvents = 40;
export const maximumTransfers = 16;
export const maximumScheduled = 16;
export const maximumCalls = 8;
const maximumChanges = 256;

export const emptyQueue: Queue = { events: [], changed: [] };

/** Adds an event; single ones occur once, of too many the newest are kept. */
export function addEvent(queue: Queue, event: InformEvent): Queue {
  const { multiple } = policies[event.eventCode] ?? { multiple: undefined };
  const same = (other: InformEvent): boolean =>
    other.eventCode === event.eventCode && (multiple !== true || other.commandKey === event.commandKey);
  return { ...queue, events: [...queue.events.filter((other) => !same(other)), event].slice(-maximumEvents) };
}

/** Notes that a parameter changed, for the next Inform. */
export function addChange(queue: Queue, change: ChangedValue): Queue {
  if (queue.changed.some(({ path }) => path === change.path)) return queue;
  return { ...queue, changed: [...queue.changed, change].slice(-maximumChanges) };
}

/** What a failed session did not deliver, before what happened since. */
export function merge(undelivered: Queue, since: Queue): Queue {
  const retried = undelivered.events.filter(
    ({ eventCode }) => policies[eventCode]?.policy !== "never-retried",
  );
  const changed = undelivered.changed.reduce(addChange, { ...since, changed: [] });
  return since.changed.reduce(addChange, since.events.reduce(addEvent, { ...changed, events: retried }));
}

/**
 * The part of a queue that must survive a reboot.
 * @param tried whether a session has failed to tell it
 */
export function storedEvents({ changed, events }: Queue, tried: boolean): StoredEvent[] {
  const isKept = ({ eventCode }: InformEvent): boolean => {
    const { policy } = policies[eventCode] ?? otherwise;
    return policy === "kept" || (policy === "kept-once-tried" && tried);
  };
  return [
    ...events
      .filter(isKept)
      .map(({ eventCode, commandKey }): StoredEvent => ({ kind: "event", eventCode, commandKey })),
    ...changed
      .filter(({ lasting }) => lasting === true || tried)
      .map(({ path }): StoredEvent => ({ kind: "changed", path })),
  ];
}

/** A change of ACS makes earlier events meaningless: the new one did not ask for them (TR-069 §3.7.1.5). */
export const afterBootstrap = (queue: Queue): Queue => ({
  events: queue.events.filter(({ eventCode }) => eventCode === "1 BOOT"),
  changed: [],
});

import type { FaultCode, InformEvent } from "./types.ts";

/** How long an event is worth telling when sessions fail (TR-069 §3.7.1.5, table of event types). */
type Policy = "never-retried" | "until-reboot" | "kept";

/** The events this device raises. `multiple`: every occurrence is told, with its own command key. */
const policies: Readonly<Record<string, { policy: Policy; multiple?: true }>> = {
  "1 BOOT": { policy: "until-reboot" },
  // The standard keeps these two over a reboot; the BOOT Inform that then follows carries the same news, and
  // a box would write its flash at every interval and every call.
  "2 PERIODIC": { policy: "until-reboot" },
  "4 VALUE CHANGE": { policy: "until-reboot" },
  "6 CONNECTION REQUEST": { policy: "never-retried" },
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

/** A session the ACS asked for (TR-069 A.4.1.2); `at` in milliseconds since the epoch. */
export type ScheduledInform = { at: number; commandKey: string };

/** What has to survive a reboot, as the store keeps it (plain JSON). */
export type StoredEvent =
  | { kind: "event"; eventCode: string; commandKey: string }
  | ({ kind: "transfer" } & Transfer)
  | ({ kind: "scheduled" } & ScheduledInform)
  /** The ACS that has had its BOOTSTRAP. */
  | { kind: "acs"; url: string };

/** Events not yet delivered. BOOTSTRAP, TRANSFER COMPLETE, M Download and VALUE CHANGE follow from the rest. */
export type Queue = { events: readonly InformEvent[]; changed: readonly string[] };

/** XSD EventList holds 64; two are left for events that follow from other state. */
const maximumEvents = 40;
export const maximumTransfers = 16;
export const maximumScheduled = 16;
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
export function addChange(queue: Queue, path: string): Queue {
  if (queue.changed.includes(path)) return queue;
  return { ...queue, changed: [...queue.changed, path].slice(-maximumChanges) };
}

/** What a failed session did not deliver, before what happened since. */
export function merge(undelivered: Queue, since: Queue): Queue {
  const retried = undelivered.events.filter(
    ({ eventCode }) => policies[eventCode]?.policy !== "never-retried",
  );
  const changed = undelivered.changed.reduce(addChange, { ...since, changed: [] });
  return since.changed.reduce(addChange, since.events.reduce(addEvent, { ...changed, events: retried }));
}

/** The part of a queue that must survive a reboot. */
export const storedEvents = (queue: Queue): StoredEvent[] =>
  queue.events
    .filter(({ eventCode }) => (policies[eventCode] ?? otherwise).policy === "kept")
    .map(({ eventCode, commandKey }) => ({ kind: "event", eventCode, commandKey }));

/** A change of ACS makes earlier events meaningless: the new one did not ask for them (TR-069 §3.7.1.5). */
export const afterBootstrap = (queue: Queue): Queue => ({
  events: queue.events.filter(({ eventCode }) => eventCode === "1 BOOT"),
  changed: [],
});

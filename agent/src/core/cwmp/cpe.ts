import type { CwmpError } from "./error.ts";
import {
  type AcsCall,
  addChange,
  addEvent,
  emptyQueue,
  merge,
  type Queue,
  type ScheduledInform,
  type StoredEvent,
  storedEvents,
  type Transfer,
} from "./events.ts";
import type { Later } from "./rpc/rpc.ts";
import type { CwmpMessage, Envelope, InformEvent } from "./types.ts";

/** Where a session stands; `waiting` is the pause after a failed one. */
export type Session =
  | { state: "idle" }
  | { state: "waiting" }
  | { state: "informing"; url: string; sent: Queue; tries: number }
  | { state: "reporting"; report: Report; later: Later; tries: number }
  | { state: "serving"; hold: boolean; later: Later }
  | { state: "executing"; hold: boolean; later: Later; id: string | undefined };

/** What the ACS is asked to take in a session; "methods" is the question what it can take (A.3.1.1). */
export type Report = { transfer: Transfer } | { call: AcsCall } | "methods";

/** The management side of one device: at most one session, and what is still to be told. */
export type Cpe = {
  session: Session;
  /** Device.ManagementServer.EnableCWMP: while false no session starts, and nothing is forgotten. */
  enabled: boolean;
  /** The ACS in use, and whether it has had its BOOTSTRAP. */
  acs: Acs;
  queue: Queue;
  /** A session has failed to tell what is in the queue, or the box is going down with it. */
  tried: boolean;
  /** Events of a restart to come: kept, but not told before it (a call may delay it for hours). */
  afterRestart: readonly InformEvent[];
  transfers: readonly Transfer[];
  calls: readonly AcsCall[];
  /** Sessions to come that the ACS asked for. */
  scheduled: readonly ScheduledInform[];
  /** Sessions that failed in a row: RetryCount. */
  failures: number;
  /** A session was asked for while one was running. */
  again: boolean;
};

export type Acs = {
  url: string;
  known: boolean;
  /** What it said it can take; asked once a start, when something rests on it. */
  methods?: readonly string[];
  /** It could not make sense of the newest version: the next Inform is in the oldest (TR-069 §3.4.7). */
  old?: true;
};

export type CpeEvent =
  | ({ event: "occurred" } & InformEvent)
  | { event: "changed"; path: string; active: boolean; lasting?: true }
  /** What changed has waited long enough for company. */
  | { event: "changes-due" }
  | { event: "called"; call: AcsCall }
  | { event: "transferred"; transfer: Transfer }
  | ({ event: "schedule" } & ScheduledInform)
  /** Time has passed; `now` in milliseconds since the epoch. */
  | { event: "time"; now: number }
  | { event: "acs-changed"; url: string }
  | { event: "enabled"; enabled: boolean }
  | { event: "received"; envelope: Envelope }
  | { event: "received-nothing" }
  | { event: "received-garbage"; error: CwmpError }
  | { event: "executed"; body: CwmpMessage; later: Later }
  /** `misread`: the ACS answered, but as one that does not understand the message. */
  | { event: "failed"; reason: string; misread?: true }
  /** The box goes down; what is untold is kept. */
  | { event: "stopping" }
  | { event: "retry-due" };

export type CpeEffect =
  /** Connects and sends Inform; `changed` are added to the parameters of every Inform. */
  | {
      do: "inform";
      url: string;
      events: InformEvent[];
      changed: readonly string[];
      retryCount: number;
      /** In the oldest version of the protocol instead of the newest. */
      old: boolean;
    }
  /** Sends our last message once more (fault 8005). */
  | { do: "send-again" }
  /** `id` answers a request of the ACS; absent for a request of ours. */
  | { do: "send"; body: CwmpMessage; id?: string }
  | { do: "send-nothing" }
  | { do: "execute"; request: CwmpMessage }
  | { do: "close" }
  | { do: "wait"; failures: number; reason: string }
  | { do: "save"; events: StoredEvent[] }
  | { do: "reboot"; commandKey: string }
  | { do: "factory-reset" }
  | { do: "log"; message: string };

export type Step = { cpe: Cpe; effects: CpeEffect[] };

/** The device at start, with what the store kept. */
export function startCpe(url: string, stored: readonly StoredEvent[], enabled = true): Cpe {
  let queue = emptyQueue;
  const transfers: Transfer[] = [];
  const scheduled: ScheduledInform[] = [];
  const calls: AcsCall[] = [];
  let knownUrl: string | undefined;
  for (const item of stored) {
    if (item.kind === "event")
      queue = addEvent(queue, { eventCode: item.eventCode, commandKey: item.commandKey });
    else if (item.kind === "acs") knownUrl = item.url;
    else if (item.kind === "scheduled") scheduled.push({ at: item.at, commandKey: item.commandKey });
    else if (item.kind === "changed") queue = addChange(queue, { path: item.path, lasting: true });
    else if (item.kind === "call") calls.push(item.call);
    else transfers.push(transferOf(item));
  }
  return {
    session: { state: "idle" },
    enabled,
    acs: { url, known: url === knownUrl },
    queue,
    // What was kept stays kept until it is told.
    tried: queue !== emptyQueue,
    afterRestart: [],
    transfers,
    calls,
    scheduled,
    failures: 0,
    again: false,
  };
}

const storedTransfer = (transfer: Transfer): StoredEvent => ({ kind: "transfer", ...transferOf(transfer) });

const transferOf = ({ commandKey, completeTime, event, fault, startTime }: Transfer): Transfer => ({
  ...(event === undefined ? {} : { event }),
  commandKey,
  fault,
  startTime,
  completeTime,
});

/** The events of an Inform, in the order of their numbers. */
export function informEvents({ acs, calls, queue, transfers }: Cpe): InformEvent[] {
  const asked = (method: AcsCall["method"]): boolean => calls.some((call) => call.method === method);
  const event = (eventCode: string, commandKey = ""): InformEvent => ({ eventCode, commandKey });
  const numbered = [
    ...(acs.known ? [] : [event("0 BOOTSTRAP")]),
    ...queue.events,
    ...(queue.changed.length > 0 ? [event("4 VALUE CHANGE")] : []),
    ...(transfers.length > 0 ? [event("7 TRANSFER COMPLETE")] : []),
    ...(asked("RequestDownload") ? [event("9 REQUEST DOWNLOAD")] : []),
    ...(asked("AutonomousTransferComplete") ? [event("10 AUTONOMOUS TRANSFER COMPLETE")] : []),
  ].sort((a, b) => order(a) - order(b));
  return [...numbered, ...transfers.map((done) => event(done.event ?? "M Download", done.commandKey))];
}

/** "M …" come after the numbered events. */
const order = ({ eventCode }: InformEvent): number => {
  const number = Number.parseInt(eventCode, 10);
  return Number.isNaN(number) ? 100 : number;
};

/** Whether anything is left to tell the ACS. */
export const isPending = ({ acs, calls, queue, transfers }: Cpe): boolean =>
  !acs.known ||
  queue.events.length > 0 ||
  queue.changed.length > 0 ||
  transfers.length > 0 ||
  calls.length > 0;

/** Writes what must survive before anything else happens, when it differs from what was written. */
export function saved(cpe: Cpe, before: Cpe): Step {
  const events = stored(cpe);
  const same = JSON.stringify(events) === JSON.stringify(stored(before));
  return { cpe, effects: same ? [] : [{ do: "save", events }] };
}

function stored(cpe: Cpe): StoredEvent[] {
  const { acs, afterRestart, calls, queue, scheduled, session, transfers, tried } = cpe;
  const undelivered = session.state === "informing" ? merge(session.sent, queue) : queue;
  return [
    ...(acs.known ? [{ kind: "acs", url: acs.url } as const] : []),
    ...storedEvents(afterRestart.reduce(addEvent, undelivered), tried),
    ...transfers.map(storedTransfer),
    // TR-069 §3.7.1.5: a request for a download is retried until the reboot only.
    ...calls
      .filter(({ method }) => method === "AutonomousTransferComplete")
      .map((call): StoredEvent => ({ kind: "call", call })),
    ...scheduled.map((inform): StoredEvent => ({ kind: "scheduled", ...inform })),
  ];
}

import type { BootState, SlotName } from "./boot-state.ts";
import type { RejectionCode } from "./faults.ts";
import {
  isOutcome,
  refusableStep,
  type ImageFacts,
  type InstalledImage,
  type UpdateIn,
  type UpdateOutcome,
  type UpdateRequest,
  type UpdateState,
  type UpdateStateName,
} from "./state.ts";

/** What can happen to an update. `at` is ISO, UTC. */
export type UpdateEvent =
  | { event: "requested"; request: UpdateRequest; from: string; home: SlotName; lines: number[]; at: string }
  | { event: "fits"; image: ImageFacts }
  | { event: "refused"; code: RejectionCode; reason: string; version: string | null; at: string }
  | { event: "quiet" }
  | { event: "complete" }
  | { event: "renewed" }
  | { event: "good" }
  | { event: "installed" }
  | { event: "kept"; at: string }
  /** The subscriber agreed to an update that waits for that. */
  | { event: "agreed" }
  /** The window's retries are used up; another window comes. */
  | { event: "postponed" }
  | { event: "cancelled"; at: string }
  /** Back to the image that the other slot still holds. */
  | {
      event: "recalled";
      request: UpdateRequest;
      from: string;
      home: SlotName;
      lines: number[];
      image: InstalledImage;
      at: string;
    }
  | { event: "chosen"; request: UpdateRequest; home: SlotName; lines: number[]; at: string }
  | { event: "activated"; lines: number[] }
  | { event: "healthy" }
  | { event: "unhealthy"; reason: string }
  | { event: "confirmed"; at: string }
  | { event: "fell-back"; reason: string; at: string }
  | { event: "reported" };
export type UpdateEventName = UpdateEvent["event"];

/** The whole flow of an update. What is not here cannot happen. */
export const transitions = {
  idle: { requested: "checking", recalled: "activating" },
  checking: {
    fits: "waiting",
    refused: "rejected",
    agreed: "checking",
    postponed: "checking",
    cancelled: "cancelled",
  },
  waiting: { quiet: "downloading", refused: "rejected", agreed: "waiting", cancelled: "cancelled" },
  downloading: {
    complete: "verifying",
    renewed: "checking",
    refused: "rejected",
    agreed: "downloading",
    postponed: "downloading",
    cancelled: "cancelled",
  },
  verifying: { good: "installing", renewed: "checking", refused: "rejected", cancelled: "cancelled" },
  installing: { installed: "activating", kept: "available", refused: "rejected", cancelled: "cancelled" },
  activating: {
    activated: "trial",
    "fell-back": "rolled-back",
    refused: "rejected",
    agreed: "activating",
    cancelled: "cancelled",
  },
  trial: { healthy: "committing", unhealthy: "rolling-back", "fell-back": "rolled-back" },
  committing: { confirmed: "committed", "fell-back": "rolled-back" },
  "rolling-back": { "fell-back": "rolled-back" },
  committed: { reported: "committed", requested: "checking", recalled: "activating" },
  "rolled-back": { reported: "rolled-back", requested: "checking", recalled: "activating" },
  rejected: { reported: "rejected", requested: "checking", recalled: "activating" },
  cancelled: { reported: "cancelled", requested: "checking", recalled: "activating" },
  available: { reported: "available", chosen: "activating", requested: "checking", recalled: "activating" },
} as const satisfies Record<UpdateStateName, Partial<Record<UpdateEventName, UpdateStateName>>>;

/** What is done on entering a state, and again after a power cut in it: each can be repeated without harm. */
export const entryEffects = {
  idle: null,
  checking: "fetch-header",
  waiting: "await-quiet",
  downloading: "download",
  verifying: "verify",
  installing: "install",
  activating: "activate",
  trial: "try",
  committing: "confirm",
  "rolling-back": "abandon",
  committed: "report",
  "rolled-back": "report",
  rejected: "report",
  cancelled: "report",
  available: "report",
} as const satisfies Record<UpdateStateName, string | null>;
export type UpdateEffect = NonNullable<(typeof entryEffects)[UpdateStateName]>;

const orders: ReadonlySet<UpdateEventName> = new Set(["requested", "chosen", "recalled"]);

/** Whether the machine has a way on from this state by this event. */
export function accepts(state: UpdateState, event: UpdateEventName): boolean {
  if (orders.has(event) && isOutcome(state)) return state.reported && event in transitions[state.state];
  return event in transitions[state.state];
}

/**
 * The next state.
 * @throws TypeError when the table has no such transition: a fault of the program, never of the world
 */
export function step(state: UpdateState, event: UpdateEvent): UpdateState {
  const name = accepts(state, event.event) ? target(state, event.event) : undefined;
  if (name === undefined) throw new TypeError(`an update in ${state.state} cannot take “${event.event}”`);
  if (event.event === "requested") {
    const { request, from, home, lines } = event;
    return { state: "checking", request, from, home, lines, startedAt: event.at, restarts: 0 };
  }
  if (event.event === "recalled") {
    const { request, from, home, lines, image } = event;
    return { state: "activating", request, from, home, lines, startedAt: event.at, restarts: 0, image };
  }
  if (event.event === "chosen") {
    if (state.state !== "available") throw new TypeError(`nothing is to be chosen in ${state.state}`);
    const { request, home, lines, at } = event;
    const { from, image } = state;
    return { state: "activating", request, from, home, lines, startedAt: at, restarts: 0, image };
  }
  if (isOutcome(state)) return { ...state, reported: true };
  if (state.state === "idle") throw new TypeError("nothing happens to an update that is not");
  return enter(name, state, event);
}

function target(state: UpdateState, event: UpdateEventName): UpdateStateName | undefined {
  const ways: Partial<Record<UpdateEventName, UpdateStateName>> = transitions[state.state];
  return ways[event];
}

type Running = Exclude<UpdateState, UpdateOutcome | { state: "idle" }>;

function enter(name: UpdateStateName, state: Running, event: UpdateEvent): UpdateState {
  const job = jobOf(state);
  switch (event.event) {
    case "refused":
      return end(
        state,
        { state: "rejected", reason: event.reason, code: event.code, during: stepOf(state) },
        event.version,
        event.at,
      );
    case "fell-back":
      return end(state, { state: "rolled-back", reason: event.reason }, versionOf(state), event.at);
    case "confirmed":
      return end(state, { state: "committed" }, versionOf(state), event.at);
    case "kept":
      return end(state, { state: "available", image: keptOf(state) }, versionOf(state), event.at);
    case "cancelled":
      return end(state, { state: "cancelled" }, versionOf(state), event.at);
    case "agreed":
      return { ...state, request: { ...state.request, confirmed: true } };
    case "postponed":
      // The first window is the one that is used up; agreement to it does not stand for the next.
      return {
        ...state,
        request: { ...state.request, windows: state.request.windows?.slice(1), confirmed: false },
      };
    case "renewed":
      return { state: "checking", ...job, restarts: job.restarts + 1 };
    case "fits":
      return { state: "waiting", ...job, image: event.image };
    case "activated":
      return { state: "trial", ...job, lines: union(job.lines, event.lines), image: installedOf(state) };
    case "unhealthy":
      return { state: "rolling-back", ...job, image: installedOf(state), reason: event.reason.slice(0, 400) };
    case "quiet":
    case "complete":
    case "good":
      return { state: fetching(name), ...job, image: factsOf(state) };
    case "installed":
    case "healthy":
      return { state: starting(name), ...job, image: installedOf(state) };
    case "requested":
    case "chosen":
    case "recalled":
    case "reported":
      break;
  }
  throw new TypeError(`“${event.event}” is not for an update under way`);
}

const fetchingStates = ["downloading", "verifying", "installing"] as const;
const startingStates = ["activating", "committing"] as const;

// States that an update enters with nothing new but the name.
const fetching = (name: UpdateStateName) => known(name, fetchingStates);
const starting = (name: UpdateStateName) => known(name, startingStates);

function known<N extends UpdateStateName>(name: UpdateStateName, names: readonly N[]): N {
  const found = names.find((candidate) => candidate === name);
  if (found === undefined) throw new TypeError(`an update enters ${name} with something new`);
  return found;
}

type Job = Omit<UpdateIn<"checking">, "state">;

function jobOf({ request, from, home, startedAt, restarts, lines }: Running): Job {
  return { request, from, home, startedAt, restarts, lines };
}

// The table lets events that need the image happen only in states that have it.
function factsOf(state: Running): ImageFacts {
  if (!("image" in state && "sha256" in state.image))
    throw new TypeError(`an update in ${state.state} does not know its image's bytes`);
  return state.image;
}

function installedOf(state: Running): InstalledImage {
  if (state.state === "checking") throw new TypeError("an update that is being checked has no image yet");
  const { version, securityFloor } = state.image;
  return { version, securityFloor };
}

// It may be chosen long after it was judged.
function keptOf(state: Running): InstalledImage {
  const { headerSha256 } = factsOf(state);
  return { ...installedOf(state), ...(headerSha256 !== undefined && { headerSha256 }) };
}

function versionOf(state: Running): string | null {
  return state.state === "checking" ? null : state.image.version;
}

type End =
  | { state: "committed" }
  | { state: "cancelled" }
  | { state: "rolled-back"; reason: string }
  | { state: "rejected"; reason: string; code: RejectionCode; during: RefusableStep }
  | { state: "available"; image: InstalledImage };

type RefusableStep = NonNullable<UpdateIn<"rejected">["during"]>;

// The table lets an update be refused only in these.
function stepOf(state: Running): RefusableStep {
  return refusableStep.parse(state.state);
}

// The server's user name and password have served: an end does not keep them, but where the image waits to be chosen.
function end(state: Running, how: End, version: string | null, at: string): UpdateState {
  const { username: _username, password: _password, ...bare } = state.request;
  const request = how.state === "available" ? state.request : bare;
  const common = { ...jobOf(state), request, version, finishedAt: at, reported: false };
  if ("reason" in how) return { ...common, ...how, reason: how.reason.slice(0, 400) };
  return { ...common, ...how };
}

function union(left: readonly number[], right: readonly number[]): number[] {
  return [...new Set([...left, ...right])].toSorted((a, b) => a - b);
}

/** What the boot loader tells an agent that starts. */
export type BootFacts = { slot: SlotName; trial: boolean; failed: BootState["failed"]; at: string };

/**
 * What a start means for an update that the power, a crash or its own restart interrupted.
 * @returns undefined when the state's own effect simply runs again
 */
export function bootEvent(state: UpdateState, boot: BootFacts): UpdateEvent | undefined {
  if (state.state === "idle" || isOutcome(state)) return undefined;
  const away = boot.slot !== state.home;
  const failed = boot.failed?.update === state.request.id ? boot.failed.reason : undefined;
  const fellBack = (reason: string): UpdateEvent => ({ event: "fell-back", reason, at: boot.at });
  if (state.state === "activating") {
    // The boot record is written before the state: a power cut between them shows here.
    if (away) return { event: "activated", lines: state.lines };
    return failed === undefined ? undefined : fellBack(failed);
  }
  if (away) return undefined;
  if (state.state === "rolling-back") return fellBack(state.reason);
  if (state.state === "trial" || state.state === "committing")
    return fellBack(failed ?? "the boot loader did not start the new image");
  return undefined;
}

import { isClockSet } from "./clock.ts";
import type { UpdateRequest } from "./state.ts";
import { placeAmong, type WindowPlace } from "./window.ts";

/** Whether the box can be disturbed, in the line's own words. */
export type IdleState =
  /** `quietFor`: seconds since a line was last used; absent where nobody used one since the start. */
  | { idle: true; quietFor?: number }
  /**
   * `call`: a call is up (on hold, too), being made, or ringing. `callback`: an emergency service may still call back.
   */
  | { idle: false; why: string; call: boolean; callback?: boolean };

/** The maintenance hours of the provider's terms, as they stand now. `opens` null: not to be foreseen. */
export type MaintenanceHours =
  | { clause: string; open: true }
  | { clause: string; open: false; opens: string | null };

/**
 * How hard an update presses. `patient`: it has time. `pressing`: the last quarter of the time to its deadline, and the
 * subscriber is reminded. `due`: only what law 7 protects holds it; it starts at the first hang-up.
 */
export type Pressure = "patient" | "pressing" | "due";

/** Seconds without any use of a line before a restart. */
export type QuietTimes = Record<Pressure, number>;
export const quietTimes: QuietTimes = { patient: 60, pressing: 10, due: 0 };

/** @param patient seconds, as the provider wants it for an update that has time */
export function quietTimesFor(patient: number): QuietTimes {
  return { patient, pressing: Math.min(patient, quietTimes.pressing), due: 0 };
}

/** What is about to happen: bytes begin to travel or go on, the other slot becomes the next one, the box restarts. */
export type Step = "fetch" | "continue" | "activate" | "restart";

export type GateFacts = {
  idle: IdleState;
  request: UpdateRequest;
  /** When the update was asked for, and now: ISO, UTC. */
  startedAt: string;
  at: string;
  /** null: the terms name no hours. */
  maintenance: MaintenanceHours | null;
  quiet: QuietTimes;
};

export type GateVerdict =
  | { verdict: "go" }
  /** `remind`: the subscriber shall hear that something waits for the line. */
  | { verdict: "hold"; why: string; remind: boolean }
  /** The windows are over: it can no more be done as it was ordered. */
  | { verdict: "missed"; why: string };

type View = GateFacts & { pressure: Pressure; place: WindowPlace };
type Rule = (view: View) => Exclude<GateVerdict, { verdict: "go" }> | undefined;

/** All that can hold an update, in this order. The first that applies gives the reason that everybody sees. */
const rules: readonly Rule[] = [
  windowsAreOver,
  windowIsAhead,
  confirmationIsMissing,
  callIsUp,
  emergencyServiceMayCallBack,
  maintenanceHoursAreAhead,
  lineIsInUse,
  lineWasJustUsed,
];

/** Which rules a step asks: a box whose next slot is chosen goes on whatever window has closed in between. */
const asked: Record<Step, ReadonlySet<Rule>> = {
  fetch: new Set(rules.filter((rule) => rule !== maintenanceHoursAreAhead)),
  continue: new Set([windowsAreOver, windowIsAhead, confirmationIsMissing]),
  activate: new Set(rules),
  restart: new Set([callIsUp, emergencyServiceMayCallBack, lineIsInUse]),
};

/** Whether an update may take its next step now. */
export function judgeWait(step: Step, facts: GateFacts): GateVerdict {
  const place = placeAmong(facts.request.windows, facts.at);
  const view: View = { ...facts, place, pressure: pressureOf(facts, place) };
  for (const rule of rules) {
    const verdict = asked[step].has(rule) ? rule(view) : undefined;
    if (verdict) return verdict;
  }
  return { verdict: "go" };
}

/** @see Pressure */
export function pressureOf(
  { request, startedAt, at }: Pick<GateFacts, "request" | "startedAt" | "at">,
  place: WindowPlace = placeAmong(request.windows, at),
): Pressure {
  // TR-069 A.4.1.8: two modes may interrupt the service (law 7 stands above them), the others never.
  if (place.place === "inside")
    return ["any-time", "at-once"].includes(place.window.mode) ? "due" : "patient";
  const { deadline, force } = request;
  if (deadline === null) return force ? "due" : "patient";
  const [start, now, end] = [startedAt, at, deadline].map((time) => Date.parse(time));
  if (start === undefined || now === undefined || end === undefined || !isClockSet(new Date(at)))
    return "patient";
  if (now >= end) return "due";
  const whole = Math.max(0, end - (isClockSet(new Date(startedAt)) ? start : now));
  return end - now <= whole / 4 ? "pressing" : "patient";
}

function windowsAreOver({ place }: View): ReturnType<Rule> {
  return place.place === "after"
    ? { verdict: "missed", why: "the download could not be applied within its time windows" }
    : undefined;
}

function windowIsAhead({ place }: View): ReturnType<Rule> {
  return place.place === "before"
    ? hold(`its time window opens at ${minute(place.window.opens)}`)
    : undefined;
}

function confirmationIsMissing({ place, request }: View): ReturnType<Rule> {
  if (place.place !== "inside" || place.window.mode !== "confirmation" || request.confirmed === true)
    return undefined;
  const said = place.window.message ? `: ${place.window.message}` : "";
  return { verdict: "hold", why: `the subscriber is asked to confirm it${said}`, remind: true };
}

function callIsUp({ idle, pressure }: View): ReturnType<Rule> {
  return idle.idle || !idle.call ? undefined : use(idle.why, pressure);
}

function emergencyServiceMayCallBack({ idle }: View): ReturnType<Rule> {
  return idle.idle || idle.callback !== true ? undefined : hold(idle.why);
}

function maintenanceHoursAreAhead({ maintenance, request, pressure, at }: View): ReturnType<Rule> {
  if (maintenance === null || maintenance.open || request.urgent === true || pressure === "due")
    return undefined;
  const { clause, opens } = maintenance;
  if (!isClockSet(new Date(at)))
    return hold(`the clock is not set, and the terms (${clause}) name hours for it`);
  return hold(
    `the terms (${clause}) allow it from ${opens === null ? "hours that are not near" : minute(opens)}`,
  );
}

function lineIsInUse({ idle, pressure }: View): ReturnType<Rule> {
  return idle.idle || pressure === "due" ? undefined : use(idle.why, pressure);
}

// A person at the box asks for it there and then.
function lineWasJustUsed({ idle, pressure, quiet, request }: View): ReturnType<Rule> {
  if (!idle.idle || idle.quietFor === undefined || request.door === "local") return undefined;
  const left = Math.ceil(quiet[pressure] - idle.quietFor);
  return left > 0 ? hold(`the line was just used: ${quiet[pressure]} s of quiet are awaited`) : undefined;
}

const hold = (why: string): GateVerdict & { verdict: "hold" } => ({ verdict: "hold", why, remind: false });
const use = (why: string, pressure: Pressure): GateVerdict & { verdict: "hold" } => ({
  verdict: "hold",
  why,
  remind: pressure !== "patient",
});
const minute = (at: string): string => at.replace(/(T\d\d:\d\d).*$/, "$1Z");

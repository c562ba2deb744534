/** How sessions begin and end (TR-069 §3.7.1, §3.2.1.1). */
import type { Cpe, CpeEffect, Step } from "./cpe.ts";
import { informEvents, isPending, saved } from "./cpe.ts";
import { addEvent, afterBootstrap, emptyQueue, merge } from "./events.ts";
import type { Later } from "./rpc/rpc.ts";

/** The session is over and all was said: what was promised for its end follows, or the next session. */
export function finish(before: Cpe, later: Later): Step {
  const { methods } = before.acs;
  // What this ACS cannot take would ask for sessions for ever.
  const calls =
    methods === undefined ? before.calls : before.calls.filter(({ method }) => methods.includes(method));
  const { cpe, effects } = saved({ ...before, calls }, before);
  const ended: Step = {
    cpe: { ...cpe, session: { state: "idle" }, failures: 0 },
    effects: [...effects, { do: "close" }],
  };
  const doom = last(later);
  if (doom !== undefined) return andThen(ended, doom);
  return cpe.again ? continueWith(ended) : ended;
}

const continueWith = ({ cpe, effects }: Step): Step => {
  const started = start(cpe);
  return { cpe: started.cpe, effects: [...effects, ...started.effects] };
};

/** A failed session delivered nothing that was not confirmed; what it promised to do afterwards is still done. */
export function fail(cpe: Cpe, reason: string): Step {
  const { session } = cpe;
  if (session.state === "idle" || session.state === "waiting") return { cpe, effects: [] };
  const queue = session.state === "informing" ? merge(session.sent, cpe.queue) : cpe.queue;
  const tried = queue.events.length > 0 || queue.changed.length > 0;
  const kept = saved({ ...cpe, queue, tried, session: { state: "idle" } }, cpe);
  const effects: CpeEffect[] = [...kept.effects, { do: "close" }];
  const doom = "later" in session ? last(session.later) : undefined;
  if (doom !== undefined) return { cpe: kept.cpe, effects: [...effects, doom] };
  const failures = cpe.failures + 1;
  const waiting: Cpe = { ...kept.cpe, failures, session: { state: "waiting" } };
  if (isPending(waiting)) return { cpe: waiting, effects: [...effects, { do: "wait", failures, reason }] };
  // Nothing is left to tell. A connection request alone is not worth a retry: the ACS will knock again (§3.7.1.5).
  return {
    cpe: { ...waiting, failures: 0, session: { state: "idle" } },
    effects: [...effects, { do: "log", message: `session failed: ${reason}` }],
  };
}

/** TR-069 A.4.1.2: a session for every ScheduleInform whose time has come, each told with its key. */
export function passTime(cpe: Cpe, now: number): Step {
  const due = cpe.scheduled.filter(({ at }) => at <= now);
  if (due.length === 0) return { cpe, effects: [] };
  const events = due.map(({ commandKey }) => ({ eventCode: "M ScheduleInform", commandKey }));
  const queue = [{ eventCode: "3 SCHEDULED", commandKey: "" }, ...events].reduce(addEvent, cpe.queue);
  const scheduled = cpe.scheduled.filter(({ at }) => at > now);
  return request(saved({ ...cpe, queue, scheduled }, cpe));
}

/** Another ACS: it has heard nothing yet, and what was to be told was for the old one. */
export function changeAcs(cpe: Cpe, url: string): Step {
  if (url === cpe.acs.url) return { cpe, effects: [] };
  const queue = afterBootstrap(cpe.queue);
  return request(
    saved(
      { ...cpe, acs: { url, known: false }, queue, transfers: [], calls: [], scheduled: [], failures: 0 },
      cpe,
    ),
  );
}

/** Something wants a session: now when none runs (a pause after a failure ends, §3.2.1.1), else after this one. */
export function request({ cpe, effects }: Step): Step {
  if (cpe.session.state !== "idle" && cpe.session.state !== "waiting")
    return { cpe: { ...cpe, again: true }, effects };
  return continueWith({ cpe, effects });
}

/** Opens a session, where there is an ACS to talk to. */
export function start(cpe: Cpe): Step {
  if (cpe.acs.url === "" || !cpe.enabled)
    return { cpe: { ...cpe, session: { state: "idle" }, again: false }, effects: [] };
  const { acs, failures, queue } = cpe;
  return {
    cpe: {
      ...cpe,
      session: { state: "informing", url: acs.url, sent: queue, tries: 0 },
      queue: emptyQueue,
      again: false,
    },
    effects: [
      {
        do: "inform",
        url: acs.url,
        events: informEvents(cpe),
        changed: queue.changed.map(({ path }) => path),
        retryCount: failures,
        old: acs.old === true,
      },
    ],
  };
}

const last = ({ factoryReset, reboot }: Later): CpeEffect | undefined => {
  if (factoryReset === true) return { do: "factory-reset" };
  return reboot === undefined ? undefined : { do: "reboot", commandKey: reboot.commandKey };
};

/** A step with more to do at its end. */
export const andThen = ({ cpe, effects }: Step, ...more: CpeEffect[]): Step => ({
  cpe,
  effects: [...effects, ...more],
});

import type { Cpe, CpeEffect, CpeEvent, Session, Step } from "./cpe.ts";
import { informEvents, isPending, saved } from "./cpe.ts";
import {
  addChange,
  addEvent,
  afterBootstrap,
  emptyQueue,
  maximumCalls,
  maximumScheduled,
  maximumTransfers,
  merge,
} from "./events.ts";
import {
  asksAgain,
  callOf,
  maximumTries,
  misread,
  nextReport,
  optionalCalls,
  otherVersion,
  subject,
  without,
} from "./report.ts";
import { isRpc } from "./rpc/registry.ts";
import { cpeFault, type Later } from "./rpc/rpc.ts";
import type { CwmpMessage } from "./types.ts";

/** One step of the device's side of TR-069 §3.7.2. Pure: the shell executes the effects in their order. */
export function stepCpe(cpe: Cpe, event: CpeEvent): Step {
  switch (event.event) {
    case "occurred": {
      const { eventCode, commandKey } = event;
      return request(saved({ ...cpe, queue: addEvent(cpe.queue, { eventCode, commandKey }) }, cpe));
    }
    case "changed": {
      const change =
        event.lasting === true ? { path: event.path, lasting: true as const } : { path: event.path };
      const changed = saved({ ...cpe, queue: addChange(cpe.queue, change) }, cpe);
      return event.active ? request(changed) : changed;
    }
    case "changes-due":
      // Another session may have told them meanwhile.
      return cpe.queue.changed.length > 0 ? request({ cpe, effects: [] }) : { cpe, effects: [] };
    case "called":
      return request(saved({ ...cpe, calls: [...cpe.calls, event.call].slice(-maximumCalls) }, cpe));
    case "stopping":
      return saved({ ...cpe, tried: true }, cpe);
    case "transferred": {
      const transfers = [...cpe.transfers, event.transfer].slice(-maximumTransfers);
      return request(saved({ ...cpe, transfers }, cpe));
    }
    case "schedule": {
      const { at, commandKey } = event;
      return saved(
        { ...cpe, scheduled: [...cpe.scheduled, { at, commandKey }].slice(-maximumScheduled) },
        cpe,
      );
    }
    case "time":
      return passTime(cpe, event.now);
    case "acs-changed":
      return changeAcs(cpe, event.url);
    case "enabled": {
      const switched = { ...cpe, enabled: event.enabled };
      return event.enabled && isPending(switched)
        ? request({ cpe: switched, effects: [] })
        : { cpe: switched, effects: [] };
    }
    case "retry-due":
      return cpe.session.state === "waiting" ? start(cpe) : { cpe, effects: [] };
    case "failed":
      return fail(event.misread === true ? otherVersion(cpe) : cpe, event.reason);
    case "received":
    case "received-nothing":
    case "received-garbage":
    case "executed":
      break;
  }
  return converse(cpe, event);
}

type Conversation = Extract<CpeEvent, { event: `received${string}` | "executed" }>;

type Of<S extends Session["state"]> = Extract<Session, { state: S }>;

/** What each state of a session does with what the ACS says. */
const conversation: {
  readonly [S in Session["state"]]: (cpe: Cpe, session: Of<S>, event: Conversation) => Step;
} = {
  idle: ignore,
  waiting: ignore,
  informing: informed,
  reporting: reported,
  serving: serve,
  executing: executed,
};

function converse(cpe: Cpe, event: Conversation): Step {
  // The table pairs each state with its own function; the compiler cannot follow that through a lookup.
  const handle = conversation[cpe.session.state] as (cpe: Cpe, session: Session, event: Conversation) => Step;
  return handle(cpe, cpe.session, event);
}

/** Nothing is expected without a session: a late answer of one that was given up. */
function ignore(cpe: Cpe): Step {
  return { cpe, effects: [] };
}

function executed(cpe: Cpe, session: Of<"executing">, event: Conversation): Step {
  if (event.event !== "executed") return { cpe, effects: [] };
  const later = { ...session.later, ...event.later };
  const { reboot } = event.later;
  // Durable before the answer: the session may break off, the reboot happens all the same.
  const afterRestart =
    reboot === undefined
      ? cpe.afterRestart
      : [...cpe.afterRestart, { eventCode: "M Reboot", ...reboot }].slice(-8);
  const served: Cpe = { ...cpe, afterRestart, session: { state: "serving", hold: session.hold, later } };
  return then(saved(served, cpe), answer(event.body, session.id));
}

/** TR-069 §3.7.1.5: an InformResponse delivers the events, save those that wait for TransferComplete's own answer. */
function informed(cpe: Cpe, session: Of<"informing">, event: Conversation): Step {
  if (asksAgain(event) && session.tries < maximumTries)
    return {
      cpe: { ...cpe, session: { ...session, tries: session.tries + 1 } },
      effects: [{ do: "send-again" }],
    };
  if (event.event !== "received" || event.envelope.body.method !== "InformResponse") {
    return fail(misread(event) ? otherVersion(cpe) : cpe, `no InformResponse but ${describe(event)}`);
  }
  const hold = event.envelope.holdRequests === true;
  const acs = session.url === cpe.acs.url ? { ...cpe.acs, known: true } : cpe.acs;
  const delivered: Cpe = { ...cpe, acs, tried: false, session: { state: "serving", hold, later: {} } };
  return next(saved(delivered, cpe), hold, {});
}

function reported(cpe: Cpe, session: Of<"reporting">, event: Conversation): Step {
  const { later, report, tries } = session;
  const awaited = `${report === "methods" ? "GetRPCMethods" : callOf(report).method}Response`;
  if (event.event !== "received") return fail(cpe, `no ${awaited} but ${describe(event)}`);
  const { body, holdRequests } = event.envelope;
  if (asksAgain(event) && tries < maximumTries)
    return { cpe: { ...cpe, session: { ...session, tries: tries + 1 } }, effects: [{ do: "send-again" }] };
  // Any other fault means that the ACS has read it and will not take it (A.5.2).
  const refused = body.method === "Fault" && body.faultCode !== 8005 && body.faultCode !== 0;
  if (body.method !== awaited && !refused) return fail(cpe, `no ${awaited} but ${describe(event)}`);
  const hold = holdRequests === true;
  if (report === "methods") {
    // An ACS that refuses even this is taken to know everything: the calls themselves will tell.
    const methods = body.method === "GetRPCMethodsResponse" ? body.methods : optionalCalls;
    return next({ cpe: { ...cpe, acs: { ...cpe.acs, methods } }, effects: [] }, hold, later);
  }
  const step = next(saved(without(cpe, report), cpe), hold, later);
  if (!refused) return step;
  const message = `the ACS refused ${subject(report)}: fault ${body.faultCode}`;
  return { ...step, effects: [{ do: "log", message }, ...step.effects] };
}

function serve(cpe: Cpe, session: Of<"serving">, event: Conversation): Step {
  if (event.event === "received-nothing") {
    // An empty response while on hold ends the session: the ACS has nothing more, and we may not ask.
    if (!session.hold && nextReport(cpe) !== undefined)
      return next({ cpe, effects: [] }, false, session.later);
    return finish(cpe, session.later);
  }
  if (event.event === "received-garbage") {
    const { code, id, message } = event.error;
    if (code !== "UNKNOWN_METHOD" && code !== "INVALID_ARGUMENTS") return fail(cpe, message);
    const body = cpeFault(code === "UNKNOWN_METHOD" ? 9000 : 9003, message);
    return { cpe, effects: [answer(body, id)] };
  }
  if (event.event !== "received") return { cpe, effects: [] };
  const { body, id, holdRequests } = event.envelope;
  if (body.method === "Fault") return fail(cpe, `the ACS answered with fault ${body.faultCode}`);
  if (!isRpc(body.method)) {
    const fault = cpeFault(9000, `Method not supported: ${body.method}`);
    return { cpe, effects: [answer(fault, id)] };
  }
  return {
    cpe: { ...cpe, session: { state: "executing", hold: holdRequests === true, later: session.later, id } },
    effects: [{ do: "execute", request: body }],
  };
}

/** Our turn: tell the ACS what it must take when we may, else hand the turn to it with an empty POST. */
function next({ cpe, effects }: Step, hold: boolean, later: Later): Step {
  const report = hold ? undefined : nextReport(cpe);
  if (report !== undefined) {
    const body: CwmpMessage = report === "methods" ? { method: "GetRPCMethods" } : callOf(report);
    const session: Session = { state: "reporting", report, later, tries: 0 };
    return { cpe: { ...cpe, session }, effects: [...effects, { do: "send", body }] };
  }
  return {
    cpe: { ...cpe, session: { state: "serving", hold, later } },
    effects: [...effects, { do: "send-nothing" }],
  };
}

function finish(before: Cpe, later: Later): Step {
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
  if (doom !== undefined) return then(ended, doom);
  return cpe.again ? continueWith(ended) : ended;
}

const continueWith = ({ cpe, effects }: Step): Step => {
  const started = start(cpe);
  return { cpe: started.cpe, effects: [...effects, ...started.effects] };
};

/** A failed session delivered nothing that was not confirmed; what it promised to do afterwards is still done. */
function fail(cpe: Cpe, reason: string): Step {
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
function passTime(cpe: Cpe, now: number): Step {
  const due = cpe.scheduled.filter(({ at }) => at <= now);
  if (due.length === 0) return { cpe, effects: [] };
  const events = due.map(({ commandKey }) => ({ eventCode: "M ScheduleInform", commandKey }));
  const queue = [{ eventCode: "3 SCHEDULED", commandKey: "" }, ...events].reduce(addEvent, cpe.queue);
  const scheduled = cpe.scheduled.filter(({ at }) => at > now);
  return request(saved({ ...cpe, queue, scheduled }, cpe));
}

function changeAcs(cpe: Cpe, url: string): Step {
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
function request({ cpe, effects }: Step): Step {
  if (cpe.session.state !== "idle" && cpe.session.state !== "waiting")
    return { cpe: { ...cpe, again: true }, effects };
  return continueWith({ cpe, effects });
}

function start(cpe: Cpe): Step {
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

const then = ({ cpe, effects }: Step, ...more: CpeEffect[]): Step => ({
  cpe,
  effects: [...effects, ...more],
});

function describe(event: Conversation): string {
  if (event.event === "received-nothing") return "an empty answer";
  if (event.event === "received-garbage") return `an unreadable answer (${event.error.code})`;
  if (event.event === "executed") return "the end of an RPC";
  const { body } = event.envelope;
  return body.method === "Fault" ? `fault ${body.faultCode} ${body.faultString}` : body.method;
}

const answer = (body: CwmpMessage, id: string | undefined): CpeEffect => ({
  do: "send",
  body,
  ...(id === undefined ? {} : { id }),
});

import type { Cpe, CpeEffect, CpeEvent, Session, Step } from "./cpe.ts";
import { saved } from "./cpe.ts";
import { andThen, fail, finish } from "./course.ts";
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
import { cpeFault, type Later, mustUnderstandFault } from "./rpc/rpc.ts";
import type { CwmpMessage } from "./types.ts";

/** What the ACS says in a session, or what came of its request. */
export type Conversation = Extract<CpeEvent, { event: `received${string}` | "executed" }>;

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

/** One turn of a session (TR-069 §3.7.2). */
export function converse(cpe: Cpe, event: Conversation): Step {
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
  return andThen(saved(served, cpe), answer(event.body, session.id));
}

/** TR-069 §3.7.1.5: an InformResponse delivers the events, save those that wait for TransferComplete's own answer. */
function informed(cpe: Cpe, session: Of<"informing">, event: Conversation): Step {
  if (asksAgain(event) && session.tries < maximumTries)
    return {
      cpe: { ...cpe, session: { ...session, tries: session.tries + 1 } },
      effects: [{ do: "send-again" }],
    };
  if (event.event === "received" && event.envelope.notUnderstood !== undefined)
    return fail(cpe, `no InformResponse but ${describe(event)}`);
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
  const { body, holdRequests, notUnderstood } = event.envelope;
  if (notUnderstood !== undefined) return fail(cpe, `no ${awaited} but ${describe(event)}`);
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
  const { body, id, holdRequests, notUnderstood } = event.envelope;
  // SOAP 1.1 §4.2.3: such a message must not be acted on; what is no request ends the session all the same.
  if (notUnderstood !== undefined && body.method !== "Fault")
    return { cpe, effects: [answer(mustUnderstandFault(notUnderstood), id)] };
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

function describe(event: Conversation): string {
  if (event.event === "received-nothing") return "an empty answer";
  if (event.event === "received-garbage") return `an unreadable answer (${event.error.code})`;
  if (event.event === "executed") return "the end of an RPC";
  const { body, notUnderstood } = event.envelope;
  if (notUnderstood !== undefined) return `a message with a header that must be understood: ${notUnderstood}`;
  return body.method === "Fault" ? `fault ${body.faultCode} ${body.faultString}` : body.method;
}

const answer = (body: CwmpMessage, id: string | undefined): CpeEffect => ({
  do: "send",
  body,
  ...(id === undefined ? {} : { id }),
});

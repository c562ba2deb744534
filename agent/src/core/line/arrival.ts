/** An incoming call: turned away, sent on, or rung, by the terms first and the subscriber's choices then. */
import type { CallHandle } from "../ports.ts";
import { evaluateCall, evaluateIncoming } from "../terms/index.ts";
import type { Forward } from "./features.ts";
import type { EndingReason, LineContext, LineEffect, LineEvent, LineState, LineStep } from "./line-state.ts";
import { canKnock, knock } from "./second-call.ts";

type Incoming = Extract<LineEvent, { on: "incoming" }>;

/** RFC 5079: the caller withheld the number and the subscriber takes no such calls. */
const anonymityDisallowed = 433;

export function arrive(state: LineState, event: Incoming, context: LineContext): LineStep {
  const { call } = event;
  const { features } = context;
  const term = evaluateIncoming(context.terms);
  if (term) return refuse(state, call, 480, "Suspended", { cause: "refused-by-terms", terms: [term] });
  if (features.anonymousRejection && isAnonymous(event.number))
    return refuse(state, call, anonymityDisallowed, "Anonymity Disallowed", { cause: "rejected", terms: [] });
  const always = forwardTarget(features.forwardAlways, context);
  if (always !== null) return { state, effects: [deflect(call, always)] };
  if (features.doNotDisturb)
    return refuse(state, call, 480, "Do Not Disturb", { cause: "rejected", terms: [] });
  if (state.state === "on-hook") return ring(event, context);
  if (state.state === "talking" && canKnock(state, context)) return knock(state, event, context);
  const busy = forwardTarget(features.forwardBusy, context);
  if (busy !== null) return { state, effects: [deflect(call, busy)] };
  return refuse(state, call, 486, "Busy Here", { cause: "busy", terms: [] });
}

function ring(event: Incoming, context: LineContext): LineStep {
  const { call, number, name, alert } = event;
  const effects: LineEffect[] = [{ do: "ring", number, name, ...(alert && { alert }) }];
  if (forwardTarget(context.features.forwardNoAnswer, context) !== null)
    effects.push({ do: "start-timer", timer: "no-answer", ms: context.features.noAnswerMs });
  return { state: { state: "ringing", call }, effects };
}

/** It has rung for long enough. The forwarding may have been switched off meanwhile: then it rings on. */
export function sendOn(state: LineState & { state: "ringing" }, context: LineContext): LineStep {
  const target = forwardTarget(context.features.forwardNoAnswer, context);
  if (target === null) return { state, effects: [] };
  return { state: { state: "on-hook" }, effects: [{ do: "stop-ring" }, deflect(state.call, target)] };
}

/** A forwarded call is a call of this line: where its terms bar the target, the call is not sent on. */
function forwardTarget({ enabled, number }: Forward, context: LineContext): string | null {
  if (!enabled || number === "") return null;
  return evaluateCall(number, context.terms).verdict === "allowed" ? number : null;
}

function deflect(call: CallHandle, number: string): LineEffect {
  return { do: "deflect", call, number, ending: { cause: "forwarded", terms: [] } };
}

function refuse(
  state: LineState,
  call: CallHandle,
  code: number,
  reason: string,
  ending: EndingReason,
): LineStep {
  return { state, effects: [{ do: "hang-up", call, code, reason, ending }] };
}

function isAnonymous(number: string): boolean {
  return number === "" || /^(anonymous|restricted)$/i.test(number);
}

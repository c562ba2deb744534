import type { UpdateRequest } from "./state.ts";

/** Whether the box can be disturbed, in the line's own words. `call`: a call is up, being made, or ringing. */
export type IdleState = { idle: true } | { idle: false; why: string; call: boolean };

/**
 * Whether an update may go on now. A call always holds it (law 7); anything less holds it until its deadline, or not
 * at all when it is forced without one.
 * @param at now, ISO, UTC
 * @returns undefined when it may; otherwise why not, in words
 */
export function holdReason(idle: IdleState, request: UpdateRequest, at: string): string | undefined {
  if (idle.idle) return undefined;
  if (idle.call) return idle.why;
  return isPressing(request, at) ? undefined : idle.why;
}

function isPressing({ force, deadline }: UpdateRequest, at: string): boolean {
  if (deadline !== null) return Date.parse(at) >= Date.parse(deadline);
  return force;
}

import type { Messages } from "../language/en.ts";

/** Why an update that is not over has not finished, in one sentence of the language; the device's own reason stands in it. */
export function whyItWaits(
  t: Messages,
  { state, reason }: { state: string; reason: string | null },
  connection: string,
): string {
  const { why } = t.firmware;
  const sentence = sentenceFor(why, state, connection === "usp" || connection === "cwmp");
  return reason === null ? sentence : `${sentence.replace(/\.$/, "")} (${reason}).`;
}

function sentenceFor(why: Messages["firmware"]["why"], state: string, reachable: boolean): string {
  if (state === "requested") return reachable ? why.requestedReachable : why.requestedAway;
  if (state === "waiting") return why.waiting;
  return state === "trial" ? why.trial : why.busy;
}

/** What the tests of the session machine play: events, and where they lead. */
import type { Cpe, CpeEffect, CpeEvent } from "./cpe.ts";
import { startCpe } from "./cpe.ts";
import type { StoredEvent, Transfer } from "./events.ts";
import { stepCpe } from "./session.ts";
import type { CwmpMessage } from "./types.ts";

export const acs = "http://acs.example/";
export const known: StoredEvent = { kind: "acs", url: acs };
export const transfer: Transfer = {
  commandKey: "job-1",
  fault: { code: 0, string: "" },
  startTime: "2026-11-22T00:00:00Z",
  completeTime: "2026-11-22T00:01:00Z",
};
export const boot: CpeEvent = { event: "occurred", eventCode: "1 BOOT", commandKey: "" };
export const knock: CpeEvent = { event: "occurred", eventCode: "6 CONNECTION REQUEST", commandKey: "" };
export const periodic: CpeEvent = { event: "occurred", eventCode: "2 PERIODIC", commandKey: "" };
export const nothing: CpeEvent = { event: "received-nothing" };
export const says = (body: CwmpMessage, holdRequests?: boolean): CpeEvent => ({
  event: "received",
  envelope: {
    id: "acs-1",
    namespace: "urn:dslforum-org:cwmp-1-2",
    body,
    ...(holdRequests === undefined ? {} : { holdRequests }),
  },
});
export const informResponse = says({ method: "InformResponse", maxEnvelopes: 1 });
/** A message with a header that nobody here knows. */
export const strange = (body: CwmpMessage): CpeEvent => ({
  event: "received",
  envelope: { id: "acs-1", namespace: "urn:dslforum-org:cwmp-1-2", body, notUnderstood: "Transaction" },
});
export const transferCompleteResponse = says({ method: "TransferCompleteResponse" });
export const reboot = says({ method: "Reboot", commandKey: "why" });
export const failed: CpeEvent = { event: "failed", reason: "connection refused" };

/** Plays events and returns where that leads, with the effects of the last one. */
export function play(stored: StoredEvent[], ...events: CpeEvent[]): { cpe: Cpe; effects: CpeEffect[] } {
  let cpe = startCpe(acs, stored);
  let effects: CpeEffect[] = [];
  for (const event of events) ({ cpe, effects } = stepCpe(cpe, event));
  return { cpe, effects };
}
export const informOf = (effects: CpeEffect[]) => effects.find((effect) => effect.do === "inform");
export const codes = (effects: CpeEffect[]) => informOf(effects)?.events.map(({ eventCode }) => eventCode);
export const does = (effects: CpeEffect[]) => effects.map((effect) => effect.do);

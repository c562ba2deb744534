import type { EngineRegistrationEvent } from "../engine-event.ts";
import type { LineState } from "../line/index.ts";

/** TR-104 SIP.Client.{i}.Status. */
export type ClientStatus =
  | "Up"
  | "Registering"
  | "Deregistering"
  | "Error_Misconfigured"
  | "Error_Network"
  | "Error_Registration"
  | "Disabled";

/**
 * What the engine's registration news means for SIP.Client.Status. A refresh keeps a line up, and a retry keeps the
 * error of the last attempt: only results change what is told.
 */
export function clientStatus({ state, code }: EngineRegistrationEvent, previous: ClientStatus): ClientStatus {
  if (state === "registered") return "Up";
  if (state === "registering") return previous === "Disabled" ? "Registering" : previous;
  if (state === "unregistered") return "Disabled";
  // 408 stands for a request nobody answered (RFC 3261 §8.1.3.1); the registrar itself said the rest.
  return code === 0 || code === 408 || code >= 500 ? "Error_Network" : "Error_Registration";
}

/** TR-104 CallControl.Line.{i}.CallStatus. */
export type CallStatus = "Idle" | "Dialing" | "Delivered" | "Connected" | "Alerting" | "Disconnected";

const statuses: Record<LineState["state"], CallStatus> = {
  "on-hook": "Idle",
  ready: "Dialing",
  dialing: "Dialing",
  calling: "Dialing",
  ringing: "Alerting",
  answering: "Alerting",
  talking: "Connected",
  treatment: "Disconnected",
  howling: "Disconnected",
  silent: "Disconnected",
  choosing: "Connected",
  conference: "Connected",
  transferring: "Connected",
  leaving: "Disconnected",
};

export function callStatus(state: LineState): CallStatus {
  return state.state === "calling" && state.ringing ? "Delivered" : statuses[state.state];
}

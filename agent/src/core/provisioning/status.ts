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

/** What the engine's registration news means for SIP.Client.Status. A refresh of a line that is up keeps it up. */
export function clientStatus(event: EngineRegistrationEvent, previous: ClientStatus): ClientStatus {
  switch (event.state) {
    case "registered":
      return "Up";
    case "registering":
      return previous === "Up" ? "Up" : "Registering";
    case "unregistered":
      return "Disabled";
    case "failed":
      // 408 stands for a request nobody answered (RFC 3261 §8.1.3.1); the registrar itself said the rest.
      return event.code === 0 || event.code === 408 || event.code >= 500
        ? "Error_Network"
        : "Error_Registration";
  }
}

/** TR-104 CallControl.Line.{i}.CallStatus. */
export function callStatus(state: LineState): string {
  switch (state.state) {
    case "on-hook":
      return "Idle";
    case "ready":
    case "dialing":
      return "Dialing";
    case "calling":
      return state.ringing ? "Delivered" : "Dialing";
    case "ringing":
    case "answering":
      return "Alerting";
    case "talking":
      return "Connected";
    case "treatment":
    case "howling":
    case "silent":
      return "Disconnected";
  }
}

import type { Cpe, CpeEvent, Report } from "./cpe.ts";
import type { AcsCall } from "./events.ts";
import type { MessageOf } from "./types.ts";

/** Fault 8005 (A.5.2): the same message again in the same session. */
export const asksAgain = (event: CpeEvent): boolean =>
  event.event === "received" &&
  event.envelope.body.method === "Fault" &&
  event.envelope.body.faultCode === 8005;

/** An ACS that keeps asking for the same again gets the session's end. */
export const maximumTries = 3;

/**
 * Whether an answer to an Inform shows that the ACS did not understand it: another version of the protocol may be
 * what it speaks (8006 says so; older ones answer with a bare SOAP fault, 8000, 8003 or with nonsense).
 */
export function misread(event: CpeEvent): boolean {
  if (event.event === "received-garbage") return true;
  if (event.event !== "received" || event.envelope.body.method !== "Fault") return false;
  return [0, 8000, 8003, 8006].includes(event.envelope.body.faultCode);
}

/** The next session is opened in the other one of the newest and the oldest version. */
export function otherVersion(cpe: Cpe): Cpe {
  if (cpe.session.state !== "informing") return cpe;
  const { old, ...acs } = cpe.acs;
  return { ...cpe, acs: old === true ? acs : { ...acs, old: true } };
}

/** Every ACS takes TransferComplete (A.3, required); what is optional for it is only sent when it says it can. */
export function nextReport({ acs, calls, transfers }: Cpe): Report | undefined {
  const [transfer] = transfers;
  if (transfer !== undefined) return { transfer };
  const [call] = calls;
  if (call === undefined) return undefined;
  if (acs.methods === undefined) return "methods";
  const welcome = calls.find(({ method }) => acs.methods?.includes(method) === true);
  return welcome === undefined ? undefined : { call: welcome };
}

export const optionalCalls: readonly AcsCall["method"][] = ["AutonomousTransferComplete", "RequestDownload"];

export function callOf(report: Exclude<Report, "methods">): AcsCall | MessageOf<"TransferComplete"> {
  if ("call" in report) return report.call;
  const { commandKey, completeTime, fault, startTime } = report.transfer;
  return { method: "TransferComplete", commandKey, fault, startTime, completeTime };
}

export const subject = (report: Exclude<Report, "methods">): string =>
  "transfer" in report ? `the outcome of transfer ${report.transfer.commandKey}` : report.call.method;

export function without(cpe: Cpe, report: Exclude<Report, "methods">): Cpe {
  if ("call" in report) return { ...cpe, calls: cpe.calls.filter((call) => call !== report.call) };
  return { ...cpe, transfers: cpe.transfers.filter((transfer) => transfer !== report.transfer) };
}

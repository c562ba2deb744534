import type { ModelView } from "../../data-model/index.ts";
import type { AttributeTable } from "../attributes.ts";
import type {
  CwmpMessage,
  CwmpMethod,
  Download,
  Fault,
  FaultCode,
  MessageOf,
  QueuedTransfer,
  ScheduleDownload,
  SetParameterFault,
  Upload,
} from "../types.ts";

/** What must happen once the session has ended. */
export type Later = { reboot?: { commandKey: string }; factoryReset?: true };

/** Answer to a Download: status 0 done and applied, 1 accepted (TransferComplete follows), or why not. */
export type DownloadOutcome =
  | { status: 0; startTime: string; completeTime: string }
  | { status: 1 }
  | { faultCode: FaultCode; faultString: string };

/** Why a request is refused. */
export type Refusal = { faultCode: FaultCode; faultString: string };

/** The device's queue of file transfers. What it takes is durable when it returns. */
export type TransferQueue = {
  upload(request: Upload): Refusal | undefined;
  schedule(request: ScheduleDownload): Refusal | undefined;
  /** A configuration, tone or ringer file to be fetched and applied. */
  fetch(request: Download): Refusal | undefined;
  list(): QueuedTransfer[];
  cancel(commandKey: string): Refusal | undefined;
};

export type RpcContext = {
  model: ModelView;
  attributes: AttributeTable;
  transfers: TransferQueue;
  /** Asks for a session later; durable when it returns. */
  scheduleInform(delaySeconds: number, commandKey: string): void;
  download(request: Download): Promise<DownloadOutcome>;
};
export type RpcOutcome = { body: CwmpMessage; later?: Later };

/** One RPC of the device. It answers with a fault rather than throwing. */
export type Rpc<M extends CwmpMethod> = (
  request: MessageOf<M>,
  context: RpcContext,
) => RpcOutcome | Promise<RpcOutcome>;

/** TR-069 A.5.1: which codes are the ACS's own mistake. */
const clientFaults: ReadonlySet<number> = new Set([9003, 9005, 9006, 9007, 9008]);

/** A fault of the device, with the SOAP code that TR-069 A.5.1 gives it. */
export const cpeFault = (
  faultCode: FaultCode,
  faultString: string,
  setParameterFaults?: readonly SetParameterFault[],
): Fault => ({
  method: "Fault",
  faultCode,
  faultString,
  soapCode: clientFaults.has(faultCode) ? "Client" : "Server",
  ...(setParameterFaults === undefined ? {} : { setParameterFaults: [...setParameterFaults] }),
});

/** The fault of a message whose header nobody here knows. SOAP 1.1 §4.4: the detail is for the body only. */
export const mustUnderstandFault = (header: string): Fault => ({
  method: "Fault",
  faultCode: 0,
  faultString: `SOAP header not understood: ${header}`,
  soapCode: "MustUnderstand",
});

/** The longest CommandKey and ParameterKey (cwmp-1-2.xsd CommandKeyType, ParameterKeyType). */
export const maximumKeyLength = 32;

/** Longer than any schema of CWMP allows, and short enough to be kept. */
const longestText = 2048;

/** The fault of a request whose texts are too long to be kept. */
export const tooLong = (...texts: readonly string[]): Fault | undefined =>
  texts.some((text) => text.length > longestText) ? cpeFault(9003, "an argument is too long") : undefined;

/** The fault of a URL that a file cannot be fetched from or brought to (TR-069 A.3.2.8, A.4.1.5). */
export function badUrl(url: string): Fault | undefined {
  const match = /^([a-z][a-z\d+.-]*):\/\/([^/?#]+)/i.exec(url);
  if (match === null) return cpeFault(9003, "URL is not absolute");
  const [, scheme = "", authority = ""] = match;
  if (!["http", "https"].includes(scheme.toLowerCase()))
    return cpeFault(9013, "only http and https are supported");
  // RFC 3986 userinfo is forbidden here: credentials have arguments of their own (TR-069 A.3.2.8).
  return authority.includes("@") ? cpeFault(9003, "URL must not hold credentials") : undefined;
}

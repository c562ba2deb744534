import type { DataModel } from "../../data-model/index.ts";
import type { AttributeTable } from "../attributes.ts";
import type {
  CwmpMessage,
  CwmpMethod,
  Download,
  Fault,
  FaultCode,
  MessageOf,
  SetParameterFault,
} from "../types.ts";

/** What must happen once the session has ended. */
export type Later = { reboot?: { commandKey: string }; factoryReset?: true };

/** Answer to a Download: status 0 done and applied, 1 accepted (TransferComplete follows), or why not. */
export type DownloadOutcome =
  | { status: 0; startTime: string; completeTime: string }
  | { status: 1 }
  | { faultCode: FaultCode; faultString: string };

export type RpcContext = {
  model: DataModel;
  attributes: AttributeTable;
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

/** The longest CommandKey and ParameterKey (cwmp-1-2.xsd CommandKeyType, ParameterKeyType). */
export const maximumKeyLength = 32;

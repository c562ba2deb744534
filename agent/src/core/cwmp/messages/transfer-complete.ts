import { type FaultCode, unknownTime } from "../types.ts";
import type { XmlElement } from "../xml.ts";
import { child, count, type MessageCodec, tag, text } from "./codec.ts";

/** TR-069 A.3.3.2. */
export const transferComplete: MessageCodec<"TransferComplete"> = {
  encode: ({ commandKey, fault, startTime, completeTime }) =>
    tag("CommandKey", commandKey) +
    encodeFaultStruct(fault) +
    tag("StartTime", startTime) +
    tag("CompleteTime", completeTime),
  decode: (element) => ({
    method: "TransferComplete",
    commandKey: text(element, "CommandKey"),
    fault: decodeFaultStruct(element),
    startTime: text(element, "StartTime").trim() || unknownTime,
    completeTime: text(element, "CompleteTime").trim() || unknownTime,
  }),
};

/** cwmp-1-2.xsd: TransferCompleteFaultStruct's string holds 256 characters at most. */
export const encodeFaultStruct = ({ code, string }: { code: FaultCode; string: string }): string =>
  `<FaultStruct>${tag("FaultCode", code)}${tag("FaultString", string.slice(0, 256))}</FaultStruct>`;

export function decodeFaultStruct(element: XmlElement): { code: FaultCode; string: string } {
  const fault = child(element, "FaultStruct");
  return { code: count(fault, "FaultCode", 0), string: text(fault, "FaultString") };
}

export const transferCompleteResponse: MessageCodec<"TransferCompleteResponse"> = {
  encode: () => "",
  decode: () => ({ method: "TransferCompleteResponse" }),
};

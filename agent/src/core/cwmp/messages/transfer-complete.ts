import { unknownTime } from "../types.ts";
import { child, count, type MessageCodec, tag, text } from "./codec.ts";

/** TR-069 A.3.3.2. */
export const transferComplete: MessageCodec<"TransferComplete"> = {
  encode: ({ commandKey, fault, startTime, completeTime }) =>
    tag("CommandKey", commandKey) +
    // cwmp-1-2.xsd: TransferCompleteFaultStruct's string holds 256 characters at most.
    `<FaultStruct>${tag("FaultCode", fault.code)}${tag("FaultString", fault.string.slice(0, 256))}</FaultStruct>` +
    tag("StartTime", startTime) +
    tag("CompleteTime", completeTime),
  decode(element) {
    const fault = child(element, "FaultStruct");
    return {
      method: "TransferComplete",
      commandKey: text(element, "CommandKey"),
      fault: { code: count(fault, "FaultCode", 0), string: text(fault, "FaultString") },
      startTime: text(element, "StartTime").trim() || unknownTime,
      completeTime: text(element, "CompleteTime").trim() || unknownTime,
    };
  },
};

export const transferCompleteResponse: MessageCodec<"TransferCompleteResponse"> = {
  encode: () => "",
  decode: () => ({ method: "TransferCompleteResponse" }),
};

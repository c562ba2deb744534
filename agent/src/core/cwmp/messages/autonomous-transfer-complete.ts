import { unknownTime } from "../types.ts";
import { bool, count, type MessageCodec, tag, text } from "./codec.ts";
import { decodeFaultStruct, encodeFaultStruct } from "./transfer-complete.ts";

/** TR-069 A.3.3.3. */
export const autonomousTransferComplete: MessageCodec<"AutonomousTransferComplete"> = {
  encode: (message) =>
    tag("AnnounceURL", message.announceUrl) +
    tag("TransferURL", message.transferUrl) +
    tag("IsDownload", message.isDownload) +
    tag("FileType", message.fileType) +
    tag("FileSize", message.fileSize) +
    tag("TargetFileName", message.targetFileName) +
    encodeFaultStruct(message.fault) +
    tag("StartTime", message.startTime) +
    tag("CompleteTime", message.completeTime),
  decode: (element) => ({
    method: "AutonomousTransferComplete",
    announceUrl: text(element, "AnnounceURL").trim(),
    transferUrl: text(element, "TransferURL").trim(),
    isDownload: bool(element, "IsDownload"),
    fileType: text(element, "FileType").trim(),
    fileSize: count(element, "FileSize", 0),
    targetFileName: text(element, "TargetFileName"),
    fault: decodeFaultStruct(element),
    startTime: text(element, "StartTime").trim() || unknownTime,
    completeTime: text(element, "CompleteTime").trim() || unknownTime,
  }),
};

export const autonomousTransferCompleteResponse: MessageCodec<"AutonomousTransferCompleteResponse"> = {
  encode: () => "",
  decode: () => ({ method: "AutonomousTransferCompleteResponse" }),
};

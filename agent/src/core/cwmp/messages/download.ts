import { unknownTime } from "../types.ts";
import { count, type MessageCodec, requiredText, status, tag, text } from "./codec.ts";

/** TR-069 A.3.2.8. */
export const download: MessageCodec<"Download"> = {
  encode: (message) =>
    tag("CommandKey", message.commandKey) +
    tag("FileType", message.fileType) +
    tag("URL", message.url) +
    tag("Username", message.username) +
    tag("Password", message.password) +
    tag("FileSize", message.fileSize) +
    tag("TargetFileName", message.targetFileName) +
    tag("DelaySeconds", message.delaySeconds) +
    tag("SuccessURL", message.successUrl) +
    tag("FailureURL", message.failureUrl),
  decode: (element) => ({
    method: "Download",
    commandKey: text(element, "CommandKey"),
    fileType: requiredText(element, "FileType"),
    url: requiredText(element, "URL"),
    username: text(element, "Username"),
    password: text(element, "Password"),
    fileSize: count(element, "FileSize", 0),
    targetFileName: text(element, "TargetFileName"),
    delaySeconds: count(element, "DelaySeconds", 0),
    successUrl: text(element, "SuccessURL").trim(),
    failureUrl: text(element, "FailureURL").trim(),
  }),
};

export const downloadResponse: MessageCodec<"DownloadResponse"> = {
  encode: (message) =>
    tag("Status", message.status) +
    tag("StartTime", message.startTime) +
    tag("CompleteTime", message.completeTime),
  decode: (element) => ({
    method: "DownloadResponse",
    status: status(element),
    startTime: text(element, "StartTime").trim() || unknownTime,
    completeTime: text(element, "CompleteTime").trim() || unknownTime,
  }),
};

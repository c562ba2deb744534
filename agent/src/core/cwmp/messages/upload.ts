import { unknownTime } from "../types.ts";
import { count, type MessageCodec, requiredText, status, tag, text } from "./codec.ts";

/** TR-069 A.4.1.5. */
export const upload: MessageCodec<"Upload"> = {
  encode: (message) =>
    tag("CommandKey", message.commandKey) +
    tag("FileType", message.fileType) +
    tag("URL", message.url) +
    tag("Username", message.username) +
    tag("Password", message.password) +
    tag("DelaySeconds", message.delaySeconds),
  decode: (element) => ({
    method: "Upload",
    commandKey: text(element, "CommandKey"),
    fileType: requiredText(element, "FileType"),
    url: requiredText(element, "URL"),
    username: text(element, "Username"),
    password: text(element, "Password"),
    delaySeconds: count(element, "DelaySeconds", 0),
  }),
};

export const uploadResponse: MessageCodec<"UploadResponse"> = {
  encode: (message) =>
    tag("Status", message.status) +
    tag("StartTime", message.startTime) +
    tag("CompleteTime", message.completeTime),
  decode: (element) => ({
    method: "UploadResponse",
    status: status(element),
    startTime: text(element, "StartTime").trim() || unknownTime,
    completeTime: text(element, "CompleteTime").trim() || unknownTime,
  }),
};

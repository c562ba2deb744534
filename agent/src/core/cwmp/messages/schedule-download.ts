import type { TimeWindow } from "../types.ts";
import type { XmlElement } from "../xml.ts";
import { array, count, integer, items, type MessageCodec, requiredText, tag, text } from "./codec.ts";

/** TR-069 A.4.1.8. */
export const scheduleDownload: MessageCodec<"ScheduleDownload"> = {
  encode: (message) =>
    tag("CommandKey", message.commandKey) +
    tag("FileType", message.fileType) +
    tag("URL", message.url) +
    tag("Username", message.username) +
    tag("Password", message.password) +
    tag("FileSize", message.fileSize) +
    tag("TargetFileName", message.targetFileName) +
    array(
      "TimeWindowList",
      "cwmp:TimeWindowStruct",
      message.windows.length,
      message.windows.map(encodeWindow).join(""),
    ),
  decode: (element) => ({
    method: "ScheduleDownload",
    commandKey: text(element, "CommandKey"),
    fileType: requiredText(element, "FileType"),
    url: requiredText(element, "URL"),
    username: text(element, "Username"),
    password: text(element, "Password"),
    fileSize: count(element, "FileSize", 0),
    targetFileName: text(element, "TargetFileName"),
    windows: items(element, "TimeWindowList").map(decodeWindow),
  }),
};

export const scheduleDownloadResponse: MessageCodec<"ScheduleDownloadResponse"> = {
  encode: () => "",
  decode: () => ({ method: "ScheduleDownloadResponse" }),
};

const encodeWindow = ({ start, end, mode, userMessage, maxRetries }: TimeWindow): string =>
  `<TimeWindowStruct>${tag("WindowStart", start)}${tag("WindowEnd", end)}${tag("WindowMode", mode)}` +
  `${tag("UserMessage", userMessage)}${tag("MaxRetries", maxRetries)}</TimeWindowStruct>`;

const decodeWindow = (element: XmlElement): TimeWindow => ({
  start: count(element, "WindowStart", 0),
  end: count(element, "WindowEnd", 0),
  mode: requiredText(element, "WindowMode"),
  userMessage: text(element, "UserMessage"),
  maxRetries: integer(element, "MaxRetries", -1),
});

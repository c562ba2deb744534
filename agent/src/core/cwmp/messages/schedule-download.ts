import type { TimeWindow } from "../types.ts";
import type { XmlElement } from "../xml.ts";
import { array, count, integer, items, type MessageCodec, requiredText, tag, text } from "./codec.ts";
import { decodeFetchOrder, encodeFetchOrder } from "./transfer-order.ts";

/** TR-069 A.4.1.8. */
export const scheduleDownload: MessageCodec<"ScheduleDownload"> = {
  encode: (message) =>
    encodeFetchOrder(message) +
    array(
      "TimeWindowList",
      "cwmp:TimeWindowStruct",
      message.windows.length,
      message.windows.map(encodeWindow).join(""),
    ),
  decode: (element) => ({
    method: "ScheduleDownload",
    ...decodeFetchOrder(element),
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

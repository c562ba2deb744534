import { unknownTime } from "../types.ts";
import type { XmlElement } from "../xml.ts";
import { count, requiredText, status, tag, text } from "./codec.ts";

/** What every order to move a file begins with (TR-069 A.3.2.8, A.4.1.5, A.4.1.8). */
export type TransferOrder = {
  commandKey: string;
  fileType: string;
  url: string;
  username: string;
  password: string;
};
/** What an order to fetch a file adds; a size of 0 is not known. */
export type FetchOrder = TransferOrder & { fileSize: number; targetFileName: string };

export const encodeTransferOrder = (order: TransferOrder): string =>
  tag("CommandKey", order.commandKey) +
  tag("FileType", order.fileType) +
  tag("URL", order.url) +
  tag("Username", order.username) +
  tag("Password", order.password);

export const decodeTransferOrder = (element: XmlElement): TransferOrder => ({
  commandKey: text(element, "CommandKey"),
  fileType: requiredText(element, "FileType"),
  url: requiredText(element, "URL"),
  username: text(element, "Username"),
  password: text(element, "Password"),
});

export const encodeFetchOrder = (order: FetchOrder): string =>
  encodeTransferOrder(order) + tag("FileSize", order.fileSize) + tag("TargetFileName", order.targetFileName);

export const decodeFetchOrder = (element: XmlElement): FetchOrder => ({
  ...decodeTransferOrder(element),
  fileSize: count(element, "FileSize", 0),
  targetFileName: text(element, "TargetFileName"),
});

type Times = { status: 0 | 1; startTime: string; completeTime: string };

/** Both directions are answered alike. */
export const encodeTransferAnswer = (answer: Times): string =>
  tag("Status", answer.status) +
  tag("StartTime", answer.startTime) +
  tag("CompleteTime", answer.completeTime);

export const decodeTransferAnswer = (element: XmlElement): Times => ({
  status: status(element),
  startTime: text(element, "StartTime").trim() || unknownTime,
  completeTime: text(element, "CompleteTime").trim() || unknownTime,
});

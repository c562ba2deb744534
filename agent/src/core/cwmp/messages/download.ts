import { count, type MessageCodec, tag, text } from "./codec.ts";
import {
  decodeFetchOrder,
  decodeTransferAnswer,
  encodeFetchOrder,
  encodeTransferAnswer,
} from "./transfer-order.ts";

/** TR-069 A.3.2.8. */
export const download: MessageCodec<"Download"> = {
  encode: (message) =>
    encodeFetchOrder(message) +
    tag("DelaySeconds", message.delaySeconds) +
    tag("SuccessURL", message.successUrl) +
    tag("FailureURL", message.failureUrl),
  decode: (element) => ({
    method: "Download",
    ...decodeFetchOrder(element),
    delaySeconds: count(element, "DelaySeconds", 0),
    successUrl: text(element, "SuccessURL").trim(),
    failureUrl: text(element, "FailureURL").trim(),
  }),
};

export const downloadResponse: MessageCodec<"DownloadResponse"> = {
  encode: encodeTransferAnswer,
  decode: (element) => ({ method: "DownloadResponse", ...decodeTransferAnswer(element) }),
};

import { count, type MessageCodec, tag } from "./codec.ts";
import {
  decodeTransferAnswer,
  decodeTransferOrder,
  encodeTransferAnswer,
  encodeTransferOrder,
} from "./transfer-order.ts";

/** TR-069 A.4.1.5. */
export const upload: MessageCodec<"Upload"> = {
  encode: (message) => encodeTransferOrder(message) + tag("DelaySeconds", message.delaySeconds),
  decode: (element) => ({
    method: "Upload",
    ...decodeTransferOrder(element),
    delaySeconds: count(element, "DelaySeconds", 0),
  }),
};

export const uploadResponse: MessageCodec<"UploadResponse"> = {
  encode: encodeTransferAnswer,
  decode: (element) => ({ method: "UploadResponse", ...decodeTransferAnswer(element) }),
};

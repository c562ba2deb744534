import type { QueuedTransfer } from "../types.ts";
import type { XmlElement } from "../xml.ts";
import { array, bool, count, invalid, items, type MessageCodec, tag, text } from "./codec.ts";

/** TR-069 A.4.1.1, the form of cwmp-1-0. */
export const getQueuedTransfers: MessageCodec<"GetQueuedTransfers"> = {
  encode: () => "",
  decode: () => ({ method: "GetQueuedTransfers" }),
};

export const getQueuedTransfersResponse: MessageCodec<"GetQueuedTransfersResponse"> = {
  encode({ transfers }) {
    let content = "";
    for (const { commandKey, state } of transfers)
      content += `<QueuedTransferStruct>${tag("CommandKey", commandKey)}${tag("State", state)}</QueuedTransferStruct>`;
    return array("TransferList", "cwmp:QueuedTransferStruct", transfers.length, content);
  },
  decode: (element) => ({
    method: "GetQueuedTransfersResponse",
    transfers: items(element, "TransferList").map((item) => ({
      commandKey: text(item, "CommandKey"),
      state: transferState(item),
    })),
  }),
};

/** TR-069 A.4.1.7. */
export const getAllQueuedTransfers: MessageCodec<"GetAllQueuedTransfers"> = {
  encode: () => "",
  decode: () => ({ method: "GetAllQueuedTransfers" }),
};

export const getAllQueuedTransfersResponse: MessageCodec<"GetAllQueuedTransfersResponse"> = {
  encode({ transfers }) {
    let content = "";
    for (const { commandKey, state, isDownload, fileType, fileSize, targetFileName } of transfers) {
      content +=
        `<AllQueuedTransferStruct>${tag("CommandKey", commandKey)}${tag("State", state)}${tag("IsDownload", isDownload)}` +
        `${tag("FileType", fileType)}${tag("FileSize", fileSize)}${tag("TargetFileName", targetFileName)}</AllQueuedTransferStruct>`;
    }
    return array("TransferList", "cwmp:AllQueuedTransferStruct", transfers.length, content);
  },
  decode: (element) => ({
    method: "GetAllQueuedTransfersResponse",
    transfers: items(element, "TransferList").map((item) => ({
      commandKey: text(item, "CommandKey"),
      state: transferState(item),
      isDownload: bool(item, "IsDownload"),
      fileType: text(item, "FileType").trim(),
      fileSize: count(item, "FileSize", 0),
      targetFileName: text(item, "TargetFileName"),
    })),
  }),
};

function transferState(element: XmlElement): QueuedTransfer["state"] {
  const state = count(element, "State", 0);
  if (state === 1 || state === 2 || state === 3) return state;
  throw invalid("State is not 1, 2 or 3");
}

/** TR-069 A.4.1.9. */
export const cancelTransfer: MessageCodec<"CancelTransfer"> = {
  encode: ({ commandKey }) => tag("CommandKey", commandKey),
  decode: (element) => ({ method: "CancelTransfer", commandKey: text(element, "CommandKey") }),
};

export const cancelTransferResponse: MessageCodec<"CancelTransferResponse"> = {
  encode: () => "",
  decode: () => ({ method: "CancelTransferResponse" }),
};

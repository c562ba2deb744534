export {
  blockLength,
  control,
  crc16,
  decodeBlock,
  decodeFileHeader,
  encodeBlock,
  encodeFileHeader,
  type Block,
  type FileHeader,
} from "./frame.ts";
export {
  createSender,
  senderDefaults,
  stepSender,
  type SenderEffect,
  type SenderEvent,
  type SenderOptions,
  type SenderState,
  type TransferFailure,
} from "./sender.ts";

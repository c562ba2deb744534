export { systemDisk, replaceFile, type Disk, type DiskFile } from "./disk.ts";
export { createUpdateEngine, type UpdateEngine } from "./engine.ts";
export type {
  ActivationOrder,
  CancelAnswer,
  OrderAnswer,
  RecallOrder,
  UpdateOrder,
  UpdatePolicy,
} from "./order.ts";
export type {
  ImageSupply,
  OfferedImage,
  ReleaseCheck,
  ReleaseWord,
  UpdateLog,
  UpdateOptions,
  UpdateReport,
  UpdateTiming,
  UpdateView,
} from "./options.ts";
export { createByteCount } from "./byte-count.ts";
export { openDeltaGate } from "./delta-gate.ts";
export { imageFileIn } from "./image-file.ts";
export { openReleaseGate } from "./release-gate.ts";
export { anyReachable, type Landmark } from "./reachability.ts";
export { boardSlots, readBoardSlots, versionInSlot, type BoardSlots } from "./board-slots.ts";
export { createPartitionSlots } from "./partition-slots.ts";
export { createFolderSlots, slotFolder, type UpdateBackend } from "./slots.ts";
export { fileTransport } from "./file-transport.ts";
export { createHttpTransport, type Transport } from "./transport.ts";
export { loadTrustedKeys, TrustError } from "./trust.ts";
export { watchdogAlive, whenBoardGone } from "./board-link.ts";

export { boxFiles, trustFiles } from "./board-image/factory.ts";
export {
  copyBytes as factoryCopyBytes,
  decodeFactoryArchive,
  decodeFactoryHeader,
  encodeFactoryPartition,
  factoryBytes,
} from "./board-image/factory-partition.ts";
export { compareImages, type ImageComparison } from "./compare.ts";
export { buildImage, inspectImage, type ImageOrder, type ImageReport } from "./image.ts";
export { createKeyPair, keyIdOf, readPrivateKey, readTrust, type KeyPair } from "./keys.ts";
export { FirmwareToolError } from "./problem.ts";
export {
  addImages,
  describeRepository,
  initRepository,
  publishRepository,
  refreshRepository,
  removeImage,
  rotateRoot,
  signDrafts,
} from "./repository/index.ts";
export { signDisk, type DiskOrder } from "./disk-image.ts";
export { encodeSRecords } from "./board-image/ticket.ts";

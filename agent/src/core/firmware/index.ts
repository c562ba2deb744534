export {
  decodeBootEnvironment,
  decodeFloorSector,
  encodeBootEnvironment,
  encodeFloorSector,
  floorPlaces,
  startsPerSlot,
  type BootEnvironment,
  type BootName,
} from "./boot-environment.ts";
export { bootEnvironmentBytes } from "./environment-sector.ts";
export { fitVersion } from "./fit.ts";
export { FirmwareError, type FirmwareErrorCode } from "./errors.ts";
export {
  decodeImageHeader,
  encodeImageHeader,
  encodeSignedPart,
  imageHeaderSize,
  prefixSize,
  type ImageHeader,
} from "./header.ts";
export {
  judgeImage,
  judgeSignature,
  type ImageRefusal,
  type ImageRefusalCode,
  type ImageTarget,
  type SignatureCheck,
} from "./judge.ts";
export {
  imageFile,
  imageManifest,
  maximumPayload,
  unpackedSize,
  type ImageFile,
  type ImageManifest,
} from "./manifest.ts";
export { compareVersions, versionPattern } from "./version.ts";
export { decodeTarEntry, encodeTarEntry, tarBlock, tarEnd, type TarEntry } from "./tar.ts";

export { asciiBytes, asciiText, canonicalJson } from "./canonical-json.ts";
export { ReleaseError, type ReleaseErrorCode } from "./errors.ts";
export { findAgain, findListing, listedImages, type ListedImage, type Listing } from "./listing.ts";
export {
  decodeMetadata,
  metadataLimit,
  releasedImage,
  releaseRoles,
  type Metadata,
  type ReleasedImage,
  type ReleaseRole,
  type SignedMetadata,
} from "./metadata.ts";
export {
  refreshRelease,
  type CurrentRelease,
  type RefreshAnswer,
  type RefreshEffect,
  type RefreshOptions,
} from "./refresh.ts";
export { requireSigned, signersOf, type ReleaseCrypto } from "./signatures.ts";
export {
  decodeRelease,
  encodeRelease,
  factoryRelease,
  releaseRecord,
  type ReleaseRecord,
  type TrustedRelease,
} from "./trusted.ts";

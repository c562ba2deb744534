import type { ImageHeader } from "./header.ts";
import { compareVersions } from "./version.ts";

/** Why a readable image is not for this device. */
export type ImageRefusalCode =
  | "SIGNER_UNKNOWN"
  | "SIGNATURE_INVALID"
  | "PRODUCT_MISMATCH"
  | "HARDWARE_MISMATCH"
  | "SECURITY_FLOOR"
  | "SAME_VERSION"
  | "DOWNGRADE";

export type ImageRefusal = { code: ImageRefusalCode; reason: string };

/** Checks a signature with the trusted key of that id; cryptography is the shell's. */
export type SignatureCheck = (
  keyId: string,
  signed: Uint8Array,
  signature: Uint8Array,
) => "valid" | "invalid" | "unknown-key";

/** What a device is and runs, as far as an image must fit it. */
export type ImageTarget = {
  product: string;
  hardware: string;
  version: string;
  securityFloor: number;
};

/** Whether a trusted key signed the image: all that a store of images, which is no device, can ask. */
export function judgeSignature(header: ImageHeader, check: SignatureCheck): ImageRefusal | undefined {
  const { keyId } = header.manifest;
  const answer = check(keyId, header.signed, header.signature);
  if (answer === "unknown-key")
    return {
      code: "SIGNER_UNKNOWN",
      reason: `no trusted key has the id ${keyId.slice(0, 16)}… that signed the image`,
    };
  if (answer === "invalid")
    return { code: "SIGNATURE_INVALID", reason: "the image's signature does not fit its content" };
  return undefined;
}

/**
 * Whether a device may take an image. The signature comes first: nothing else in the header counts without it.
 * @returns undefined when it may; otherwise why not
 */
export function judgeImage(
  header: ImageHeader,
  target: ImageTarget,
  check: SignatureCheck,
): ImageRefusal | undefined {
  const signature = judgeSignature(header, check);
  if (signature) return signature;
  const { product, hardware, version, securityFloor } = header.manifest;
  if (product !== target.product)
    return {
      code: "PRODUCT_MISMATCH",
      reason: `the image is for ${product}, this is ${target.product}`,
    };
  if (!hardware.includes(target.hardware))
    return {
      code: "HARDWARE_MISMATCH",
      reason: `the image is for ${hardware.join(", ")}, this is ${target.hardware}`,
    };
  if (securityFloor < target.securityFloor)
    return {
      code: "SECURITY_FLOOR",
      reason: `the image's security floor ${securityFloor} is below this device's ${target.securityFloor}`,
    };
  const order = compareVersions(version, target.version);
  if (order === 0) return { code: "SAME_VERSION", reason: `version ${version} is already running` };
  if (order < 0)
    return {
      code: "DOWNGRADE",
      reason: `version ${version} is older than the running ${target.version}`,
    };
  return undefined;
}

import type { ImageHeader } from "../firmware/index.ts";
import { releasedImage, type Metadata, type ReleasedImage } from "./metadata.ts";
import type { ReleaseCrypto } from "./signatures.ts";

/** An image that the release role published. */
export type ListedImage = { name: string; length: number; sha256: string; image: ReleasedImage };

/** The images of a repository; targets that are none of ours do not count. */
export function listedImages({ signed }: Metadata<"targets">): ListedImage[] {
  return Object.entries(signed.targets).flatMap(([name, { length, hashes, custom }]) => {
    const image = releasedImage.safeParse(custom);
    return image.success ? [{ name, length, sha256: hashes.sha256, image: image.data }] : [];
  });
}

/** Which image a header belongs to, or why there is none, in words. */
export type Listing = { listed: ListedImage } | { listed: undefined; reason: string };

/**
 * Finds the image that a header begins among those that are published: by the header's hash, which binds the payload's.
 * What the target says beside it must be what the header says, so that a slip of the publisher is noticed (TUF §5.7).
 * @param head the bytes of the header, exactly
 * @param hardware of the device that asks
 */
export function findListing(
  targets: Metadata<"targets">,
  header: ImageHeader,
  head: Uint8Array,
  hardware: string,
  crypto: ReleaseCrypto,
): Listing {
  const { version, product, securityFloor, payload } = header.manifest;
  const again = findAgain(targets, { version, headerSha256: crypto.sha256(head) }, hardware);
  if (!again.listed) return again;
  const found = again.listed;
  const { image, length } = found;
  if (length !== header.payloadOffset + payload.size)
    return refuse(
      `the release lists ${found.name} with ${length} bytes, it has ${header.payloadOffset + payload.size}`,
    );
  if (image.version !== version || image.product !== product || image.securityFloor !== securityFloor)
    return refuse(
      `the release lists ${found.name} as ${image.product} ${image.version}, it is ${product} ${version}`,
    );
  return again;
}

/** Finds an image whose header was judged before: whether it is still published, and for this hardware. */
export function findAgain(
  targets: Metadata<"targets">,
  { version, headerSha256 }: { version: string; headerSha256: string },
  hardware: string,
): Listing {
  const found = listedImages(targets).find(({ image }) => image.header.sha256 === headerSha256);
  if (!found)
    return refuse(`version ${version} is not among the images that release ${targets.signed.version} lists`);
  if (!found.image.hardware.includes(hardware))
    return refuse(
      `the release lists ${found.name} for ${found.image.hardware.join(", ")}, this is ${hardware}`,
    );
  return { listed: found };
}

function refuse(reason: string): Listing {
  return { listed: undefined, reason: reason.slice(0, 300) };
}

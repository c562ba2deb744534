import * as z from "zod";
import { versionPattern } from "./version.ts";

/** Most bytes an image's payload, and what it unpacks to, may have: 96 MiB, a kernel and a root of a board's slot. */
export const maximumPayload = 96 * 1024 * 1024;

// A path that cannot leave the slot, hide (leading dot segments), or mean something else on another system.
const path = z
  .string()
  .max(200)
  .regex(
    /^(?:[A-Za-z0-9_@][A-Za-z0-9._@+-]{0,98}\/){0,9}[A-Za-z0-9_@][A-Za-z0-9._@+-]{0,98}$/,
    "must be a relative path of plain names",
  );

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits");

/** One file of an image: all of them, and nothing else, stand in the payload. `mode` is the Unix mode in decimal. */
export const imageFile = z.strictObject({
  path,
  size: z.int().min(0).max(maximumPayload),
  sha256,
  mode: z.union([z.literal(0o644), z.literal(0o755)]),
  /** Of a longer file: its content-defined chunks, so that a box need not fetch those it has (core/delta). */
  chunks: z.string().max(200_000).optional(),
});
export type ImageFile = z.infer<typeof imageFile>;

/** What an image says about itself; signed as a whole, so everything in it can be believed once the signature holds. */
export const imageManifest = z
  .strictObject({
    format: z.literal(1),
    product: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
    version: z.string().max(100).regex(versionPattern, "must be a version such as 1.2.3"),
    /** Hardware profile ids that may run it, such as `virtual/sim`. */
    hardware: z
      .array(
        z
          .string()
          .regex(/^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9._-]*$/)
          .max(100),
      )
      .min(1)
      .max(64),
    /** A device never goes below the highest floor it has committed: closes the way back to a known hole. */
    securityFloor: z.int().min(0).max(1_000_000),
    /** Lower-case hexadecimal SHA-256 of the signer's public key as DER SubjectPublicKeyInfo. */
    keyId: sha256,
    payload: z.strictObject({ size: z.int().min(1).max(maximumPayload), sha256 }),
    files: z.array(imageFile).min(1).max(2000),
    createdAt: z.iso.datetime(),
  })
  .superRefine((manifest, context) => {
    const paths = new Set(manifest.files.map((file) => file.path));
    if (paths.size !== manifest.files.length)
      context.addIssue({ code: "custom", message: "a file stands twice" });
    if (manifest.files.some((file) => isInsideOf(file.path, paths)))
      context.addIssue({ code: "custom", message: "a file is also a folder" });
    if (unpackedSize(manifest.files) > maximumPayload)
      context.addIssue({ code: "custom", message: "the files are larger than a slot" });
  });
export type ImageManifest = z.infer<typeof imageManifest>;

/** Bytes that the files take once unpacked. */
export function unpackedSize(files: readonly ImageFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}

function isInsideOf(path: string, paths: ReadonlySet<string>): boolean {
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1))
    if (paths.has(path.slice(0, slash))) return true;
  return false;
}

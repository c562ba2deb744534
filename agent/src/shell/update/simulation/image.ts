import { createHash, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { gzipSync } from "node:zlib";
import { chunkLength, chunkSizes, encodeChunkList, type Chunk } from "../../../core/delta/index.ts";
import {
  encodeImageHeader,
  encodeSignedPart,
  encodeTarEntry,
  tarBlock,
  tarEnd,
  type ImageManifest,
  type SignatureCheck,
} from "../../../core/firmware/index.ts";
import { digestOf } from "../delta-base.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const keyId = sha256(publicKey.export({ type: "spki", format: "der" }));

/** Trusts the key that {@link makeImage} signs with. */
export const trusted: SignatureCheck = (id, signed, signature) =>
  id !== keyId ? "unknown-key" : verify(null, signed, publicKey, signature) ? "valid" : "invalid";

/** What is made of a version, made once: every life asks for the same files many times. */
export function ofVersion<T>(make: (version: string) => T): (version: string) => T {
  const known = new Map<string, T>();
  return (version) => {
    const made = known.get(version) ?? make(version);
    known.set(version, made);
    return made;
  };
}

/** The files of a small image of a version: enough of them, and large enough, to be half written. */
export const filesOf = ofVersion(
  (version) =>
    new Map([
      [
        "agent.mjs",
        Buffer.concat(
          Array.from({ length: 900 }, (_, index) => sha512(index < 400 ? `${version}/${index}` : `${index}`)),
        ),
      ],
      ["image.json", Buffer.from(JSON.stringify({ product: "tonalite-agent", version }))],
      ["lib/deep/data.bin", sha512(version)],
    ]),
);

export type ImageChange = {
  manifest?: Partial<ImageManifest>;
  files?: Map<string, Buffer>;
  /** The archive's paths, where they shall differ from the manifest's. */
  archive?: Map<string, Buffer>;
  key?: KeyObject;
  /** Not packed, with lists of chunks. */
  plain?: true;
};

/** A signed image of a version, with what a test wants to be wrong about it. */
export function makeImage(version: string, change: ImageChange = {}): Buffer {
  const files = change.files ?? filesOf(version);
  const parts = [...(change.archive ?? files)].flatMap(([path, bytes]) => [
    encodeTarEntry({ path, size: bytes.length, mode: 0o644 }),
    bytes,
    Buffer.alloc((tarBlock - (bytes.length % tarBlock)) % tarBlock),
  ]);
  const archive = Buffer.concat([...parts, tarEnd]);
  const payload = change.plain ? archive : gzipSync(archive);
  const signed = encodeSignedPart({
    format: 1,
    product: "tonalite-agent",
    version,
    hardware: ["virtual/sim"],
    securityFloor: 0,
    keyId,
    payload: { size: payload.length, sha256: sha256(payload) },
    files: [...files].map(([path, bytes]) => ({
      path,
      size: bytes.length,
      sha256: sha256(bytes),
      mode: 0o644,
      ...(change.plain && bytes.length > chunkSizes.least && { chunks: encodeChunkList(chunksOf(bytes)) }),
    })),
    createdAt: "2026-01-01T00:00:00Z",
    ...change.manifest,
  });
  return Buffer.concat([encodeImageHeader(signed, sign(null, signed, change.key ?? privateKey)), payload]);
}

/** The chunks of a file. */
export function chunksOf(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let start = 0; start < bytes.length;) {
    const length = chunkLength(bytes, start);
    chunks.push({ length, digest: digestOf(bytes.subarray(start, start + length)) });
    start += length;
  }
  return chunks;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function sha512(text: string): Buffer {
  return createHash("sha512").update(text).digest();
}

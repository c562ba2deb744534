import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { chunkLength, digestDigits, planPayload, type PlanPiece } from "@tonalite/agent/core/delta";
import {
  decodeImageHeader,
  decodeTarEntry,
  tarBlock,
  type ImageManifest,
} from "@tonalite/agent/core/firmware";
import { FirmwareToolError } from "./problem.ts";

/** What travels to a box that runs one image when it takes another. Sizes in bytes. */
export type ImageComparison = {
  from: string;
  to: string;
  /** Of the whole new image. */
  size: number;
  /** Its header with the lists of chunks, and the chunks that the old image lacks. */
  travels: number;
  header: number;
  /** Ranges that are asked for beside the header. */
  ranges: number;
  /** The new image's files of which something travels, the most first. */
  files: { path: string; size: number; travels: number }[];
};

/**
 * Compares two images as a box does that runs the first.
 * @throws FirmwareToolError when one is packed: of such, everything travels
 */
export function compareImages(oldFile: string, newFile: string): ImageComparison {
  const before = open(oldFile);
  const after = open(newFile);
  const known = new Set([...contentsOf(before)].flatMap(digestsOf));
  const isMissing = (piece: PlanPiece): boolean => "digest" in piece && !known.has(piece.digest);
  const missing = after.pieces.filter(isMissing);
  const payload = missing.reduce((sum, { length }) => sum + length, 0);
  return {
    from: before.manifest.version,
    to: after.manifest.version,
    size: after.bytes.length,
    travels: after.payloadOffset + payload,
    header: after.payloadOffset,
    ranges: after.pieces.filter(
      (piece, index) => isMissing(piece) && !isMissing(after.pieces[index - 1] ?? none),
    ).length,
    files: filesOf(after, isMissing)
      .filter(({ travels }) => travels > 0)
      .toSorted((left, right) => right.travels - left.travels),
  };
}

const none: PlanPiece = { length: 0, bytes: new Uint8Array(0) };

type Opened = { bytes: Buffer; manifest: ImageManifest; payloadOffset: number; pieces: PlanPiece[] };

function open(file: string): Opened {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new FirmwareToolError(`${file} cannot be read`, { cause });
  }
  const { manifest, payloadOffset } = decodeImageHeader(bytes);
  const pieces = planPayload(manifest);
  if (!pieces)
    throw new FirmwareToolError(`${file} has no lists of chunks: it was built by an older version`);
  return { bytes, manifest, payloadOffset, pieces };
}

function* contentsOf({ bytes, payloadOffset }: Opened): Generator<Buffer> {
  for (let at = payloadOffset; ;) {
    const entry = decodeTarEntry(bytes.subarray(at, at + tarBlock));
    if (!entry) return;
    yield bytes.subarray(at + tarBlock, at + tarBlock + entry.size);
    at += tarBlock + Math.ceil(entry.size / tarBlock) * tarBlock;
  }
}

function digestsOf(content: Buffer): string[] {
  const digests: string[] = [];
  for (let start = 0; start < content.length;) {
    const length = chunkLength(content, start);
    const hash = createHash("sha256").update(content.subarray(start, start + length));
    digests.push(hash.digest("hex").slice(0, digestDigits));
    start += length;
  }
  return digests;
}

// The pieces stand in the order of the files, each file's behind its own header block.
function filesOf(
  { manifest, pieces }: Opened,
  isMissing: (piece: PlanPiece) => boolean,
): ImageComparison["files"] {
  let next = 0;
  return manifest.files.map(({ path, size }) => {
    let travels = 0;
    next += 1;
    for (let left = size; left > 0; next += 1) {
      const piece = pieces[next] ?? none;
      if (isMissing(piece)) travels += piece.length;
      left -= piece.length;
    }
    if (size % tarBlock !== 0) next += 1;
    return { path, size, travels };
  });
}

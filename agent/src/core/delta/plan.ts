import { encodeTarEntry, tarBlock, tarEnd, type ImageManifest } from "../firmware/index.ts";
import { chunkSizes } from "./chunker.ts";
import { decodeChunkList, digestDigits } from "./chunk-list.ts";

/** A piece of an image's payload, in order: bytes that follow from the manifest, or a chunk of a file. */
export type PlanPiece = { length: number } & ({ bytes: Uint8Array } | { digest: string });

/**
 * How an image's payload is put together again from chunks: the archive's own blocks follow from the manifest.
 * @returns undefined when the payload is no plain archive whose files have lists of chunks: then all of it travels
 */
export function planPayload({ files, payload }: ImageManifest): PlanPiece[] | undefined {
  const pieces: PlanPiece[] = [];
  for (const { path, size, mode, sha256, chunks } of files) {
    pieces.push(own(encodeTarEntry({ path, size, mode })));
    const whole = [{ length: size, digest: sha256.slice(0, digestDigits) }];
    const list =
      chunks !== undefined ? decodeChunkList(chunks, size) : size <= chunkSizes.least ? whole : undefined;
    if (!list || list.some(({ length }) => length > chunkSizes.most)) return undefined;
    pieces.push(...list.filter(({ length }) => length > 0));
    const padding = (tarBlock - (size % tarBlock)) % tarBlock;
    if (padding > 0) pieces.push(own(new Uint8Array(padding)));
  }
  pieces.push(own(tarEnd));
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  return total === payload.size ? pieces : undefined;
}

function own(bytes: Uint8Array): PlanPiece {
  return { length: bytes.length, bytes };
}

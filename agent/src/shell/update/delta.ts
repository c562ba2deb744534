import { planPayload, type PlanPiece } from "../../core/delta/index.ts";
import {
  decodeImageHeader,
  FirmwareError,
  judgeSignature,
  type SignatureCheck,
} from "../../core/firmware/index.ts";
import type { ImageFacts } from "../../core/update/index.ts";
import { findChunks, type DeltaBase } from "./delta-base.ts";
import { createDeltaTransport } from "./delta-transport.ts";
import type { Disk } from "./disk.ts";
import type { ImageSource } from "./download.ts";
import type { ImageSupply, UpdateLog } from "./options.ts";
import { requireBytes, TemporaryFailure } from "./rejection.ts";

export type DeltaSupplyOptions = {
  disk: Disk;
  /** The image as far as it was fetched before. */
  imageFile: string;
  /** Files or partitions that images lie in: the running one, and what an update that failed has left. */
  contents: () => Promise<readonly string[]>;
  trustedKeys: SignatureCheck;
  log: UpdateLog;
  /** Bytes of the image that came from the box itself, and from its server, since this download was begun or resumed. */
  onBytes: (counts: { reused: number; fetched: number }) => void;
};

type Plan = { pieces: readonly PlanPiece[]; base: DeltaBase };

/**
 * Finds what of an image the box has already: chunks of those in its slots, by the list in the new one's signed manifest.
 * In any doubt it steps aside and the whole image travels; the image's hash is compared in the end in either case.
 */
export function createDeltaSupply(options: DeltaSupplyOptions): ImageSupply {
  const { disk, log } = options;
  let plan: (Plan & { sha256: string }) | undefined;
  // Images that were put together once already: when one is asked for again, it was not what it should be.
  const done = new Set<string>();

  return {
    async prepare({ source, image }) {
      const { sha256 } = image;
      if (done.has(sha256)) return undefined;
      if (plan?.sha256 !== sha256) {
        const made = await makePlan(options, source, image);
        if (!made) return undefined;
        plan = { ...made, sha256 };
        const missing = made.pieces.filter((piece) => "digest" in piece && !made.base.has(piece.digest));
        const bytes = missing.reduce((sum, { length }) => sum + length, 0);
        log.info(
          { version: image.version, size: image.size, missing: bytes },
          "most of the image is here already",
        );
      }
      const counts = { reused: 0, fetched: 0 };
      const end = (): void => {
        done.add(sha256);
        plan = undefined;
      };
      return createDeltaTransport({
        disk,
        source,
        image,
        pieces: plan.pieces,
        base: plan.base,
        doubt: end,
        count(from, bytes) {
          counts[from === "box" ? "reused" : "fetched"] += bytes;
          options.onBytes({ ...counts });
        },
        finished: end,
      });
    },
  };
}

async function makePlan(
  { disk, imageFile, contents, trustedKeys }: DeltaSupplyOptions,
  source: ImageSource,
  image: ImageFacts,
): Promise<Plan | undefined> {
  const head = (await readPart(disk, imageFile, image)) ?? (await fetchHead(source, image));
  const manifest = head && manifestOf(head, image, trustedKeys);
  const payload = manifest && planPayload(manifest);
  if (!head || !payload) return undefined;
  const wanted = new Set(payload.flatMap((piece) => ("digest" in piece ? [piece.digest] : [])));
  const base = await findChunks(disk, await contents(), wanted, source.signal);
  return { pieces: [{ length: head.length, bytes: head }, ...payload], base };
}

async function readPart(
  disk: Disk,
  path: string,
  { payloadOffset }: ImageFacts,
): Promise<Uint8Array | undefined> {
  const file = await disk.open(path, "read").catch(() => undefined);
  if (!file) return undefined;
  try {
    const head = await file.read(payloadOffset, 0);
    return head.length === payloadOffset && isHeader(head) ? head : undefined;
  } finally {
    await file.close();
  }
}

function isHeader(bytes: Uint8Array): boolean {
  try {
    return decodeImageHeader(bytes).payloadOffset === bytes.length;
  } catch (error) {
    if (error instanceof FirmwareError) return false;
    throw error;
  }
}

async function fetchHead(source: ImageSource, image: ImageFacts): Promise<Uint8Array | undefined> {
  const reply = await source.transport.open({ ...source, start: 0, end: image.payloadOffset - 1 });
  requireBytes(reply);
  try {
    if (reply.start !== 0 || (reply.total !== null && reply.total !== image.size)) return undefined;
    const parts: Uint8Array[] = [];
    let got = 0;
    for await (const part of reply.body) {
      parts.push(part);
      got += part.length;
      if (got >= image.payloadOffset) break;
    }
    if (got < image.payloadOffset)
      throw new TemporaryFailure("DOWNLOAD_INCOMPLETE", "the image's header broke off");
    const head = Buffer.concat(parts).subarray(0, image.payloadOffset);
    return isHeader(head) ? head : undefined;
  } finally {
    reply.close();
  }
}

// It was judged when the update began; a server may have another one by now.
function manifestOf(head: Uint8Array, { sha256 }: ImageFacts, check: SignatureCheck) {
  const header = decodeImageHeader(head);
  const isJudged = judgeSignature(header, check) === undefined && header.manifest.payload.sha256 === sha256;
  return isJudged ? header.manifest : undefined;
}

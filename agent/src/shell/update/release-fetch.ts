import type { RefreshAnswer } from "../../core/release/index.ts";
import { ReleaseError } from "../../core/release/index.ts";
import type { ImageSource } from "./download.ts";
import { requireBytes, TemporaryFailure } from "./rejection.ts";
import { TransportError, type RangeReply } from "./transport.ts";

/**
 * A file of the release metadata, from the folder `release` beside the image.
 * @returns undefined when there is none
 * @throws ReleaseError `METADATA_TOO_LARGE`; Rejection, TransportError, TemporaryFailure as of any file
 */
export async function fetchMetadata(
  source: ImageSource,
  file: string,
  limit: number,
): Promise<RefreshAnswer> {
  const url = new URL(`release/${file}`, source.url).href;
  const reply = await openOrNone({ ...source, url }, limit);
  if (!reply) return undefined;
  if (reply.status === 404 || reply.status === 410) {
    reply.close();
    return undefined;
  }
  requireBytes(reply);
  try {
    if (reply.start !== 0) throw new TemporaryFailure("FILE_UNAVAILABLE", `${file} came from its middle`);
    return await collect(reply, file, limit);
  } finally {
    reply.close();
  }
}

async function openOrNone(source: ImageSource, limit: number): Promise<RangeReply | undefined> {
  try {
    // One byte more than may be: the server that has it is caught.
    return await source.transport.open({ ...source, start: 0, end: limit });
  } catch (error) {
    if (error instanceof TransportError && isMissingFile(error.cause)) return undefined;
    throw error;
  }
}

function isMissingFile(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}

async function collect(reply: RangeReply, file: string, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let got = 0;
  for await (const part of reply.body) {
    got += part.length;
    if (got > limit)
      throw new ReleaseError(
        "METADATA_TOO_LARGE",
        `${file} of the release metadata has more than ${limit} bytes`,
      );
    parts.push(part);
  }
  if (reply.total !== null && reply.total !== got)
    throw new TemporaryFailure("FILE_UNAVAILABLE", `${file} of the release metadata broke off`);
  return Buffer.concat(parts);
}

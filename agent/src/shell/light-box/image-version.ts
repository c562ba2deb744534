import type { Download } from "../../core/cwmp/index.ts";
import { decodeImageHeader } from "../../core/firmware/index.ts";
import { createHttpTransport } from "../update/transport.ts";
import { requireBytes } from "../update/rejection.ts";

/** Holds every usual header. */
const firstRead = 128 * 1024;

/**
 * Which version an image is, by the header at its start; the rest is fetched and thrown away when `whole`.
 * @throws TransportError, Rejection, TemporaryFailure, FirmwareError
 */
export async function fetchImageVersion(
  { password, url, username }: Download,
  whole: boolean,
  signal: AbortSignal,
): Promise<string> {
  const reply = await createHttpTransport().open({
    url,
    start: 0,
    ...(whole ? {} : { end: firstRead - 1 }),
    ...(username === "" ? {} : { credentials: { username, password } }),
    signal,
  });
  try {
    requireBytes(reply);
    const start: Uint8Array[] = [];
    let length = 0;
    for await (const part of reply.body) {
      if (length < firstRead) start.push(part);
      length += part.length;
    }
    return decodeImageHeader(Buffer.concat(start)).manifest.version;
  } finally {
    reply.close();
  }
}

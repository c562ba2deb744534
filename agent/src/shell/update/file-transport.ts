import { fileURLToPath } from "node:url";
import { open, type FileHandle } from "node:fs/promises";
import { TransportError, type RangeReply, type RangeRequest, type Transport } from "./transport.ts";

const piece = 64 * 1024;

/** Images in files of this machine, for the local door. They must stay where they are until the update has them. */
export const fileTransport: Transport = {
  async open(request) {
    const file = await openFile(request);
    try {
      return await replyOf(file, request);
    } catch (error) {
      await file.close();
      throw error;
    }
  },
};

async function openFile({ url }: RangeRequest): Promise<FileHandle> {
  try {
    return await open(fileURLToPath(url), "r");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TransportError("UNSUPPORTED", `the image's file cannot be read: ${reason}`, { cause });
  }
}

async function replyOf(file: FileHandle, request: RangeRequest): Promise<RangeReply> {
  const facts = await file.stat();
  const { ino, size, mtimeMs } = facts;
  if (!facts.isFile()) throw new TransportError("UNSUPPORTED", "the image's address is not a plain file");
  const etag = `"${ino}-${size}-${mtimeMs}"`;
  const start = request.ifRange !== undefined && request.ifRange !== etag ? 0 : request.start;
  const end = request.end === undefined ? size : Math.min(size, request.end + 1);
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    void file.close();
  };
  return {
    status: start === 0 ? 200 : 206,
    etag,
    start,
    total: size,
    retryAfterMs: null,
    body: piecesOf(file, start, end, close),
    close,
  };
}

async function* piecesOf(
  file: FileHandle,
  start: number,
  end: number,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for (let position = start; position < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(piece, end - position));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    close();
  }
}

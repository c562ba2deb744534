import { chunkSizes, type PlanPiece } from "../../core/delta/index.ts";
import type { ImageFacts } from "../../core/update/index.ts";
import { digestOf, type DeltaBase } from "./delta-base.ts";
import type { Disk, DiskFile } from "./disk.ts";
import type { ImageSource } from "./download.ts";
import { requireBytes, TemporaryFailure } from "./rejection.ts";
import type { RangeReply, RangeRequest, Transport } from "./transport.ts";

export type DeltaOptions = {
  disk: Disk;
  source: ImageSource;
  image: ImageFacts;
  /** The whole file, from its first byte to its last. */
  pieces: readonly PlanPiece[];
  base: DeltaBase;
  /** Told where bytes came from as they are given on. */
  count: (from: "box" | "server", bytes: number) => void;
  /** The server has other bytes than the signed list says: after this, nothing is put together any more. */
  doubt: () => void;
  /** The last byte was given on. */
  finished: () => void;
};

/**
 * Answers for an image from chunks at hand, and asks its server for the runs between them. Each chunk is compared with
 * the signed list before it is given on, from wherever it came.
 */
export function createDeltaTransport(options: DeltaOptions): Transport {
  const { image, pieces, base } = options;
  const starts: number[] = [];
  let size = 0;
  for (const { length } of pieces) {
    starts.push(size);
    size += length;
  }
  const pieceAt = (position: number): number => {
    const next = starts.findIndex((start) => start > position);
    return (next < 0 ? starts.length : next) - 1;
  };
  const isHere = (piece: PlanPiece): boolean => "bytes" in piece || base.has(piece.digest);

  return {
    async open(request) {
      const end = Math.min(image.size, (request.end ?? image.size - 1) + 1);
      const asked = pieces.slice(pieceAt(request.start), pieceAt(end - 1) + 1);
      const body = new Body(options, request, starts, isHere);
      return await Promise.resolve({
        status: 206,
        etag: image.etag,
        start: request.start,
        total: image.size,
        retryAfterMs: null,
        travelled: !asked.every(isHere),
        body: body.bytes(pieceAt(request.start), end),
        close: () => {},
      });
    },
  };
}

class Body {
  readonly #options: DeltaOptions;
  readonly #request: RangeRequest;
  readonly #starts: readonly number[];
  readonly #isHere: (piece: PlanPiece) => boolean;
  readonly #files = new Map<string, DiskFile>();
  // For one chunk at a time: who takes the bytes stores them before more are asked for.
  readonly #room = Buffer.allocUnsafe(chunkSizes.most);

  constructor(
    options: DeltaOptions,
    request: RangeRequest,
    starts: readonly number[],
    isHere: (piece: PlanPiece) => boolean,
  ) {
    this.#options = options;
    this.#request = request;
    this.#starts = starts;
    this.#isHere = isHere;
  }

  async *bytes(first: number, end: number): AsyncGenerator<Uint8Array> {
    const { image, pieces, count, finished } = this.#options;
    let position = this.#request.start;
    try {
      for (let index = first; position < end;) {
        const piece = pieces[index];
        if (!piece) return;
        const here = await this.#atHand(piece);
        if (here) {
          const part = here.subarray(position - this.#startOf(index), end - this.#startOf(index));
          count("box", part.length);
          position += part.length;
          index += 1;
          yield part;
          continue;
        }
        let after = index + 1;
        while (after < pieces.length && !this.#isHere(pieces[after] as PlanPiece)) after += 1;
        const runEnd = Math.min(end, this.#startOf(after));
        yield* this.#fetched(position, runEnd, index);
        position = runEnd;
        index = after;
      }
      if (position === image.size) finished();
    } finally {
      for (const file of this.#files.values()) await file.close();
    }
  }

  #startOf(index: number): number {
    return this.#starts[index] ?? this.#options.image.size;
  }

  // Flash forgets: what does not read back as it was found counts as not there.
  async #atHand(piece: PlanPiece): Promise<Uint8Array | undefined> {
    if ("bytes" in piece) return piece.bytes;
    const { base, disk } = this.#options;
    const place = base.get(piece.digest);
    if (!place) return undefined;
    const file = this.#files.get(place.path) ?? (await disk.open(place.path, "read"));
    this.#files.set(place.path, file);
    const bytes = await file.read(place.length, place.offset, this.#room);
    if (bytes.length === piece.length && digestOf(bytes) === piece.digest) return bytes;
    base.delete(piece.digest);
    return undefined;
  }

  async *#fetched(start: number, end: number, first: number): AsyncGenerator<Uint8Array> {
    const { pieces, count } = this.#options;
    const reply = await this.#ask(start, end);
    try {
      const reader = new Reader(reply);
      let position = start;
      for (let index = first; position < end; index += 1) {
        const stop = Math.min(end, this.#startOf(index + 1));
        const bytes = await reader.exactly(stop - position, this.#room);
        const piece = pieces[index];
        const isWhole = bytes.length === piece?.length;
        if (isWhole && "digest" in piece && digestOf(bytes) !== piece.digest)
          throw this.#doubtful("the file server sent other bytes than the image's signed list names");
        count("server", bytes.length);
        position = stop;
        yield bytes;
      }
    } finally {
      reply.close();
    }
  }

  async #ask(start: number, end: number): Promise<RangeReply> {
    const { source, image } = this.#options;
    const reply = await source.transport.open({
      ...source,
      signal: this.#request.signal,
      start,
      end: end - 1,
      keep: true,
      ...(image.etag !== null && { ifRange: image.etag }),
    });
    const isPart = reply.status === 206 || (reply.status === 200 && start === 0);
    if (!isPart && reply.status !== 200 && reply.status !== 416) requireBytes(reply);
    const isSame = reply.etag === image.etag && (reply.total === null || reply.total === image.size);
    if (isPart && isSame && reply.start === start) return reply;
    reply.close();
    throw this.#doubtful("the file server does not give parts of this image");
  }

  #doubtful(words: string): TemporaryFailure {
    this.#options.doubt();
    return new TemporaryFailure("DOWNLOAD_INCOMPLETE", words);
  }
}

/** Takes exactly so many bytes at a time from an answer. */
class Reader {
  readonly #parts: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  constructor(reply: RangeReply) {
    this.#parts = reply.body[Symbol.asyncIterator]();
  }
  /** @param room at least so large; holds them */
  async exactly(length: number, room: Uint8Array): Promise<Uint8Array> {
    const bytes = room.subarray(0, length);
    for (let got = 0; got < length;) {
      if (this.#rest.length === 0) {
        const next = await this.#parts.next();
        if (next.done === true)
          throw new TemporaryFailure(
            "DOWNLOAD_INCOMPLETE",
            "the file server sent less than it was asked for",
          );
        this.#rest = next.value;
      }
      const part = this.#rest.subarray(0, length - got);
      bytes.set(part, got);
      this.#rest = this.#rest.subarray(part.length);
      got += part.length;
    }
    return bytes;
  }
}

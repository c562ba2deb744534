import { dirname } from "node:path";
import type { ImageFacts } from "../../core/update/index.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { openPartial, requireRange, type ImageSource } from "./download.ts";
import type { Pace } from "./pace.ts";
import { requireBytes, TemporaryFailure } from "./rejection.ts";
import type { RangeReply } from "./transport.ts";

// A cut download loses this much at most.
const syncEvery = 256 * 1024;
// What an answer's head and its packets take beside the bytes, roughly.
const answerOverhead = 500;

/** How much of the file is surely on the medium: kept outside it, for the next start. */
export type DownloadMark = { load(): number; save(offset: number): void };

type Download = {
  source: ImageSource;
  disk: Disk;
  path: string;
  image: ImageFacts;
  mark: DownloadMark;
  /** A call's audio comes first: then bytes travel in small pieces, or not at all. */
  pace: Pace;
  /** Told how many bytes are on the medium. */
  progress: (bytes: number) => void;
};

/**
 * Fetches the whole image into a file, from where an earlier try surely got to.
 * @returns "renewed" when the server has other bytes now than the header that was judged
 * @throws Rejection, TransportError, TemporaryFailure
 */
export async function downloadImage(options: Download): Promise<"complete" | "renewed"> {
  const { disk, path, image, mark, pace } = options;
  const file = await openPartial(disk, path);
  const part = new Part(file, Math.min(mark.load(), await file.size()), options);
  // A server that cannot give pieces is left unread while a call is up, and its answer is not given up.
  let inPieces = true;
  try {
    while (part.position < image.size) {
      // The bytes are synced as they come; the file's name must be on the medium before them.
      await disk.syncFolder(dirname(path));
      if (!inPieces) await pace.free();
      const granted = inPieces ? await pace.grant() : undefined;
      const reply = await ask(options, part.position, granted);
      if (reply === "renewed") return reply;
      if (reply.status === 200 && granted !== undefined) {
        reply.close();
        inPieces = false;
        continue;
      }
      if (reply.status === 200 && part.position > 0) inPieces = false;
      if ((await take(reply, part, options, granted, inPieces && reply.status === 206)) === "renewed")
        return "renewed";
    }
    return "complete";
  } finally {
    await part.settle();
    await file.close();
  }
}

async function ask(
  { source, image }: Download,
  start: number,
  granted: number | undefined,
): Promise<RangeReply | "renewed"> {
  const reply = await source.transport.open({
    ...source,
    start,
    ...(granted !== undefined && { end: Math.min(image.size, start + granted) - 1, keep: true }),
    ...(image.etag !== null && start > 0 && { ifRange: image.etag }),
  });
  if (reply.status === 416 || isOther(reply, image)) {
    reply.close();
    return "renewed";
  }
  requireBytes(reply);
  requireRange(reply, start);
  return reply;
}

function isOther(reply: RangeReply, image: ImageFacts): boolean {
  if (reply.status !== 200 && reply.status !== 206) return false;
  if (reply.total !== null && reply.total !== image.size) return true;
  return reply.etag !== image.etag;
}

/** Stores what an answer brings. `breakable`: what is left of it can be asked for again, in pieces. */
async function take(
  reply: RangeReply,
  part: Part,
  { image, pace }: Download,
  granted: number | undefined,
  breakable: boolean,
): Promise<"went on" | "renewed"> {
  const counts = granted !== undefined && reply.travelled !== false;
  if (counts) pace.took(answerOverhead);
  await part.beginAt(reply.start);
  const last = granted === undefined ? image.size : reply.start + granted;
  try {
    for await (const bytes of reply.body) {
      if (part.position + bytes.length > image.size) return "renewed";
      await part.write(bytes);
      if (counts) pace.took(bytes.length);
      if (granted !== undefined) continue;
      if (pace.limited() && breakable) return "went on";
      if (pace.limited()) await pace.free();
    }
  } finally {
    reply.close();
  }
  if (part.position < Math.min(last, image.size))
    throw new TemporaryFailure(
      "DOWNLOAD_INCOMPLETE",
      `the download stopped at ${part.position} of ${image.size} bytes`,
    );
  return "went on";
}

/** The image as far as it is here; what is beyond `synced` may be lost with the power. */
class Part {
  position: number;
  #synced: number;
  #begun = false;
  readonly #file: DiskFile;
  readonly #options: Download;

  constructor(file: DiskFile, position: number, options: Download) {
    this.#file = file;
    this.position = position;
    this.#synced = position;
    this.#options = options;
  }

  // A whole file in answer to a range begins again at 0: the mark goes back before the bytes behind it change.
  async beginAt(position: number): Promise<void> {
    if (this.#begun && position === this.position) return;
    this.#begun = true;
    if (position < this.position) await this.settle();
    this.#options.mark.save(position);
    await this.#file.truncate(position);
    this.position = position;
    this.#synced = position;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#file.write(bytes, this.position);
    this.position += bytes.length;
    if (this.position - this.#synced >= syncEvery) await this.settle();
  }

  async settle(): Promise<void> {
    if (this.position === this.#synced) return;
    await this.#file.sync();
    this.#options.mark.save(this.position);
    this.#synced = this.position;
    this.#options.progress(this.position);
  }
}

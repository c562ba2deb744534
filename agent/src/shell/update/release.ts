import { dirname, join } from "node:path";
import {
  decodeMetadata,
  decodeRelease,
  encodeRelease,
  factoryRelease,
  findAgain,
  findListing,
  refreshRelease,
  ReleaseError,
  type CurrentRelease,
  type Metadata,
  type TrustedRelease,
} from "../../core/release/index.ts";
import { isClockSet } from "../../core/update/index.ts";
import { replaceFile, type Disk } from "./disk.ts";
import type { ImageSource } from "./download.ts";
import type { ReleaseCheck, UpdateLog } from "./options.ts";
import { Rejection } from "./rejection.ts";
import { fetchMetadata } from "./release-fetch.ts";
import { releaseCrypto } from "./release-crypto.ts";

export type ReleaseOptions = {
  disk: Disk;
  /** Private folder for what is believed of the releases; it outlives a factory reset, as the security floor does. */
  folder: string;
  /** The root that came with the box: `factory/trust/root.json`. */
  factoryRoot: string;
  /** Hardware profile id. */
  hardware: string;
  log: UpdateLog;
  /** Told what is believed now, in words. */
  onChecked: (words: string) => void;
  now?: () => Date;
  /** How long a whole check may take, in milliseconds. */
  patienceMs?: number;
};

// A dozen small files; a server that drips must not hold an update for hours.
const usualPatienceMs = 180_000;

/**
 * Lets through only images that the current release metadata lists (TUF specification §5). The metadata lies in the
 * folder `release` beside the image. What is believed is durable before the next file is asked for.
 */
export function createReleaseCheck(options: ReleaseOptions): ReleaseCheck {
  return {
    async judge({ source, image, header }) {
      const refuse = (reason: string): Rejection => new Rejection("IMAGE_UNTRUSTED", reason, image.version);
      let current: CurrentRelease;
      try {
        current = await refresh(options, source);
      } catch (error) {
        if (error instanceof ReleaseError) throw refuse(wordsOf(error));
        throw error;
      }
      const { targets } = current;
      const head = Buffer.concat([header.signed, header.signature]);
      const listing = findListing(targets, header, head, options.hardware, releaseCrypto);
      if (!listing.listed) throw refuse(listing.reason);
      const { sha256, image: listed } = listing.listed;
      return { fileSha256: sha256, ...(listed.mirrors && { mirrors: listed.mirrors }) };
    },
    async judgeKept(kept, by) {
      const asked = "source" in by;
      const refuse = (reason: string): Rejection => {
        const words = asked ? reason : `${reason} (the releases could not be asked for anew: ${by.unasked})`;
        return new Rejection("IMAGE_UNTRUSTED", words, kept.version);
      };
      let current: CurrentRelease;
      try {
        current = await refresh(options, asked ? by.source : undefined);
      } catch (error) {
        if (!(error instanceof ReleaseError)) throw error;
        // The medium or the folder that it came from may be gone.
        if (asked && error.code === "METADATA_MISSING")
          throw new Rejection("FILE_UNAVAILABLE", error.message, kept.version);
        throw refuse(wordsOf(error));
      }
      const listing = findAgain(current.targets, kept, options.hardware);
      if (!listing.listed) throw refuse(listing.reason);
    },
  };
}

// Nothing is wrong with what is not there: say what is missed.
function wordsOf({ code, message }: ReleaseError): string {
  return code === "METADATA_MISSING" ? `this box takes only released images: ${message}` : message;
}

/**
 * The workflow over a server's files. Without a server over those that were seen last, which must fit together and not
 * be expired: whoever withholds newer ones could have sent the same.
 */
async function refresh(options: ReleaseOptions, source: ImageSource | undefined): Promise<CurrentRelease> {
  const { disk, folder, now = () => new Date(), patienceMs = usualPatienceMs } = options;
  const factoryRoot = await readFactoryRoot(disk, options.factoryRoot);
  const path = join(folder, "release.json");
  const trusted = (await readRecord(options, path)) ?? factoryRelease(factoryRoot);
  const time = now();
  const workflow = refreshRelease({
    trusted,
    factoryRoot,
    crypto: releaseCrypto,
    now: isClockSet(time) ? time.toISOString() : null,
  });
  const fetch = source
    ? fetching(source, patienceMs)
    : (file: string) => (file === "timestamp.json" ? trusted.timestamp?.bytes : undefined);
  for (let step = workflow.next(); ;) {
    if (step.done === true) {
      const { root, targets } = step.value;
      options.onChecked(`root ${root.signed.version}, release ${targets.signed.version}`);
      return step.value;
    }
    if (step.value.do === "fetch") {
      step = workflow.next(await fetch(step.value.file, step.value.limit));
      continue;
    }
    await keep(disk, folder, path, step.value.release);
    step = workflow.next();
  }
}

function fetching(source: ImageSource, patienceMs: number) {
  const signal = AbortSignal.any([source.signal, AbortSignal.timeout(patienceMs)]);
  return async (file: string, limit: number) => await fetchMetadata({ ...source, signal }, file, limit);
}

async function readFactoryRoot(disk: Disk, path: string): Promise<Metadata<"root">> {
  const bytes = await disk.read(path);
  if (!bytes) throw new ReleaseError("METADATA_MISSING", "the box's release root is gone");
  return decodeMetadata("root", bytes);
}

async function readRecord({ disk, log }: ReleaseOptions, path: string): Promise<TrustedRelease | undefined> {
  const bytes = await disk.read(path);
  if (!bytes) return undefined;
  const release = decodeRelease(jsonOf(bytes));
  if (!release)
    log.error({}, "the record of releases cannot be read; it begins anew with the factory's root");
  return release;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

// Most checks find nothing new: then nothing is written, for flash wears.
async function keep(disk: Disk, folder: string, path: string, release: TrustedRelease): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(encodeRelease(release))}\n`);
  const held = await disk.read(path);
  if (held && Buffer.compare(held, bytes) === 0) return;
  await disk.makeFolder(folder);
  await replaceFile(disk, path, bytes);
  await disk.syncFolder(dirname(folder));
}

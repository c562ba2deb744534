import * as z from "zod";
import { asciiBytes, asciiText } from "./canonical-json.ts";
import { ReleaseError } from "./errors.ts";
import { decodeMetadata, type Metadata, type ReleaseRole } from "./metadata.ts";

const text = z.string().max(512 * 1024);

/**
 * What is believed of the releases, whole: one record that is only ever replaced, so that a power cut leaves one state
 * of the repository and never two halves (TUF §5.1 to §5.6 persist each file as it becomes trusted).
 */
export const releaseRecord = z.strictObject({
  format: z.literal(1),
  root: text,
  timestamp: text.nullable(),
  snapshot: text.nullable(),
  targets: text.nullable(),
  /** When all of it was last found good, by a clock that was set: no later time was ever earlier than this. */
  checkedAt: z.iso.datetime().nullable(),
});
export type ReleaseRecord = z.infer<typeof releaseRecord>;

/** The same, read. */
export type TrustedRelease = {
  root: Metadata<"root">;
  timestamp: Metadata<"timestamp"> | undefined;
  snapshot: Metadata<"snapshot"> | undefined;
  targets: Metadata<"targets"> | undefined;
  checkedAt: string | null;
};

/** The record of a box that left the factory with a root and has not asked for more yet. */
export function factoryRelease(root: Metadata<"root">): TrustedRelease {
  return { root, timestamp: undefined, snapshot: undefined, targets: undefined, checkedAt: null };
}

export function encodeRelease(release: TrustedRelease): ReleaseRecord {
  const textOf = (metadata: Metadata<ReleaseRole> | undefined): string | null =>
    metadata ? asciiText(metadata.bytes) : null;
  return {
    format: 1,
    root: asciiText(release.root.bytes),
    timestamp: textOf(release.timestamp),
    snapshot: textOf(release.snapshot),
    targets: textOf(release.targets),
    checkedAt: release.checkedAt,
  };
}

/**
 * Reads a record.
 * @returns undefined when it cannot be believed: a fault of the medium
 */
export function decodeRelease(value: unknown): TrustedRelease | undefined {
  const record = releaseRecord.safeParse(value);
  if (!record.success) return undefined;
  const read = <R extends ReleaseRole>(role: R, held: string | null): Metadata<R> | undefined =>
    held === null ? undefined : decodeMetadata(role, asciiBytes(held));
  try {
    const { root, timestamp, snapshot, targets, checkedAt } = record.data;
    return {
      root: decodeMetadata("root", asciiBytes(root)),
      timestamp: read("timestamp", timestamp),
      snapshot: read("snapshot", snapshot),
      targets: read("targets", targets),
      checkedAt,
    };
  } catch (error) {
    if (error instanceof ReleaseError) return undefined;
    throw error;
  }
}

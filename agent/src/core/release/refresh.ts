import { ReleaseError } from "./errors.ts";
import { decodeMetadata, metadataLimit } from "./metadata.ts";
import type { Metadata, MetaFile, ReleaseRole, SignedMetadata } from "./metadata.ts";
import { requireSigned, type ReleaseCrypto } from "./signatures.ts";
import type { TrustedRelease } from "./trusted.ts";

/** What the workflow asks of the world: a file of the repository, at most so many bytes; or to make a state durable. */
export type RefreshEffect =
  | { do: "fetch"; file: string; limit: number }
  | { do: "keep"; release: TrustedRelease };

/** Answer to `fetch`: the bytes, or undefined when the repository has no such file. `keep` is answered by nothing. */
export type RefreshAnswer = Uint8Array | undefined;

/** What is believed once the workflow is through. */
export type CurrentRelease = {
  root: Metadata<"root">;
  timestamp: Metadata<"timestamp">;
  snapshot: Metadata<"snapshot">;
  targets: Metadata<"targets">;
};

export type RefreshOptions = {
  /** What was believed before, and the root that came with the box; the newer root of both is where it begins. */
  trusted: TrustedRelease;
  factoryRoot: Metadata<"root">;
  crypto: ReleaseCrypto;
  /**
   * ISO, UTC; null while the clock is not set. Then the time of the last check stands in: it cannot be earlier. A box
   * that never had a time skips the expiry (a frozen repository is not noticed) and nothing else: it must not be left
   * without updates, least of all without the one that mends its clock.
   */
  now: string | null;
};

// A repository that never ends must not keep a box busy; what is reached is kept, the next check goes on from there.
const mostRotations = 64;

/**
 * The client's workflow of the TUF specification §5.3 to §5.6, in its order: an iterator that says what it needs and is
 * given it. It ends with what may be believed.
 * @throws ReleaseError when something may not
 */
export function* refreshRelease(
  options: RefreshOptions,
): Generator<RefreshEffect, CurrentRelease, RefreshAnswer> {
  const { crypto } = options;
  const now = options.now ?? options.trusted.checkedAt;
  let release = beginning(options);

  // §5.3: every root is signed by the one before and by itself; what expired on the way does not matter.
  for (let count = 0; count < mostRotations; count += 1) {
    const version = release.root.signed.version + 1;
    const bytes: RefreshAnswer = yield {
      do: "fetch",
      file: `${version}.root.json`,
      limit: metadataLimit.root,
    };
    if (!bytes) break;
    const root = decodeMetadata("root", bytes);
    requireSigned(root, release.root.signed, crypto);
    requireSigned(root, root.signed, crypto);
    if (root.signed.version !== version)
      throw new ReleaseError(
        "ROLLBACK",
        `${version}.root.json of the release metadata says it is version ${root.signed.version}`,
      );
    release = withRoot(release, root);
    yield { do: "keep", release };
  }
  const { root } = release;
  requireFresh(root, now);

  // §5.4
  const timestamp = newerTimestamp(
    decodeMetadata("timestamp", yield* fetched("timestamp.json", metadataLimit.timestamp)),
    signedStill(release.timestamp, root, crypto),
    root,
    crypto,
  );
  requireFresh(timestamp, now);
  release = { ...release, timestamp };
  yield { do: "keep", release };

  // §5.5
  const snapshotFile = timestamp.signed.meta["snapshot.json"];
  const oldSnapshot = signedStill(release.snapshot, root, crypto);
  let snapshot = oldSnapshot;
  if (!snapshot || !isThe(snapshotFile, snapshot, crypto)) {
    snapshot = yield* download("snapshot", snapshotFile, root, crypto);
    requireNoRollback(oldSnapshot, snapshot);
  }
  requireFresh(snapshot, now);
  release = { ...release, snapshot };
  yield { do: "keep", release };

  // §5.6: its own rollback is the snapshot's matter.
  const targetsFile = snapshot.signed.meta["targets.json"];
  if (!targetsFile) throw new ReleaseError("METADATA_INVALID", "the snapshot names no targets");
  let targets = signedStill(release.targets, root, crypto);
  if (!targets || !isThe(targetsFile, targets, crypto))
    targets = yield* download("targets", targetsFile, root, crypto);
  requireFresh(targets, now);
  release = { ...release, targets, checkedAt: options.now ?? release.checkedAt };
  yield { do: "keep", release };
  return { root, timestamp, snapshot, targets };
}

function beginning({ trusted, factoryRoot }: RefreshOptions): TrustedRelease {
  return factoryRoot.signed.version > trusted.root.signed.version ? withRoot(trusted, factoryRoot) : trusted;
}

// §5.3.11: after new keys for them, the old timestamp and snapshot bind nobody; numbers that a thief used up are free.
function withRoot(release: TrustedRelease, root: Metadata<"root">): TrustedRelease {
  const same = (["timestamp", "snapshot"] as const).every(
    (role) => keysOf(release.root.signed, role) === keysOf(root.signed, role),
  );
  return same ? { ...release, root } : { ...release, root, timestamp: undefined, snapshot: undefined };
}

function keysOf({ roles, keys }: SignedMetadata<"root">, role: ReleaseRole): string {
  const values = roles[role].keyids.map((id) => keys[id]?.keyval.public.toLowerCase() ?? "");
  return `${roles[role].threshold} ${values.toSorted().join(" ")}`;
}

function* fetched(file: string, limit: number): Generator<RefreshEffect, Uint8Array, RefreshAnswer> {
  const bytes: RefreshAnswer = yield { do: "fetch", file, limit };
  if (!bytes) throw new ReleaseError("METADATA_MISSING", `the release metadata has no ${file}`);
  return bytes;
}

// What another root's keys signed counts as nothing any more.
function signedStill<R extends ReleaseRole>(
  metadata: Metadata<R> | undefined,
  root: Metadata<"root">,
  crypto: ReleaseCrypto,
): Metadata<R> | undefined {
  if (!metadata) return undefined;
  try {
    requireSigned(metadata, root.signed, crypto);
    return metadata;
  } catch (error) {
    if (error instanceof ReleaseError) return undefined;
    throw error;
  }
}

function newerTimestamp(
  found: Metadata<"timestamp">,
  old: Metadata<"timestamp"> | undefined,
  root: Metadata<"root">,
  crypto: ReleaseCrypto,
): Metadata<"timestamp"> {
  requireSigned(found, root.signed, crypto);
  if (!old) return found;
  requireNotOlder("timestamp", old.signed.version, found.signed.version);
  const snapshotOf = ({ signed }: Metadata<"timestamp">): number => signed.meta["snapshot.json"].version;
  requireNotOlder("snapshot", snapshotOf(old), snapshotOf(found));
  // §5.4.3.1: one version has one content, the one that came first.
  return found.signed.version === old.signed.version ? old : found;
}

function* download<R extends "snapshot" | "targets">(
  role: R,
  file: MetaFile,
  root: Metadata<"root">,
  crypto: ReleaseCrypto,
): Generator<RefreshEffect, Metadata<R>, RefreshAnswer> {
  const limit = Math.min(metadataLimit[role], file.length ?? metadataLimit[role]);
  const name = `${file.version}.${role}.json`;
  const bytes = yield* fetched(name, limit);
  requireBytes(name, file, bytes, crypto);
  const metadata = decodeMetadata(role, bytes);
  requireSigned(metadata, root.signed, crypto);
  if (metadata.signed.version !== file.version)
    throw new ReleaseError(
      "MIXED",
      `${name} of the release metadata says it is version ${metadata.signed.version}`,
    );
  return metadata;
}

function requireBytes(
  name: string,
  { length, hashes }: MetaFile,
  bytes: Uint8Array,
  crypto: ReleaseCrypto,
): void {
  const sameLength = length === undefined || length === bytes.length;
  if (sameLength && (hashes?.sha256 === undefined || hashes.sha256 === crypto.sha256(bytes))) return;
  throw new ReleaseError("MIXED", `${name} of the release metadata is not the file that is spoken of`);
}

function isThe(file: MetaFile, { bytes, signed }: Metadata<ReleaseRole>, crypto: ReleaseCrypto): boolean {
  if (signed.version !== file.version) return false;
  if (file.length !== undefined && file.length !== bytes.length) return false;
  return file.hashes?.sha256 === undefined || file.hashes.sha256 === crypto.sha256(bytes);
}

// §5.5.5
function requireNoRollback(old: Metadata<"snapshot"> | undefined, found: Metadata<"snapshot">): void {
  for (const [name, { version }] of Object.entries(old?.signed.meta ?? {}))
    requireNotOlder(name, version, found.signed.meta[name]?.version ?? 0);
}

function requireNotOlder(what: string, old: number, found: number): void {
  if (found >= old) return;
  throw new ReleaseError(
    "ROLLBACK",
    `the release metadata goes back: ${what} ${found} after ${old} was seen`,
  );
}

function requireFresh({ role, signed }: Metadata<ReleaseRole>, now: string | null): void {
  if (now === null || Date.parse(now) < Date.parse(signed.expires)) return;
  throw new ReleaseError(
    "EXPIRED",
    `${role} ${signed.version} of the release metadata expired at ${signed.expires}`,
  );
}

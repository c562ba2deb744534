import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { Metadata, Root, Signature, Snapshot, Targets, Timestamp } from "@tufjs/models";
import type { ReleaseRole } from "../../../core/release/index.ts";

/** A signing key of a test's publisher. */
export type RepositoryKey = { id: string; public: string; private: KeyObject };

export function newKey(): RepositoryKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const value = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  return { id: sha256(Buffer.from(value)), public: value, private: privateKey };
}

export type Json = Parameters<typeof Root.fromJSON>[0];
type Roles = Record<ReleaseRole, { keys: RepositoryKey[]; threshold: number }>;

const kinds = { root: Root, timestamp: Timestamp, snapshot: Snapshot, targets: Targets };

/**
 * A publisher's repository for tests, written with the reference implementation of the metadata (tuf-js), so that what
 * the agent reads was never written by code of the agent's own. Everything can be made wrong.
 */
export class TestRepository {
  readonly files = new Map<string, Buffer>();
  /** What the next files say, before they are signed. */
  roles: Roles = {
    root: { keys: [newKey(), newKey(), newKey()], threshold: 2 },
    timestamp: { keys: [newKey()], threshold: 1 },
    snapshot: { keys: [newKey()], threshold: 1 },
    targets: { keys: [newKey()], threshold: 1 },
  };
  versions: Record<ReleaseRole, number> = { root: 0, timestamp: 0, snapshot: 0, targets: 0 };
  expires: Record<ReleaseRole, string> = {
    root: "2030-01-01T00:00:00Z",
    timestamp: "2030-01-01T00:00:00Z",
    snapshot: "2030-01-01T00:00:00Z",
    targets: "2030-01-01T00:00:00Z",
  };
  targets: Json = {};

  constructor() {
    this.publishRoot();
    this.publish();
  }

  /** The newest root, as a factory would put it into a box. */
  get root(): Buffer {
    return this.file(`${this.versions.root}.root.json`);
  }

  file(name: string): Buffer {
    const bytes = this.files.get(name);
    if (!bytes) throw new Error(`the test repository has no ${name}`);
    return bytes;
  }

  /** @param signers the keys of the role, if not said */
  publishRoot(signers = this.roles.root.keys, also: Json = {}): void {
    this.versions.root += 1;
    const all = Object.values(this.roles).flatMap(({ keys }) => keys);
    const signed = {
      consistent_snapshot: true,
      keys: Object.fromEntries(
        all.map((key) => [key.id, { keytype: "ed25519", scheme: "ed25519", keyval: { public: key.public } }]),
      ),
      roles: Object.fromEntries(
        Object.entries(this.roles).map(([role, { keys, threshold }]) => [
          role,
          { keyids: keys.map(({ id }) => id), threshold },
        ]),
      ),
      ...also,
    };
    this.put(`${this.versions.root}.root.json`, "root", signed, signers);
  }

  /** New targets, snapshot and timestamp. */
  publish(): void {
    this.publishTargets();
    this.publishSnapshot();
    this.publishTimestamp();
  }

  publishTargets(signers = this.roles.targets.keys): void {
    this.versions.targets += 1;
    const name = `${this.versions.targets}.targets.json`;
    this.put(name, "targets", { targets: this.targets }, signers);
  }

  publishSnapshot(signers = this.roles.snapshot.keys, also: Json = {}): void {
    this.versions.snapshot += 1;
    const meta = { "targets.json": this.describe("targets"), ...also };
    this.put(`${this.versions.snapshot}.snapshot.json`, "snapshot", { meta }, signers);
  }

  publishTimestamp(signers = this.roles.timestamp.keys): void {
    this.versions.timestamp += 1;
    const meta = { "snapshot.json": this.describe("snapshot") };
    this.put("timestamp.json", "timestamp", { meta }, signers);
  }

  /** Lists an image; `change` makes what is said of it wrong. */
  list(name: string, image: Buffer, custom: Json, change: Json = {}): void {
    this.targets[name] = { length: image.length, hashes: { sha256: sha256(image) }, custom, ...change };
  }

  private describe(role: "targets" | "snapshot"): Json {
    const version = this.versions[role];
    const bytes = this.file(`${version}.${role}.json`);
    return { version, length: bytes.length, hashes: { sha256: sha256(bytes) } };
  }

  /** Signs and stores a file of a role. */
  put(name: string, role: ReleaseRole, content: Json, signers: readonly RepositoryKey[]): void {
    const common = {
      _type: role,
      spec_version: "1.0.31",
      version: this.versions[role],
      expires: this.expires[role],
    };
    const signed = kinds[role].fromJSON({ ...common, ...content });
    const metadata = new Metadata(signed);
    for (const key of signers)
      metadata.sign(
        (bytes) => new Signature({ keyID: key.id, sig: sign(null, bytes, key.private).toString("hex") }),
      );
    this.files.set(name, Buffer.from(JSON.stringify(metadata.toJSON())));
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

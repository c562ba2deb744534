import { statSync, openSync, closeSync, readSync, mkdirSync } from "node:fs";
import type { KeyObject } from "node:crypto";
import { Metadata as Signable, Root, Snapshot, Targets, Timestamp } from "@tufjs/models";
import { decodeImageHeader, imageHeaderSize, prefixSize } from "@tonalite/agent/core/firmware";
import { decodeMetadata, requireSigned, signersOf, ReleaseError } from "@tonalite/agent/core/release";
import type { Metadata, ReleasedImage, ReleaseRole, SignedMetadata } from "@tonalite/agent/core/release";
import { sha256File } from "../board-image/tools.ts";
import { inspectImage } from "../image.ts";
import { FirmwareToolError } from "../problem.ts";
import { drafts, newest, publish, required, saveDraft, served, type Folder } from "./folder.ts";
import { releaseCrypto, roleKeyOf, signerOf } from "./role-key.ts";

type Json = Parameters<typeof Root.fromJSON>[0];
const kinds = { root: Root, timestamp: Timestamp, snapshot: Snapshot, targets: Targets };

/** How long what is signed stays good, in days: the offline roles are signed by people, the others by a timer. */
export const validity: Record<ReleaseRole, number> = { root: 365, targets: 365, snapshot: 14, timestamp: 14 };
const day = 86_400_000;

/** Who may sign for what. Private keys sign at once; public ones are only named, their owners sign later. */
export type RoleKeys = { keys: readonly KeyObject[]; threshold: number };

/** What a command changed: the files that are served now, and what waits for signatures, in words. */
export type Change = { published: string[]; waiting: string[] };

/**
 * A repository with its first root, and no image yet.
 * @throws FirmwareToolError when there is one already: devices trust its root, it cannot begin anew
 */
export function initRepository(
  folder: Folder,
  roles: { root: RoleKeys; targets: RoleKeys; online: KeyObject },
  now = new Date(),
): Change {
  mkdirSync(folder.dir, { recursive: true });
  if (newest(folder, "root") || drafts(folder).length > 0)
    throw new FirmwareToolError(`${folder.dir} is a repository already`);
  const online = { keys: [roles.online], threshold: 1 };
  const content = rootContent({
    root: roles.root,
    targets: roles.targets,
    snapshot: online,
    timestamp: online,
  });
  draft(folder, "root", 1, content, now);
  draft(folder, "targets", 1, { targets: {} }, now);
  const change = signDrafts(folder, [...roles.root.keys, ...roles.targets.keys]);
  return newest(folder, "root") && newest(folder, "targets")
    ? merged(change, refreshRepository(folder, roles.online, now))
    : change;
}

/**
 * Lists images; what is listed under a name never changes.
 * @param trust folder of the public keys of image signers; an image that none of them signed is not listed
 * @throws FirmwareToolError
 */
export function addImages(
  folder: Folder,
  images: readonly { file: string; mirrors?: readonly string[] }[],
  trust: string,
  now = new Date(),
): Change {
  const targets = { ...workingTargets(folder) };
  for (const { file, mirrors } of images) {
    const { manifest, problems } = inspectImage(file, trust);
    if (problems.length > 0)
      throw new FirmwareToolError(`${file} is not to be published: ${problems.join("; ")}`);
    const hardware = manifest.hardware.join("_").replaceAll("/", "-");
    const name = `${manifest.product}-${manifest.version}-${hardware}.img`.slice(0, 200);
    const sha256 = sha256File(file);
    const old = targets[name];
    if (old && old.hashes.sha256 !== sha256)
      throw new FirmwareToolError(
        `${name} is listed already, with other bytes: give the image a new version`,
      );
    const { product, version, securityFloor } = manifest;
    const custom: ReleasedImage = {
      product,
      version,
      hardware: manifest.hardware,
      securityFloor,
      header: headerOf(file),
      ...(mirrors && mirrors.length > 0 && { mirrors: [...mirrors] }),
    };
    targets[name] = { length: statSync(file).size, hashes: { sha256 }, custom };
  }
  return draftTargets(folder, targets, now);
}

/** Withdraws an image: devices with the root of this repository do not take it any more. */
export function removeImage(folder: Folder, name: string, now = new Date()): Change {
  const { [name]: gone, ...targets } = workingTargets(folder);
  if (!gone) throw new FirmwareToolError(`no image is listed as ${name}`);
  return draftTargets(folder, targets, now);
}

/** The release role's list for another year, with nothing else changed. */
export function renewTargets(folder: Folder, now = new Date()): Change {
  return draftTargets(folder, workingTargets(folder), now);
}

/** A new root: other keys or thresholds for some roles, and a new expiry in any case. */
export function rotateRoot(
  folder: Folder,
  changes: Partial<Record<ReleaseRole, RoleKeys>>,
  now = new Date(),
): Change {
  const { signed } = required(folder, "root");
  const content = rootContent(changes, signed);
  return draft(folder, "root", signed.version + 1, content, now);
}

/**
 * Signs all drafts with the keys that may; what then has the signatures it needs is published.
 * @returns what was published, and what still lacks signatures
 */
export function signDrafts(folder: Folder, keys: readonly KeyObject[]): Change {
  const change: Change = { published: [], waiting: [] };
  for (const found of drafts(folder)) {
    const bytes = withSignatures(folder, found, keys);
    const metadata = decodeMetadata(found.role, bytes);
    const lack = lacking(folder, metadata);
    if (lack === undefined) change.published.push(publish(folder, found.role, found.signed.version, bytes));
    else {
      saveDraft(folder, found, bytes);
      change.waiting.push(lack);
    }
  }
  return change;
}

/** Signs snapshot and timestamp anew: after every change, and by a timer before they expire. */
export function refreshRepository(folder: Folder, online: KeyObject, now = new Date()): Change {
  const root = required(folder, "root");
  const targets = required(folder, "targets");
  const { id } = roleKeyOf(online);
  if (!root.signed.roles.timestamp.keyids.includes(id) || !root.signed.roles.snapshot.keyids.includes(id))
    throw new FirmwareToolError("this key is not the root's online key");
  const snapshotVersion = (newest(folder, "snapshot")?.signed.version ?? 0) + 1;
  const meta = { "targets.json": described(targets) };
  const snapshot = signed("snapshot", snapshotVersion, { meta }, now, online);
  const timestampVersion = (newest(folder, "timestamp")?.signed.version ?? 0) + 1;
  const about = { "snapshot.json": described(decodeMetadata("snapshot", snapshot)) };
  const timestamp = signed("timestamp", timestampVersion, { meta: about }, now, online);
  return {
    published: [
      publish(folder, "snapshot", snapshotVersion, snapshot),
      publish(folder, "timestamp", timestampVersion, timestamp),
    ],
    waiting: [],
  };
}

/** Every file of a repository with who signed it, for people. */
export function describeRepository(folder: Folder) {
  const root = required(folder, "root");
  const one = <R extends ReleaseRole>(metadata: Metadata<R> | undefined) =>
    metadata && {
      version: metadata.signed.version,
      expires: metadata.signed.expires,
      threshold: root.signed.roles[metadata.role].threshold,
      signers: signersOf(metadata, root.signed.roles[metadata.role], root.signed, releaseCrypto),
    };
  return {
    root: one(root),
    targets: one(newest(folder, "targets")),
    snapshot: one(newest(folder, "snapshot")),
    timestamp: one(newest(folder, "timestamp")),
    images: Object.entries(newest(folder, "targets")?.signed.targets ?? {}).map(([name, { length }]) => ({
      name,
      length,
    })),
    waiting: drafts(folder).map((found) => lacking(folder, found) ?? `${found.role} can be signed`),
    files: Object.keys(served(folder)),
  };
}

function rootContent(roles: Partial<Record<ReleaseRole, RoleKeys>>, old?: SignedMetadata<"root">): Json {
  const keys: Record<string, Json> = {};
  const wanted: Record<string, Json> = {};
  for (const role of ["root", "timestamp", "snapshot", "targets"] as const) {
    const named = roles[role];
    const known = old?.roles[role];
    const entries = named
      ? named.keys.map((key) => roleKeyOf(key)).map(({ id, json }) => [id, json] as const)
      : (known?.keyids ?? []).map((id) => [id, old?.keys[id] as Json] as const);
    const threshold = named?.threshold ?? known?.threshold ?? 1;
    if (threshold < 1 || threshold > entries.length)
      throw new FirmwareToolError(
        `${role} has ${entries.length} keys: ${threshold} signatures cannot be asked for`,
      );
    for (const [id, json] of entries) keys[id] = json;
    wanted[role] = { keyids: entries.map(([id]) => id), threshold };
  }
  return { consistent_snapshot: true, keys, roles: wanted };
}

// What was listed and not signed yet goes on, too.
function workingTargets(folder: Folder): SignedMetadata<"targets">["targets"] {
  const draft = drafts(folder).find((found) => found.role === "targets");
  const { signed: content } = draft ?? required(folder, "targets");
  return (content as SignedMetadata<"targets">).targets;
}

function draftTargets(folder: Folder, targets: SignedMetadata<"targets">["targets"], now: Date): Change {
  const version = required(folder, "targets").signed.version + 1;
  return draft(folder, "targets", version, { targets: targets as Json }, now);
}

function draft(folder: Folder, role: "root" | "targets", version: number, content: Json, now: Date): Change {
  const bytes = signed(role, version, content, now);
  const metadata = decodeMetadata(role, bytes);
  saveDraft(folder, metadata, bytes);
  return { published: [], waiting: [`${role} ${version} lacks all its signatures`] };
}

function signed(role: ReleaseRole, version: number, content: Json, now: Date, key?: KeyObject): Buffer {
  const expires = new Date(now.getTime() + validity[role] * day).toISOString().replace(/\.\d+Z$/, "Z");
  const signable = new Signable(
    kinds[role].fromJSON({ _type: role, spec_version: "1.0.31", version, expires, ...content }),
  );
  if (key) signable.sign(signerOf(key));
  return Buffer.from(`${JSON.stringify(signable.toJSON(), null, 1)}\n`);
}

// Who may sign a root: those of the old one and its own.
function rootsFor(
  folder: Folder,
  { role, signed: content }: Metadata<"root" | "targets">,
): SignedMetadata<"root">[] {
  const current = newest(folder, "root")?.signed;
  const own = role === "root" ? (content as SignedMetadata<"root">) : undefined;
  const roots = [current, own].filter((root) => root !== undefined);
  return roots.length > 0
    ? roots
    : drafts(folder).flatMap(({ role: of, signed: draftRoot }) =>
        of === "root" ? [draftRoot as SignedMetadata<"root">] : [],
      );
}

function withSignatures(
  folder: Folder,
  found: Metadata<"root" | "targets">,
  keys: readonly KeyObject[],
): Buffer {
  const signable = Signable.fromJSON(
    found.role as never,
    JSON.parse(Buffer.from(found.bytes).toString()) as Json,
  );
  const may = new Set(rootsFor(folder, found).flatMap(({ roles }) => roles[found.role].keyids));
  for (const key of keys)
    if (key.type === "private" && may.has(roleKeyOf(key).id)) signable.sign(signerOf(key));
  return Buffer.from(`${JSON.stringify(signable.toJSON(), null, 1)}\n`);
}

function lacking(folder: Folder, metadata: Metadata<"root" | "targets">): string | undefined {
  const roots = rootsFor(folder, metadata);
  if (roots.length === 0) return `${metadata.role} ${metadata.signed.version} waits for a root`;
  try {
    for (const root of roots) requireSigned(metadata, root, releaseCrypto);
    return undefined;
  } catch (error) {
    if (error instanceof ReleaseError) return error.message;
    throw error;
  }
}

function described({ signed: { version }, bytes }: Metadata<ReleaseRole>): Json {
  return { version, length: bytes.length, hashes: { sha256: releaseCrypto.sha256(bytes) } };
}

function headerOf(file: string): ReleasedImage["header"] {
  const opened = openSync(file, "r");
  try {
    const prefix = Buffer.alloc(prefixSize);
    readSync(opened, prefix, 0, prefixSize, 0);
    const head = Buffer.alloc(imageHeaderSize(prefix));
    readSync(opened, head, 0, head.length, 0);
    return { length: decodeImageHeader(head).payloadOffset, sha256: releaseCrypto.sha256(head) };
  } finally {
    closeSync(opened);
  }
}

function merged(left: Change, right: Change): Change {
  return { published: [...left.published, ...right.published], waiting: [...left.waiting, ...right.waiting] };
}

import * as z from "zod";
import { versionPattern } from "../firmware/index.ts";
import { asciiText, canonicalJson } from "./canonical-json.ts";
import { ReleaseError } from "./errors.ts";

/** The roles of the TUF specification §2.1 that a repository of ours has; nobody delegates. */
export const releaseRoles = ["root", "timestamp", "snapshot", "targets"] as const;
export type ReleaseRole = (typeof releaseRoles)[number];

/** Most bytes that a file of a role may have; a server that sends more is left. */
export const metadataLimit: Record<ReleaseRole, number> = {
  root: 128 * 1024,
  timestamp: 16 * 1024,
  snapshot: 64 * 1024,
  targets: 512 * 1024,
};

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits");
// Far more than one a second for ever; an attacker with keys for a day must not be able to use numbers up.
const version = z.int().min(1).max(2_147_483_647);
const common = {
  spec_version: z.string().regex(/^1(?:\.\d{1,4}){1,2}$/, "must be version 1 of the TUF specification"),
  version,
  expires: z.iso.datetime(),
};

const key = z.object({
  keytype: z.string().max(64),
  scheme: z.string().max(64),
  keyval: z.object({ public: z.string().max(8192) }),
});
const role = z
  .object({ keyids: z.array(sha256).min(1).max(32), threshold: z.int().min(1).max(32) })
  .refine(({ keyids }) => new Set(keyids).size === keyids.length, "a key stands twice")
  .refine(({ keyids, threshold }) => threshold <= keyids.length, "more signatures than keys are demanded");

/** TUF §4.3. */
const root = z
  .object({
    _type: z.literal("root"),
    ...common,
    consistent_snapshot: z.literal(true, { error: "consistent snapshots are required" }),
    keys: z.record(sha256, key).refine((keys) => Object.keys(keys).length <= 64, "too many keys"),
    roles: z.object({ root: role, timestamp: role, snapshot: role, targets: role }),
  })
  .refine(
    ({ keys, roles }) => everyKeyIn(keys, Object.values(roles)),
    "a role names a key that is not there",
  );

const metaFile = z.object({
  version,
  length: z.int().min(1).optional(),
  hashes: z.object({ sha256: sha256.optional() }).optional(),
});
/** What one metadata file says about another: TUF §4.4, METAFILES. */
export type MetaFile = z.infer<typeof metaFile>;

const timestamp = z.object({
  _type: z.literal("timestamp"),
  ...common,
  meta: z.object({ "snapshot.json": metaFile }),
});
const snapshot = z.object({
  _type: z.literal("snapshot"),
  ...common,
  meta: z.record(z.string().max(128), metaFile).refine((meta) => "targets.json" in meta, "no targets.json"),
});

/** What a target says about the image that it is: custom data of ours (TUF §4.5). */
export const releasedImage = z.object({
  product: z.string().max(64),
  version: z.string().max(100).regex(versionPattern),
  hardware: z.array(z.string().max(100)).min(1).max(64),
  securityFloor: z.int().min(0),
  /** Of the signed header at the file's start: tells the image before any more of it is fetched. */
  header: z.object({ length: z.int().positive(), sha256 }),
  /** Other addresses of the same file. */
  mirrors: z
    .array(z.url({ protocol: /^https?$/ }).max(1024))
    .max(8)
    .optional(),
});
export type ReleasedImage = z.infer<typeof releasedImage>;

const target = z.object({
  length: z.int().min(0),
  hashes: z.object({ sha256 }),
  custom: z.unknown().optional(),
});
export type ReleaseTarget = z.infer<typeof target>;
const targets = z.object({
  _type: z.literal("targets"),
  ...common,
  targets: z.record(z.string().min(1).max(200), target),
});

const schemas = { root, timestamp, snapshot, targets };
export type SignedMetadata<R extends ReleaseRole> = z.infer<(typeof schemas)[R]>;
export type RootRole = SignedMetadata<"root">["roles"][ReleaseRole];

const envelope = z.object({
  signed: z.unknown(),
  signatures: z
    .array(z.object({ keyid: z.string().max(128), sig: z.string().max(16_384) }))
    .max(64)
    .refine((all) => new Set(all.map(({ keyid }) => keyid)).size === all.length, "a key signed twice"),
});
export type MetadataSignature = z.infer<typeof envelope>["signatures"][number];

/** A file of metadata, read; nothing in it may be believed before its signatures are. */
export type Metadata<R extends ReleaseRole> = {
  role: R;
  bytes: Uint8Array;
  signed: SignedMetadata<R>;
  /** What the signatures are of. */
  canonical: Uint8Array;
  signatures: MetadataSignature[];
};

/**
 * Reads a file of metadata.
 * @throws ReleaseError `METADATA_TOO_LARGE`, `METADATA_INVALID`
 */
export function decodeMetadata<R extends ReleaseRole>(role: R, bytes: Uint8Array): Metadata<R> {
  if (bytes.length > metadataLimit[role])
    throw new ReleaseError("METADATA_TOO_LARGE", `${role}.json has more than ${metadataLimit[role]} bytes`);
  const outer = envelope.safeParse(parse(role, asciiText(bytes)));
  if (!outer.success) throw invalid(role, outer.error);
  const { signed, signatures } = outer.data;
  const inner = schemas[role].safeParse(signed);
  if (!inner.success) throw invalid(role, inner.error);
  const canonical = canonicalJson(signed);
  return { role, bytes, signed: inner.data as SignedMetadata<R>, canonical, signatures };
}

function parse(role: ReleaseRole, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ReleaseError("METADATA_INVALID", `${role}.json is not JSON`, { cause });
  }
}

function invalid(role: ReleaseRole, error: z.ZodError): ReleaseError {
  const [issue] = error.issues;
  const where = issue?.path.map(String).join(".") ?? "";
  const words = `${role}.json is not valid: ${where === "" ? "" : `${where}: `}${issue?.message ?? ""}`;
  return new ReleaseError("METADATA_INVALID", words.slice(0, 300));
}

function everyKeyIn(keys: Record<string, unknown>, roles: { keyids: string[] }[]): boolean {
  return roles.every(({ keyids }) => keyids.every((id) => Object.hasOwn(keys, id)));
}

import { z } from "zod";
import { deviceId, instant, name, PageQuery } from "./common.ts";
import { parameterPath } from "./device.ts";

const path = name(256).regex(/^Device\.[\w.-]*$/, "a parameter path, or a partial path ending with a dot");

/** A management act for one device, done at once over USP or in its next CWMP session. */
export const NewCommand = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("reboot") }),
    z.object({ kind: z.literal("factory-reset") }),
    z.object({ kind: z.literal("wake") }),
    z.object({ kind: z.literal("get"), paths: z.array(path).min(1).max(100) }),
    z.object({
      kind: z.literal("notify"),
      parameters: z
        .array(
          z.object({
            path,
            notification: z
              .int()
              .min(0)
              .max(6)
              .describe(
                "TR-069 A.3.2.4: 0 off, 1 passive, 2 active; 3 to 6 lightweight, where this ACS listens for it",
              ),
          }),
        )
        .min(1)
        .max(100),
    }),
    z.object({
      kind: z.literal("set"),
      parameters: z
        .array(z.object({ path: parameterPath, value: z.string().max(4096) }))
        .min(1)
        .max(100),
    }),
  ])
  .meta({ id: "NewCommand" });
export type NewCommand = z.infer<typeof NewCommand>;

export const Command = z
  .object({
    id: z.string(),
    deviceId,
    kind: z.string(),
    state: z.enum(["pending", "sent", "done", "failed"]),
    requestedBy: z.string(),
    clause: z.string().nullable(),
    createdAt: instant,
    sentAt: instant.nullable(),
    doneAt: instant.nullable(),
    arguments: z.record(z.string(), z.unknown()).describe("secrets left out"),
    result: z.unknown().nullable(),
  })
  .meta({ id: "Command" });
export type Command = z.infer<typeof Command>;

export const FirmwareImage = z
  .object({
    id: z.string(),
    version: z.string(),
    hardware: z.array(z.string()),
    securityFloor: z.int(),
    size: z.int().describe("bytes of the whole file"),
    sha256: z.string(),
    payloadSha256: z.string(),
    keyId: z.string(),
    fileName: z.string(),
    uploadedAt: instant,
    uploadedBy: z.string(),
  })
  .meta({ id: "FirmwareImage" });
export type FirmwareImage = z.infer<typeof FirmwareImage>;

/** Names of the files of a release repository that devices ask for. */
export const releaseFileName = /^(?:[1-9]\d{0,9}\.(?:root|snapshot|targets)|timestamp)\.json$/;

export const Release = z
  .object({
    trusted: z.boolean().describe("whether this ACS has a release root; without one it publishes none"),
    roles: z.array(
      z.object({
        role: z.enum(["root", "timestamp", "snapshot", "targets"]),
        version: z.int(),
        expires: instant,
        threshold: z.int().describe("signatures that the root demands"),
        signers: z.array(z.string()).describe("ids of the keys whose signatures hold"),
      }),
    ),
    images: z.array(
      z.object({
        name: z.string(),
        version: z.string(),
        hardware: z.array(z.string()),
        size: z.int(),
        sha256: z.string(),
      }),
    ),
    expiresAt: instant.nullable().describe("when the first of the roles expires"),
    problem: z.string().nullable().describe("why devices would take no update now, in words"),
  })
  .meta({ id: "Release" });
export type Release = z.infer<typeof Release>;

export const ReleasePublication = z
  .object({
    files: z
      .record(z.string().regex(releaseFileName), z.string().max(512 * 1024))
      .refine((files) => Object.keys(files).length <= 500, "too many files"),
  })
  .meta({ id: "ReleasePublication" });

export const NewUpdate = z
  .object({
    imageId: z.uuid(),
    force: z.boolean().default(false).describe("rest on the clause by which the provider may require it"),
    deadlineHours: z
      .number()
      .min(0)
      .max(8760)
      .optional()
      .describe("how long the box may wait for an idle line; the provider's rule by default"),
    urgent: z
      .boolean()
      .optional()
      .describe("the terms' maintenance hours do not hold it; cites their clause"),
    mirrors: z
      .array(
        z
          .url({ protocol: /^https?$/ })
          .max(250)
          .regex(/^[^,]*$/, "no commas"),
      )
      .max(8)
      .optional()
      .describe("addresses of the same file on other servers"),
  })
  .meta({ id: "NewUpdate" });
export type NewUpdate = z.input<typeof NewUpdate>;

export const Update = z
  .object({
    id: z.string(),
    deviceId,
    imageId: z.string().describe("for a recall: the image that is left"),
    kind: z.enum(["install", "recall"]).describe("recall: back to what the other slot holds"),
    version: z.string().describe("for a recall: what it goes back to, empty until the device has said it"),
    from: z.string().nullable().describe("version that ran when it was asked for"),
    commandKey: z.string(),
    forced: z.boolean(),
    clause: z.string().nullable(),
    provider: z.string().nullable(),
    state: z.string(),
    reason: z.string().nullable(),
    waitsFor: z.string().nullable().describe("one sentence: why it has not finished"),
    deadlineAt: instant.nullable(),
    requestedBy: z.string(),
    createdAt: instant,
    updatedAt: instant,
    finishedAt: instant.nullable(),
    fault: z.object({ code: z.int(), message: z.string() }).nullable(),
  })
  .meta({ id: "Update" });
export type Update = z.infer<typeof Update>;

/** A key whose signed images this ACS takes. */
export const SigningKey = z
  .object({
    keyId: z.string().describe("SHA-256 of `spki`, hexadecimal"),
    spki: z.string().describe("DER SubjectPublicKeyInfo (Ed25519), Base64"),
  })
  .meta({ id: "SigningKey" });
export type SigningKey = z.infer<typeof SigningKey>;

export const AuditEntry = z
  .object({
    id: z.int(),
    at: instant,
    actor: z.string(),
    action: z.string(),
    deviceId: z.string().nullable(),
    clause: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    previousHash: z.string(),
    hash: z.string(),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntry = z.infer<typeof AuditEntry>;
export const AuditQuery = PageQuery.extend({ device: deviceId.optional() });

/** `entries` were followed from the first; `brokenAt` is the first that does not fit the chain. */
export const AuditVerification = z
  .object({ ok: z.boolean(), entries: z.int(), brokenAt: z.int().nullable(), reason: z.string().nullable() })
  .meta({ id: "AuditVerification" });
export type AuditVerification = z.infer<typeof AuditVerification>;

export const Role = z.enum(["admin", "support", "station"]).meta({
  id: "Role",
  description:
    "support reads, wakes, reboots and updates; a factory station makes boxes and sees nothing else; admin does everything",
});
export type Role = z.infer<typeof Role>;
export const Session = z.object({ name: z.string(), role: Role }).meta({ id: "Session" });
export type Session = z.infer<typeof Session>;
export const NewToken = z.object({ name: name(80), role: Role }).meta({ id: "NewToken" });
export type NewToken = z.infer<typeof NewToken>;
export const Token = z
  .object({
    id: z.string(),
    name: z.string(),
    role: Role,
    createdAt: instant,
    lastUsedAt: instant.nullable(),
    revokedAt: instant.nullable(),
  })
  .meta({ id: "Token" });
export type Token = z.infer<typeof Token>;
/** The token's text is shown this once; the ACS keeps its hash only. */
export const IssuedToken = z.object({ token: z.string(), details: Token }).meta({ id: "IssuedToken" });
export type IssuedToken = z.infer<typeof IssuedToken>;

import { z } from "zod";
import { deviceId, instant, line, name, PageQuery } from "./common.ts";

const profileId = name(64).regex(/^[\w./-]+$/, "letters, digits, . / _ - only");
const host = name(253).regex(/^[\w.:[\]-]+$/, "a host name or an IP address");
const port = z.int().min(1).max(65_535);
const lineNumber = z.int().min(1).max(32);
const secret = name(256);

/** How the ACS reaches a device now: over USP, at its next CWMP session, not (quiet too long), or it has never called. */
export const Connection = z.enum(["usp", "cwmp", "quiet", "never"]).meta({ id: "Connection" });
export type Connection = z.infer<typeof Connection>;

/** A telephone line as its device last reported it. The SIP password is never read back. */
export const Line = z
  .object({
    line: lineNumber,
    directoryNumber: z.string().nullable(),
    sipUser: z.string().nullable(),
    authUser: z.string().nullable(),
    domain: z.string().nullable(),
    proxyHost: z.string().nullable(),
    proxyPort: z.int().nullable(),
    enabled: z.boolean(),
    status: z
      .string()
      .nullable()
      .describe("SIP registration as the device reports it, e.g. Up, Registering, Error_Registration"),
    statusSince: instant.nullable(),
    callStatus: z.string().nullable().describe("e.g. Idle, Dialing, Ringing, InCall"),
  })
  .meta({ id: "Line" });
export type Line = z.infer<typeof Line>;

const summary = {
  id: deviceId,
  oui: z.string(),
  productClass: z.string(),
  serialNumber: z.string(),
  manufacturer: z.string().nullable(),
  endpointId: z.string().nullable(),
  label: z.string().nullable(),
  profile: z.string().nullable(),
  provider: z.string().nullable(),
  region: z.string().nullable(),
  softwareVersion: z.string().nullable(),
  connection: Connection,
  firstSeenAt: instant.nullable(),
  lastInformAt: instant.nullable(),
  lastBootAt: instant.nullable(),
  createdAt: instant,
  lines: z.array(Line),
};
export const DeviceSummary = z.object(summary).meta({ id: "DeviceSummary" });
export type DeviceSummary = z.infer<typeof DeviceSummary>;

/** One of the two places a firmware image lives in (TR-181 Device.DeviceInfo.FirmwareImage.{i}). */
export const FirmwareSlot = z
  .object({
    slot: z.int(),
    name: z.string().nullable(),
    version: z.string().nullable(),
    status: z.string().nullable(),
    active: z.boolean(),
    boot: z.boolean(),
  })
  .meta({ id: "FirmwareSlot" });
export type FirmwareSlot = z.infer<typeof FirmwareSlot>;

export const Device = z
  .object({
    ...summary,
    desired: z
      .record(z.string(), z.string())
      .describe("parameter path → value that this device shall have, besides its profiles"),
    faults: z
      .array(z.object({ path: z.string(), code: z.int(), message: z.string() }))
      .describe("settings the device refused"),
    firmware: z.object({
      hardwareVersion: z.string().nullable(),
      slots: z.array(FirmwareSlot),
      update: z
        .object({
          state: z.string(),
          reason: z.string().nullable(),
          clause: z.string().nullable(),
          version: z.string().nullable(),
          deadline: z.string().nullable(),
        })
        .nullable()
        .describe("what the device itself last said about an update"),
    }),
    uptimeSeconds: z.int().nullable(),
    serviceState: z.string().nullable(),
    parameterCount: z.int(),
  })
  .meta({ id: "Device" });
export type Device = z.infer<typeof Device>;

export const DeviceQuery = PageQuery.extend({
  search: line(100).optional().describe("part of an id, serial number, label, directory number or SIP user"),
  provider: profileId.optional(),
  connection: Connection.optional(),
});
export type DeviceQuery = z.infer<typeof DeviceQuery>;

/** A subscriber's SIP account on one line. */
export const LineAccount = z
  .object({
    line: lineNumber,
    directoryNumber: line(64),
    sipUser: name(128),
    authUser: name(128).optional().describe("digest user name where it is not `sipUser`"),
    sipPassword: secret,
    domain: host,
    proxyHost: host.optional(),
    proxyPort: port.optional(),
    enabled: z.boolean().default(true),
  })
  .meta({ id: "LineAccount" });
export type LineAccount = z.infer<typeof LineAccount>;

const distinctLines = (lines: readonly { line: number }[]): boolean =>
  new Set(lines.map((l) => l.line)).size === lines.length;

export const NewDevice = z
  .object({
    oui: z.string().regex(/^[0-9A-F]{6}$/, "six upper-case hexadecimal digits"),
    productClass: name(64),
    serialNumber: name(64),
    profile: profileId,
    provider: profileId,
    region: profileId,
    label: line(120).optional(),
    cwmpUsername: name(256).optional(),
    cwmpPassword: z
      .string()
      .min(12)
      .max(256)
      .regex(/^\P{Cc}*$/u)
      .optional()
      .describe("generated when absent"),
    lines: z.array(LineAccount).max(32).refine(distinctLines, "a line number appears twice").default([]),
  })
  .meta({ id: "NewDevice" });
export type NewDevice = z.input<typeof NewDevice>;

/** What the installer or the factory needs once; no password can be read again. */
export const RegisteredDevice = z
  .object({ device: Device, credentials: z.object({ cwmpUsername: z.string(), cwmpPassword: z.string() }) })
  .meta({ id: "RegisteredDevice" });
export type RegisteredDevice = z.infer<typeof RegisteredDevice>;

/** A line in a PATCH. A line that does not exist yet needs a whole account. */
export const LineChange = z
  .object({
    line: lineNumber,
    directoryNumber: line(64).optional(),
    sipUser: name(128).optional(),
    authUser: name(128).nullable().optional(),
    sipPassword: secret.optional(),
    domain: host.optional(),
    proxyHost: host.nullable().optional(),
    proxyPort: port.nullable().optional(),
    enabled: z.boolean().optional(),
    remove: z.literal(true).optional().describe("takes the line away"),
  })
  .meta({ id: "LineChange" });
export type LineChange = z.infer<typeof LineChange>;

export const parameterPath = name(256).regex(
  /^Device\.[\w.-]+\w$/,
  "a full parameter path, e.g. Device.ManagementServer.PeriodicInformInterval",
);

export const DevicePatch = z
  .object({
    label: line(120).nullable().optional(),
    profile: profileId.optional(),
    provider: profileId.optional(),
    region: profileId.optional(),
    desired: z
      .record(parameterPath, z.string().max(4096).nullable())
      .optional()
      .describe("overrides to set; null takes an override away; others stay"),
    lines: z.array(LineChange).max(32).refine(distinctLines, "a line number appears twice").optional(),
  })
  .meta({ id: "DevicePatch" });
export type DevicePatch = z.infer<typeof DevicePatch>;

export const Parameter = z
  .object({
    path: z.string(),
    value: z.string(),
    type: z.string(),
    writable: z.boolean(),
    updatedAt: instant,
  })
  .meta({ id: "Parameter" });
export type Parameter = z.infer<typeof Parameter>;

export const ParameterQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  after: line(400).optional(),
  search: line(256).optional().describe("part of a path or of a value"),
  under: line(256).optional().describe("only paths that begin so"),
});
export type ParameterQuery = z.infer<typeof ParameterQuery>;

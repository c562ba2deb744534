import { z } from "zod";
import { Device, LineAccount, NewDevice } from "./device.ts";
import { deviceId, instant, line, name, PageQuery } from "./common.ts";

/** EUI-48 of one station: neither a group address nor all zeroes (IEEE 802-2014 §8.2). */
export const macAddress = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/, "six octets such as 02:54:4e:00:00:01, no group address")
  .refine((mac) => mac !== "00:00:00:00:00:00", "must not be all zeroes");

/** A box that a factory station is about to make. Without `serialNumber` the ACS gives the next one. */
export const NewBox = z
  .object({
    oui: NewDevice.shape.oui,
    productClass: NewDevice.shape.productClass,
    serialNumber: NewDevice.shape.serialNumber.optional(),
    profile: NewDevice.shape.profile,
    provider: NewDevice.shape.provider,
    region: NewDevice.shape.region,
    mac: macAddress,
  })
  .meta({ id: "NewBox" });
export type NewBox = z.input<typeof NewBox>;

/** What goes onto the box and its label: passwords and claim code cannot be read again. */
export const ClaimedBox = z
  .object({
    deviceId,
    serialNumber: z.string(),
    credentials: z.object({ cwmpUsername: z.string(), cwmpPassword: z.string() }),
    claimCode: z.string().describe("printed on the label; an order takes the box by it"),
  })
  .meta({ id: "ClaimedBox" });
export type ClaimedBox = z.infer<typeof ClaimedBox>;

const reportBytes = 128 * 1024;

/** A test report of the field tool, kept as it is; `outcome` decides whether the box may be ordered. */
export const BoxReport = z
  .object({
    outcome: z.enum(["ready", "faulty"]),
    certificate: line(8192).optional().describe("SHA-256 fingerprint of the box's factory certificate"),
    report: z
      .record(z.string(), z.unknown())
      .refine((report) => JSON.stringify(report).length <= reportBytes, `at most ${reportBytes} characters`),
  })
  .meta({ id: "BoxReport" });
export type BoxReport = z.input<typeof BoxReport>;

/** `making` at the station, `ready` for an order, `faulty` after a failed test, `ordered` by a subscriber. */
export const BoxState = z.enum(["making", "ready", "faulty", "ordered"]).meta({ id: "BoxState" });
export type BoxState = z.infer<typeof BoxState>;

const summary = {
  deviceId,
  serialNumber: z.string(),
  label: z.string().nullable(),
  mac: z.string(),
  state: BoxState,
  station: z.string().describe("name of the token that made it"),
  certificate: z.string().nullable(),
  createdAt: instant,
  reportedAt: instant.nullable(),
  orderedAt: instant.nullable(),
  firstSeenAt: instant.nullable().describe("when it first called the ACS"),
  lastInformAt: instant.nullable(),
  softwareVersion: z.string().nullable(),
};
export const BoxSummary = z.object(summary).meta({ id: "BoxSummary" });
export type BoxSummary = z.infer<typeof BoxSummary>;

export const Box = z
  .object({ ...summary, report: z.record(z.string(), z.unknown()).nullable() })
  .meta({ id: "Box" });
export type Box = z.infer<typeof Box>;

export const BoxQuery = PageQuery.extend({
  state: BoxState.optional(),
  search: line(100).optional().describe("part of a serial number, MAC address or label"),
});
export type BoxQuery = z.infer<typeof BoxQuery>;

/** A subscriber's order takes a ready box by the code on its label. */
export const BoxOrder = z
  .object({
    claimCode: name(40),
    label: line(120).optional(),
    lines: z.array(LineAccount).min(1).max(32),
  })
  .meta({ id: "BoxOrder" });
export type BoxOrder = z.input<typeof BoxOrder>;

export const OrderedBox = z.object({ device: Device }).meta({ id: "OrderedBox" });

import { z } from "zod";
import { deviceId, instant, line, name, PageQuery } from "./common.ts";

const share = z.number().min(0).max(100);

export const NewCampaign = z
  .object({
    name: name(80),
    imageId: z.uuid(),
    force: z.boolean().default(false).describe("rest on the clause by which the provider may require it"),
    urgent: z.boolean().default(false).describe("needs neither notice nor maintenance hours, by the terms"),
    deadlineHours: z.number().min(0).max(8760).optional(),
    select: z
      .object({ provider: line(32).optional(), devices: z.array(deviceId).max(10_000).optional() })
      .optional()
      .describe("of the devices that the image is for; all by default"),
    waves: z
      .array(z.int().min(1).max(100))
      .min(1)
      .max(10)
      .default([1, 10, 100])
      .refine((shares) => shares.at(-1) === 100, "the last wave is 100 %")
      .refine((shares) => shares.every((one, index) => one > (shares[index - 1] ?? 0)), "shares grow")
      .describe("cumulative shares of the devices, in percent"),
    pauseHours: z.number().min(0).max(720).default(12).describe("between the end of a wave and the next"),
    abortPercent: share.default(5).describe("failures of a wave that are borne; more stop the campaign"),
    announcedAt: instant
      .transform((text) => new Date(text))
      .optional()
      .describe("when the customers were told; terms may want so many working days after it"),
  })
  .meta({ id: "NewCampaign" });
export type NewCampaign = z.output<typeof NewCampaign>;

const count = z.int();
export const Campaign = z
  .object({
    id: z.string(),
    name: z.string(),
    imageId: z.string(),
    version: z.string(),
    forced: z.boolean(),
    urgent: z.boolean(),
    state: z.enum(["running", "paused", "finished", "aborted", "cancelled"]),
    reason: z.string().nullable().describe("why it was aborted"),
    wave: z.int().describe("the one that is on, from 1"),
    waves: z.array(
      z.object({
        share,
        devices: count,
        left: count.describe("not ordered yet"),
        open: count.describe("under way"),
        committed: count,
        failed: count,
        cancelled: count,
        passedOver: count.describe("may not have the image, or need not"),
      }),
    ),
    pauseHours: z.number(),
    abortPercent: z.number(),
    announcedAt: instant,
    requestedBy: z.string(),
    createdAt: instant,
    updatedAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: "Campaign" });
export type Campaign = z.infer<typeof Campaign>;

const standing = z.enum(["left", "open", "committed", "failed", "cancelled", "passed-over"]);
export const CampaignDevice = z
  .object({
    deviceId,
    serialNumber: z.string(),
    label: z.string().nullable(),
    wave: z.int(),
    standing: standing.describe("left: not ordered yet; passed-over: may not have the image, or need not"),
    updateId: z.string().nullable(),
    state: z.string().nullable().describe("of its update"),
    reason: z.string().nullable().describe("why it waits, failed or was passed over"),
    clause: z.string().nullable().describe("that its update rests on"),
    provider: z.string().nullable(),
    connection: z.string(),
    updatedAt: instant.nullable(),
  })
  .meta({ id: "CampaignDevice" });
export type CampaignDevice = z.infer<typeof CampaignDevice>;

export const CampaignDevicesQuery = PageQuery.extend({
  wave: z.coerce.number().int().min(1).max(10).optional(),
  standing: standing.optional(),
});
export type CampaignDevicesQuery = z.infer<typeof CampaignDevicesQuery>;

export const CampaignSteering = z
  .object({ state: z.enum(["running", "paused", "cancelled"]) })
  .meta({ id: "CampaignSteering" });

export const UpdateReason = z
  .object({ reason: line(200).default("") })
  .meta({ id: "UpdateReason", description: "why, for the log of acts and for the device" });

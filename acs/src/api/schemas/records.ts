import { z } from "zod";
import { deviceId, instant, line, PageQuery } from "./common.ts";

/** What RTP and RTCP measured; times in milliseconds; null where nothing was measured. */
export const CallMedia = z
  .object({
    txPackets: z.number(),
    rxPackets: z.number(),
    lost: z.number(),
    jitterMs: z.number(),
    remoteLost: z.number(),
    remoteJitterMs: z.number(),
    roundTripMs: z.number(),
    late: z.number(),
    underruns: z.number(),
  })
  .partial()
  .catchall(z.unknown())
  .meta({ id: "CallMedia" });
export type CallMedia = z.infer<typeof CallMedia>;

/** A fax in a call, as far as the box between the machines could know it. */
export const CallFax = z
  .object({
    mode: z.string().describe("T.38, or G.711 for a fax in the sound"),
    pages: z.int().describe("confirmed by their receiver"),
    bitRate: z.int().describe("bit/s of the last training; 0: it never came to one"),
    errorCorrection: z.boolean(),
    complete: z.boolean().describe("all its pages were confirmed"),
  })
  .meta({ id: "CallFax" });
export type CallFax = z.infer<typeof CallFax>;

/** A rule of the provider's terms that shaped a call. */
export const AppliedTerm = z
  .object({ provider: z.string(), rule: z.string(), clause: z.string(), effect: z.string() })
  .meta({ id: "AppliedTerm" });
export type AppliedTerm = z.infer<typeof AppliedTerm>;

export const Call = z
  .object({
    id: z.string(),
    deviceId,
    line: z.int(),
    direction: z.enum(["outgoing", "incoming"]),
    from: z.string(),
    to: z.string(),
    name: z.string().nullable(),
    sipCallId: z.string().nullable(),
    start: instant,
    answer: instant.nullable(),
    end: instant,
    durationSeconds: z.number(),
    chargeableSeconds: z.int().nullable().describe("by the provider's terms; null where they don't say"),
    cause: z.string(),
    endedBy: z.string(),
    sipCode: z.int().nullable(),
    sipReason: z.string().nullable(),
    codec: z.string().nullable(),
    media: CallMedia.nullable(),
    fax: CallFax.nullable(),
    terms: z.array(AppliedTerm),
    receivedAt: instant.describe("when the ACS held the record durably"),
  })
  .meta({ id: "Call" });
export type Call = z.infer<typeof Call>;

export const CallQuery = PageQuery.extend({
  since: instant.optional(),
  until: instant.optional(),
  direction: z.enum(["outgoing", "incoming"]).optional(),
  cause: line(40).optional(),
  number: line(64).optional().describe("part of either number"),
});
export const AllCallsQuery = CallQuery.extend({ device: deviceId.optional() });
export type CallQuery = z.infer<typeof AllCallsQuery>;

export const Registration = z
  .object({
    id: z.string(),
    deviceId,
    line: z.int(),
    status: z.string(),
    code: z.int().nullable(),
    reason: z.string().nullable(),
    registrar: z.string().nullable(),
    at: instant,
  })
  .meta({ id: "Registration" });
export type Registration = z.infer<typeof Registration>;

export const JournalRow = z
  .object({
    id: z.string(),
    deviceId,
    sequence: z.int(),
    kind: z.string(),
    occurredAt: instant,
    receivedAt: instant,
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "JournalEntry" });
export type JournalRow = z.infer<typeof JournalRow>;

export const JournalQuery = PageQuery.extend({ kind: line(20).optional() });

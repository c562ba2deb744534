import * as z from "zod";

/** Lines count from 1 for people. */
const line = z.number().int().min(1).max(4).default(1);

/** What may be asked of the virtual telephone on `<state>/phone.sock`, one JSON object a line. */
export const phoneRequest = z.discriminatedUnion("op", [
  z.object({ op: z.literal("lift"), line }),
  z.object({ op: z.literal("hangup"), line }),
  z.object({
    op: z.literal("dial"),
    line,
    keys: z.string().regex(/^[0-9*#A-D,]{1,64}$/, "keys are 0-9 * # A-D and ,"),
  }),
  /** A rotary dial; its times in milliseconds are those of the region's telephones unless said otherwise. */
  z.object({
    op: z.literal("pulse"),
    line,
    digits: z.string().regex(/^[0-9]{1,32}$/, "a rotary dial has the digits 0-9"),
    breakMs: z.number().int().min(1).max(1000).default(66),
    makeMs: z.number().int().min(1).max(1000).default(33),
  }),
  z.object({ op: z.literal("flash"), line, ms: z.number().int().min(20).max(2000).default(200) }),
  z.object({
    op: z.literal("speak"),
    line,
    /** Hertz; 0 = be silent. */
    frequency: z.number().int().min(0).max(3600).default(1000),
    /** 0 = until told otherwise. */
    ms: z.number().int().min(0).max(3_600_000).default(2000),
    /** Tenths of dBm0. */
    level: z.number().int().min(-600).max(0).default(-130),
  }),
  /** `waitMs`: how long to listen at most until a tone can be named. */
  z.object({ op: z.literal("heard"), line, waitMs: z.number().int().min(0).max(8000).default(6000) }),
  z.object({ op: z.literal("forget"), line }),
  z.object({ op: z.literal("status"), line }),
  /** Plugs in a fax machine: it sends the pages of a TIFF file, or receives into one; null takes it away. */
  z.object({
    op: z.literal("fax"),
    line,
    way: z.enum(["send", "receive"]).default("send"),
    file: z.string().min(1).max(512).nullable(),
  }),
  /** `file`: WAV to write; null ends it. */
  z.object({ op: z.literal("record"), line, file: z.string().min(1).max(512).nullable() }),
]);
export type PhoneRequest = z.infer<typeof phoneRequest>;

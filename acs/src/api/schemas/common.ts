import { z } from "zod";

/** One line of text within `max` characters, free of control characters (they break logs, SIP headers and SQL text). */
export const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^\P{Cc}*$/u, "control characters are not allowed");

/** As `line`, with at least one character that shows. */
export const name = (max: number) => line(max).regex(/\S/, "must not be empty");

/** An instant, ISO 8601 in UTC. */
export const instant = z.iso.datetime();

/** `<OUI>-<ProductClass>-<SerialNumber>`, each part percent-encoded (TR-069 Amendment 6, section 3.4.4). */
export const deviceId = name(256).meta({
  id: "DeviceId",
  description: "<OUI>-<ProductClass>-<SerialNumber>, each part percent-encoded",
});
export type DeviceId = z.infer<typeof deviceId>;

/** RFC 9457 problem details; `remedy` says in one sentence what the reader can do. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    remedy: z.string().optional(),
    clause: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details with a remedy" });
export type Problem = z.infer<typeof Problem>;

/** Query of every list: at most `limit` rows, continued after the opaque `after` of the page before. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: line(400).optional().describe("`next` of the page before"),
});
export type PageQuery = z.infer<typeof PageQuery>;

export const page = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe("pass as `after` for more; null at the end"),
  });
export type Page<T> = { items: T[]; next: string | null };

export const DeviceParams = z.object({ id: deviceId });
export const UuidParams = z.object({ id: z.uuid() });

export const Health = z
  .object({
    status: z.enum(["ok", "degraded"]),
    store: z.boolean(),
    time: instant,
    certificate: z
      .object({
        notAfter: instant,
        attention: z.boolean().describe("it has ended, or ends within three weeks"),
      })
      .nullable()
      .describe("of the TLS ports; null without TLS"),
  })
  .meta({ id: "Health" });
export type Health = z.infer<typeof Health>;

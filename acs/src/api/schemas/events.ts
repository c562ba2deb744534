import { z } from "zod";
import { deviceId, PageQuery } from "./common.ts";

/** What `GET /api/events` streams: a hint to look again, never the record itself. */
export const ServerEvent = z
  .discriminatedUnion("type", [
    z.object({
      type: z.literal("device"),
      deviceId,
      what: z.enum(["registered", "changed", "inform", "boot", "online", "offline"]),
    }),
    z.object({
      type: z.literal("line"),
      deviceId,
      line: z.int(),
      status: z.string().optional(),
      callStatus: z.string().optional(),
    }),
    z.object({ type: z.literal("call"), deviceId, callId: z.string() }),
    z.object({ type: z.literal("registration"), deviceId, line: z.int(), status: z.string() }),
    z.object({ type: z.literal("journal"), deviceId, entries: z.int() }),
    z.object({ type: z.literal("update"), deviceId, updateId: z.string().nullable(), state: z.string() }),
    z.object({ type: z.literal("command"), deviceId, commandId: z.string(), state: z.string() }),
  ])
  .meta({ id: "ServerEvent" });
export type ServerEvent = z.infer<typeof ServerEvent>;

export const EventQuery = z.object({ device: deviceId.optional().describe("only events of this device") });
export const CommandQuery = PageQuery.extend({
  state: z.enum(["pending", "sent", "done", "failed"]).optional(),
});

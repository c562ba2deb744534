/** The local door to updates: `<state>/update.sock`, for a technician at the box and for rescue. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import type { Log } from "./logging.ts";
import { serveControlSocket } from "./net/control-socket.ts";
import type { CancelAnswer, OrderAnswer, UpdateEngine } from "./update/index.ts";

/** What may be asked, one JSON object a line. */
export const updateAsk = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("update"),
    /** Absolute path of an image on this machine, or where to fetch one. */
    source: z.discriminatedUnion("from", [
      z.strictObject({
        from: z.literal("file"),
        path: z.string().max(1000).regex(/^\//, "must be absolute"),
      }),
      z.strictObject({ from: z.literal("url"), url: z.url({ protocol: /^https?$/ }).max(2048) }),
    ]),
    activate: z.boolean().default(true),
  }),
  z.strictObject({ op: z.literal("activate") }),
  z.strictObject({ op: z.literal("cancel") }),
  z.strictObject({ op: z.literal("status") }),
  /** Asks the ACS for firmware (TR-069 A.4.2.2 RequestDownload). */
  z.strictObject({ op: z.literal("ask-acs") }),
]);
export type UpdateAsk = z.input<typeof updateAsk>;

/** The name of the door within the state folder. */
export const updateSocket = "update.sock";

/** Opens the door. An update from here waits for a quiet line as any other: whoever stands at the box may hang up. */
export function serveUpdateDoor(
  stateFolder: string,
  updates: UpdateEngine,
  held: () => string | undefined,
  askAcs: () => void,
  log: Log,
): { stop(): void } {
  return serveControlSocket({
    path: join(stateFolder, updateSocket),
    respond: (request) => respond(request, updates, held, askAcs),
    log,
  });
}

function respond(
  request: unknown,
  updates: UpdateEngine,
  held: () => string | undefined,
  askAcs: () => void,
): object {
  const parsed = updateAsk.safeParse(request);
  if (!parsed.success) return { ok: false, error: z.prettifyError(parsed.error) };
  const ask = parsed.data;
  const common = { door: "local" as const, commandKey: "", force: false };
  switch (ask.op) {
    case "status":
      return { ok: true, update: updates.view, ...updates.images(held()) };
    case "ask-acs":
      askAcs();
      return { ok: true };
    case "cancel":
      return answered(updates.cancel(updates.view.commandKey));
    case "activate":
      return answered(updates.activate(common));
    case "update": {
      const { source, activate } = ask;
      const url = source.from === "file" ? pathToFileURL(source.path).href : source.url;
      return answered(updates.request({ ...common, url, activate }));
    }
  }
  return ask satisfies never;
}

function answered(answer: OrderAnswer | CancelAnswer): object {
  return answer.accepted ? { ok: true } : { ok: false, error: answer.fault.string };
}

import type { Kysely } from "kysely";
import { z } from "zod";
import type { EventBus } from "../events.ts";
import type { Log } from "../log.ts";
import type { Database } from "../store/database.ts";
import { CommandError, readCommand, type StoredCommand } from "./commands.ts";

/** Sessions in which a command may be sent without an answer before it counts as failed. */
const attemptsAtMost = 3;
const attempt = z.object({ attempts: z.number() }).catch({ attempts: 0 });

type Parts = { db: Kysely<Database>; bus: EventBus; log: Log };

/** The open commands of a device, oldest first; those that cannot be done are closed on the way. */
export async function openCommands(parts: Parts, deviceId: string): Promise<StoredCommand[]> {
  const rows = await parts.db
    .selectFrom("commands")
    .select(["id", "kind", "arguments", "state", "result"])
    .where("device_id", "=", deviceId)
    .where("state", "in", ["pending", "sent"])
    .orderBy("created_at")
    .limit(100)
    .execute();
  const open: StoredCommand[] = [];
  for (const { id, kind, arguments: stored, state, result } of rows) {
    const { attempts } = attempt.parse(result);
    if (kind === "wake") {
      await closeCommand(parts, deviceId, id, "done", {}); // the device is here: that was all
      continue;
    }
    if (attempts >= attemptsAtMost) {
      await closeCommand(parts, deviceId, id, "failed", {
        reason: `no answer from the device in ${attempts} sessions`,
      });
      continue;
    }
    try {
      open.push({ id, state: state === "sent" ? "sent" : "pending", attempts, ...readCommand(kind, stored) });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      parts.log.warn({ deviceId, commandId: id, reason: error.message }, "command refused");
      await closeCommand(parts, deviceId, id, "failed", { reason: error.message });
    }
  }
  return open;
}

/** Before the RPC goes out: whatever happens next, the store knows that it may have been done. */
export async function markSent({ db, bus }: Parts, deviceId: string, command: StoredCommand): Promise<void> {
  await db
    .updateTable("commands")
    .set({ state: "sent", sent_at: new Date(), result: JSON.stringify({ attempts: command.attempts + 1 }) })
    .where("id", "=", command.id)
    .execute();
  bus.publish({ type: "command", deviceId, commandId: command.id, state: "sent" });
}

export async function closeCommand(
  { db, bus }: Parts,
  deviceId: string,
  commandId: string,
  state: "done" | "failed",
  result: unknown,
): Promise<void> {
  await db
    .updateTable("commands")
    .set({ state, done_at: new Date(), result: JSON.stringify(result) })
    .where("id", "=", commandId)
    .execute();
  bus.publish({ type: "command", deviceId, commandId, state });
}

/** A TransferComplete proves that its Download was received, even if that answer was lost. */
export async function closeDownload({ db }: Parts, deviceId: string, commandKey: string): Promise<void> {
  await db
    .updateTable("commands")
    .set({ state: "done", done_at: new Date() })
    .where("device_id", "=", deviceId)
    .where("kind", "=", "download")
    .where("state", "=", "sent")
    .where((row) => row(row.ref("arguments", "->>").key("commandKey"), "=", commandKey))
    .execute();
}

import type { Southbound } from "../sessions/southbound.ts";
import { recordLineState } from "./repository.ts";

const update = "Device.X_TONALITE_Update.";

/**
 * Draws what other contexts live by from values a device reported, by whatever protocol: a line's registration and
 * call state, the state of an update. The values themselves are stored by the caller.
 */
export async function noticeValues(
  { db, bus, hooks }: Pick<Southbound, "db" | "bus" | "hooks">,
  deviceId: string,
  values: Iterable<{ path: string; value: string }>,
): Promise<void> {
  const lines = new Map<number, { status?: string; callStatus?: string }>();
  const updates = new Map<string, string>();
  for (const { path, value } of values) {
    if (path.startsWith(update)) updates.set(path.slice(update.length), value);
    const [, client, line] =
      /^Device\.Services\.VoiceService\.1\.(?:SIP\.Client\.(\d+)\.Status|CallControl\.Line\.(\d+)\.CallStatus)$/.exec(
        path,
      ) ?? [];
    if (client !== undefined) lines.set(Number(client), { ...lines.get(Number(client)), status: value });
    if (line !== undefined) lines.set(Number(line), { ...lines.get(Number(line)), callStatus: value });
  }
  for (const [line, state] of lines)
    if (await recordLineState(db, deviceId, line, state))
      bus.publish({ type: "line", deviceId, line, ...state });
  if (!updates.has("State") && !updates.has("Reason")) return;
  // The device tells what changed: why it waits changes while it waits, and a state may keep its reason.
  const missing = updates.has("State") ? ["Reason"] : ["State", "Version"];
  const known = await db
    .selectFrom("device_parameters")
    .select(["path", "value"])
    .where("device_id", "=", deviceId)
    .where(
      "path",
      "in",
      missing.map((name) => update + name),
    )
    .execute();
  const whole = new Map([
    ...known.map((row) => [row.path.slice(update.length), row.value] as const),
    ...updates,
  ]);
  if (whole.has("State")) await noteUpdate(whole, deviceId, hooks);
}

async function noteUpdate(
  values: ReadonlyMap<string, string>,
  deviceId: string,
  hooks: Southbound["hooks"],
): Promise<void> {
  await hooks.noteUpdateState(deviceId, {
    state: values.get("State") ?? "",
    reason: values.get("Reason") || null,
    version: values.get("Version") || null,
    clause: values.get("Clause") || null,
    commandKey: values.get("CommandKey") || null,
  });
}

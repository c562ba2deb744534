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
  const state = updates.get("State");
  if (state !== undefined)
    await hooks.noteUpdateState(deviceId, {
      state,
      reason: updates.get("Reason") || null,
      version: updates.get("Version") || null,
      clause: updates.get("Clause") || null,
      commandKey: updates.get("CommandKey") || null,
    });
}

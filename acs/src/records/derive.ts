import type { CallRecord, JournalEntry, RegistrationChange } from "@tonalite/agent/core/records";
import type { ProviderProfile } from "@tonalite/device-profiles";
import type { Insertable } from "kysely";
import type { CallRecordsTable, RegistrationChangesTable } from "../store/schema.ts";
import { chargeableSeconds } from "../terms/charging.ts";

type Entry<K extends JournalEntry["kind"]> = Extract<JournalEntry, { kind: K }>;

/** The row of `call_records` for a call. The charging rule that counted it stands among its terms, with its clause. */
export function toCallRow(
  deviceId: string,
  entry: Entry<"call">,
  provider: ProviderProfile | undefined,
): Insertable<CallRecordsTable> {
  const call = entry.data;
  const chargeable = chargeableSeconds(call, provider);
  return {
    id: entry.id,
    device_id: deviceId,
    line: call.line,
    direction: call.direction,
    from_number: text(call.from),
    to_number: text(call.to),
    started_at: new Date(call.start), // cursors hold milliseconds, so the store does
    answered_at: call.answer === null ? null : new Date(call.answer),
    ended_at: new Date(call.end),
    duration_seconds: call.durationSeconds,
    chargeable_seconds: chargeable ?? 0,
    cause: call.cause,
    ended_by: call.endedBy,
    sip_code: call.sipCode,
    sip_reason: call.sipReason === null ? null : text(call.sipReason),
    codec: call.codec === null ? null : text(call.codec),
    media: call.media === null ? null : json(call.media),
    terms: json([...call.terms, ...chargingTerm(call, chargeable, provider)]),
  };
}

/** The effect that marks a call's counted time among its terms. */
export const countedEffect = /^counted:\d+$/;

function chargingTerm(
  call: CallRecord,
  chargeable: number | null,
  provider: ProviderProfile | undefined,
): CallRecord["terms"] {
  const rule = provider?.rules.charging;
  if (!provider || !rule || chargeable === null || call.answer === null || call.direction === "incoming")
    return [];
  return [{ provider: provider.id, rule: "charging", clause: rule.clause, effect: `counted:${chargeable}` }];
}

/** The row of `registration_changes` for a change. */
export function toRegistrationRow(
  deviceId: string,
  entry: Entry<"registration">,
): Insertable<RegistrationChangesTable> {
  const change: RegistrationChange = entry.data;
  return {
    id: entry.id,
    device_id: deviceId,
    line: change.line,
    status: text(change.status),
    code: change.code,
    reason: text(change.reason),
    at: new Date(entry.time),
  };
}

/** PostgreSQL takes every character but NUL in text. */
export function text(value: string): string {
  return value.replaceAll("\0", "");
}

/** JSON for a jsonb column: NUL, which jsonb refuses, is left out wherever it stands. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "string" ? text(member) : member,
  );
}

import * as z from "zod";
import { callRecord } from "./call-record.ts";

/** A line's registration changed: TR-104 status, SIP answer (0 = none) and phrase. */
export const registrationChange = z.object({
  line: z.number().int().positive(),
  status: z.string().max(64),
  code: z.number().int().nonnegative(),
  reason: z.string().max(512),
  registrar: z.string().max(256),
});
export type RegistrationChange = z.infer<typeof registrationChange>;

/** Something other than a call that the terms refused (a registrar outside the allow-list). */
export const refusal = z.object({
  line: z.number().int().positive(),
  what: z.string().max(256),
  provider: z.string().max(64),
  rule: z.string().max(128),
  clause: z.string().max(256),
});
export type Refusal = z.infer<typeof refusal>;

/** One step of a software update. */
export const updateStep = z.object({
  version: z.string().max(64),
  from: z.string().max(64),
  state: z.string().max(32),
  reason: z.string().max(512),
  clause: z.string().max(256).nullable(),
  commandKey: z.string().max(64).nullable(),
});
export type UpdateStep = z.infer<typeof updateStep>;

/** The box itself: started, crashed, set its clock, had to drop undelivered entries. */
export const systemEvent = z.object({
  what: z.enum(["boot", "crash", "stop", "clock", "journal-overflow", "factory-reset", "fault"]),
  detail: z.string().max(1024),
});
export type SystemEvent = z.infer<typeof systemEvent>;

/** Something is wrong with the box, or is well again (TR-181 Device.FaultMgmt.). */
export const alarmRecord = z.object({
  identifier: z.string().max(64),
  change: z.enum(["NewAlarm", "ChangedAlarm", "ClearedAlarm"]),
  kind: z.string().max(32),
  /** The object of the data model that it speaks of. */
  object: z.string().max(512),
  severity: z.enum(["Cleared", "Critical", "Major", "Minor", "Warning", "Indeterminate"]),
  cause: z.string().max(64),
  problem: z.string().max(128),
  text: z.string().max(256),
  /** When it began. */
  raised: z.iso.datetime(),
});
export type AlarmRecord = z.infer<typeof alarmRecord>;

const common = {
  id: z.uuid(),
  /** Counts from 1 on one box without holes, except where a "journal-overflow" says how many are lost. */
  sequence: z.number().int().positive(),
  time: z.iso.datetime(),
};

/** One line of the box's journal, as stored, delivered and taken in by the ACS. */
export const journalEntry = z.discriminatedUnion("kind", [
  z.object({ ...common, kind: z.literal("call"), data: callRecord }),
  z.object({ ...common, kind: z.literal("registration"), data: registrationChange }),
  z.object({ ...common, kind: z.literal("refusal"), data: refusal }),
  z.object({ ...common, kind: z.literal("update"), data: updateStep }),
  z.object({ ...common, kind: z.literal("system"), data: systemEvent }),
  z.object({ ...common, kind: z.literal("alarm"), data: alarmRecord }),
]);
export type JournalEntry = z.infer<typeof journalEntry>;
export type JournalKind = JournalEntry["kind"];
/** The data that belongs to a kind. */
export type JournalData<K extends JournalKind = JournalKind> = Extract<JournalEntry, { kind: K }>["data"];

import * as z from "zod";
import { type AlarmKind, alarmKinds, type Reporting } from "./kinds.ts";

const kind = z.enum(alarmKinds.map(({ id }) => id) as [AlarmKind, ...AlarmKind[]]);

/** An alarm that holds now. `object` is the path in the data model that it speaks of. */
export const alarm = z.object({
  identifier: z.string().max(64),
  kind,
  object: z.string().max(512),
  raised: z.string(),
  changed: z.string(),
  text: z.string().max(256),
});
export type Alarm = z.infer<typeof alarm>;

export const alarmChange = z.enum(["NewAlarm", "ChangedAlarm", "ClearedAlarm"]);

/** One thing that happened to an alarm. `number` counts from 1 over the life of the box. */
export const alarmEvent = z.object({
  number: z.number().int().positive(),
  at: z.string(),
  change: alarmChange,
  alarm,
});
export type AlarmEvent = z.infer<typeof alarmEvent>;

/** What is kept over restarts. */
export const alarmBook = z.object({
  last: z.number().int().nonnegative(),
  current: z.array(alarm).max(64),
  history: z.array(alarmEvent).max(64),
});
export type AlarmBook = z.infer<typeof alarmBook>;

export const emptyAlarms: AlarmBook = { last: 0, current: [], history: [] };

/** As many as the tables show; of more that hold, the oldest is closed. */
export const mostAlarms = 16;
export const mostHistory = 32;

export type AlarmCondition =
  | { holds: true; kind: AlarmKind; object: string; text: string }
  | { holds: false; kind: AlarmKind; object: string };

/** What a condition changes: nothing when it is known already, or when its kind is disabled and nothing is to be cleared. */
export function stepAlarms(
  book: AlarmBook,
  condition: AlarmCondition,
  at: string,
  reporting: (kind: AlarmKind) => Reporting,
): { book: AlarmBook; events: AlarmEvent[] } {
  const known = book.current.find(
    (other) => other.kind === condition.kind && other.object === condition.object,
  );
  if (!condition.holds) return known === undefined ? { book, events: [] } : clear(book, known, at);
  if (reporting(condition.kind) === "3 Disabled")
    return known === undefined ? { book, events: [] } : clear(book, known, at);
  const text = condition.text.slice(0, 256);
  if (known?.text === text) return { book, events: [] };
  if (known !== undefined) {
    const changed = { ...known, changed: at, text };
    return note(
      { ...book, current: book.current.map((other) => (other === known ? changed : other)) },
      "ChangedAlarm",
      changed,
      at,
    );
  }
  const oldest = book.current.length >= mostAlarms ? book.current[0] : undefined;
  const room = oldest === undefined ? { book, events: [] } : clear(book, oldest, at);
  const { kind: kind_, object } = condition;
  const raised: Alarm = {
    identifier: String(room.book.last + 1),
    kind: kind_,
    object,
    raised: at,
    changed: at,
    text,
  };
  const noted = note({ ...room.book, current: [...room.book.current, raised] }, "NewAlarm", raised, at);
  return { book: noted.book, events: [...room.events, ...noted.events] };
}

function clear(book: AlarmBook, known: Alarm, at: string): { book: AlarmBook; events: AlarmEvent[] } {
  const current = book.current.filter((other) => other !== known);
  return note({ ...book, current }, "ClearedAlarm", { ...known, changed: at }, at);
}

function note(
  book: AlarmBook,
  change: AlarmEvent["change"],
  about: Alarm,
  at: string,
): { book: AlarmBook; events: AlarmEvent[] } {
  const event: AlarmEvent = { number: book.last + 1, at, change, alarm: about };
  return {
    book: { ...book, last: event.number, history: [...book.history, event].slice(-mostHistory) },
    events: [event],
  };
}

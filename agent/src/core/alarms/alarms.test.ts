import { describe, expect, it } from "vitest";
import {
  type AlarmBook,
  alarmBook,
  type AlarmCondition,
  type AlarmEvent,
  alarmKind,
  alarmKinds,
  emptyAlarms,
  mostAlarms,
  mostHistory,
  type Reporting,
  stepAlarms,
} from "./index.ts";

const at = "2026-11-22T05:00:00Z";
const line = (number: number) => `Device.Services.VoiceService.1.CallControl.Line.${number}`;
const lost = (object: string, text = "404"): AlarmCondition => ({
  holds: true,
  kind: "line-unregistered",
  object,
  text,
});
const back = (object: string): AlarmCondition => ({ holds: false, kind: "line-unregistered", object });
function play(
  conditions: AlarmCondition[],
  reporting: Reporting = "0 Expedited",
  from: AlarmBook = emptyAlarms,
) {
  let book = from;
  const events: AlarmEvent[] = [];
  for (const condition of conditions) {
    const step = stepAlarms(book, condition, at, () => reporting);
    book = step.book;
    events.push(...step.events);
  }
  return { book, events: events.map(({ change, alarm: { identifier } }) => `${change} ${identifier}`) };
}

describe("alarms", () => {
  it("are raised, changed and cleared once each", () => {
    const { book, events } = play([
      lost(line(1)),
      lost(line(1)),
      lost(line(2)),
      lost(line(1), "503"),
      back(line(1)),
      back(line(1)),
    ]);
    expect(events).toEqual(["NewAlarm 1", "NewAlarm 2", "ChangedAlarm 1", "ClearedAlarm 1"]);
    expect(book.current.map(({ object }) => object)).toEqual([line(2)]);
    expect(book.history.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  });

  it("never share an identifier, also when the book comes back from the store", () => {
    const first = play([lost(line(1)), back(line(1))]);
    const kept = alarmBook.parse(JSON.parse(JSON.stringify(first.book)));
    expect(play([lost(line(1))], "0 Expedited", kept).events).toEqual(["NewAlarm 3"]);
  });

  it("that are disabled are not raised, and go when they are", () => {
    expect(play([lost(line(1))], "3 Disabled").events).toEqual([]);
    const { book } = play([lost(line(1))]);
    expect(play([lost(line(1))], "3 Disabled", book).events).toEqual(["ClearedAlarm 1"]);
  });

  it("stay within their tables", () => {
    const many = Array.from({ length: 60 }, (_, index) => lost(line(index + 1)));
    const { book } = play(many);
    expect([book.current.length, book.history.length]).toEqual([mostAlarms, mostHistory]);
    expect(alarmBook.safeParse(book).success).toBe(true);
  });

  it("have words that fit the data model", () => {
    for (const { id, eventType, probableCause, specificProblem } of alarmKinds) {
      expect([eventType.length <= 64, probableCause.length <= 64, specificProblem.length <= 128]).toEqual([
        true,
        true,
        true,
      ]);
      expect(alarmKind(id).id).toBe(id);
    }
  });
});

import {
  alarmBook,
  type AlarmBook,
  type AlarmCondition,
  alarmKind,
  emptyAlarms,
  stepAlarms,
} from "../../core/alarms/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import type { Log } from "../logging.ts";
import type { Store } from "../store/store.ts";
import { AlarmTables, reportingOf } from "./table.ts";
import { watchConditions } from "./watch.ts";

export { showKinds } from "./table.ts";

const key = "alarms";

export type AlarmOptions = {
  readonly model: DataModel;
  readonly store: Store;
  /** Folder that keeps the box's memory. */
  readonly state: string;
  /** Last words of the run before this one, when it failed. */
  readonly crash: string | null;
  readonly log: Log;
};

export type Alarms = {
  /** A condition that another room sees. */
  tell(condition: AlarmCondition): void;
  /** Begins to watch; what is told from now on goes out as its kind wants it. */
  start(engine: Pick<VoiceEngine, "onEvent">): void;
  stop(): void;
};

/**
 * Keeps the alarms of the box (TR-181 Device.FaultMgmt.): over restarts in the store, as rows in the data model, and each
 * event in the journal, which brings it to the ACS.
 */
export function keepAlarms({ model, store, state, crash, log }: AlarmOptions): Alarms {
  const stored = alarmBook.safeParse(store.values.get(key) ?? emptyAlarms);
  let book: AlarmBook = stored.success ? stored.data : emptyAlarms;
  const tables = new AlarmTables(model);
  tables.showCurrent(book);
  for (const event of book.history) tables.showEvent(event, reportingOf(model, event.alarm.kind));
  let unwatch = (): void => {};

  function tell(condition: AlarmCondition): void {
    const at = `${new Date().toISOString().slice(0, 19)}Z`;
    const step = stepAlarms(book, condition, at, (kind) => reportingOf(model, kind));
    if (step.events.length === 0) return;
    book = step.book;
    try {
      store.transaction(() => {
        store.values.set(key, book);
        for (const { alarm, change } of step.events) {
          const { probableCause, severity, specificProblem } = alarmKind(alarm.kind);
          store.journal.append("alarm", {
            identifier: alarm.identifier,
            change,
            kind: alarm.kind,
            object: alarm.object,
            severity: change === "ClearedAlarm" ? "Cleared" : severity,
            cause: probableCause,
            problem: specificProblem,
            text: alarm.text,
            raised: alarm.raised,
          });
        }
      });
    } catch (error) {
      // A full disk is one of the alarms: it must be shown all the same.
      log.error({ reason: String(error) }, "an alarm was not kept");
    }
    tables.showCurrent(book);
    for (const event of step.events) {
      log.warn({ alarm: event.alarm.kind, object: event.alarm.object, change: event.change }, "alarm");
      tables.showEvent(event, reportingOf(model, event.alarm.kind));
    }
  }

  return {
    tell,
    start: (engine) => {
      unwatch = watchConditions({ model, engine, state, crash, tell });
    },
    stop: () => unwatch(),
  };
}

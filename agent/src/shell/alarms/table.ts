import {
  type Alarm,
  type AlarmBook,
  type AlarmEvent,
  alarmKind,
  alarmKinds,
  mostAlarms,
  mostHistory,
  type Reporting,
} from "../../core/alarms/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";

const base = "Device.FaultMgmt.";
const mostReported = 8;

/** How alarms of a kind are told, as management set it. */
export function reportingOf(model: DataModel, kind: Alarm["kind"]): Reporting {
  const row = alarmKinds.findIndex(({ id }) => id === kind) + 1;
  return model.value(`${base}SupportedAlarm.${row}.ReportingMechanism`) as Reporting;
}

/** Opens the table of what can be wrong; call it before the kept values come back. */
export function showKinds(model: DataModel): void {
  model.publish(`${base}MaxCurrentAlarmEntries`, String(mostAlarms));
  for (const [
    index,
    { eventType, probableCause, reporting, severity, specificProblem },
  ] of alarmKinds.entries()) {
    const row = `${base}SupportedAlarm.${index + 1}.`;
    model.addInstance(`${base}SupportedAlarm.`, index + 1);
    model.publish(`${row}EventType`, eventType);
    model.publish(`${row}ProbableCause`, probableCause);
    model.publish(`${row}SpecificProblem`, specificProblem);
    model.publish(`${row}PerceivedSeverity`, severity);
    model.publish(`${row}ReportingMechanism`, reporting);
  }
}

/** Alarms as rows of Device.FaultMgmt.: those that hold, and rings of what happened, told as their kind wants it. */
export class AlarmTables {
  readonly #model: DataModel;
  readonly #rows = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  constructor(model: DataModel) {
    this.#model = model;
  }

  showCurrent({ current }: AlarmBook): void {
    const table = `${base}CurrentAlarm.`;
    const there = new Set(current.map(({ identifier }) => identifier));
    for (const [identifier, row] of this.#rows) {
      if (there.has(identifier)) continue;
      this.#model.removeInstance(table, row);
      this.#rows.delete(identifier);
    }
    for (const alarm of current) {
      const row = this.#rows.get(alarm.identifier) ?? this.#freeRow();
      this.#rows.set(alarm.identifier, row);
      this.#model.addInstance(table, row);
      this.#fill(`${table}${row}.`, alarm, {
        AlarmRaisedTime: alarm.raised,
        AlarmChangedTime: alarm.changed,
        PerceivedSeverity: alarmKind(alarm.kind).severity,
      });
    }
  }

  /** Puts an event into the history, and into the table whose rows the ACS is told of. */
  showEvent(event: AlarmEvent, reporting: Reporting): void {
    this.#append("HistoryEvent", mostHistory, event);
    if (reporting === "0 Expedited") this.#append("ExpeditedEvent", mostReported, event);
    if (reporting === "1 Queued") this.#append("QueuedEvent", mostReported, event);
  }

  /** A ring: the row of the oldest is taken for the newest. */
  #append(name: string, size: number, { alarm, at, change }: AlarmEvent): void {
    const table = `${base}${name}.`;
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    const row = (count % size) + 1;
    this.#model.addInstance(table, row);
    const severity = change === "ClearedAlarm" ? "Cleared" : alarmKind(alarm.kind).severity;
    this.#fill(`${table}${row}.`, alarm, {
      NotificationType: change,
      PerceivedSeverity: severity,
      EventTime: at,
    });
  }

  /** What differs by table last: the last value is the one that the ACS is told of. */
  #fill(row: string, { identifier, kind, object, text }: Alarm, values: Record<string, string>): void {
    const { eventType, probableCause, specificProblem } = alarmKind(kind);
    const all = {
      AlarmIdentifier: identifier,
      ManagedObjectInstance: object,
      EventType: eventType,
      ProbableCause: probableCause,
      SpecificProblem: specificProblem,
      AdditionalText: text,
      ...values,
    };
    for (const [name, value] of Object.entries(all)) this.#model.publish(row + name, value);
  }

  #freeRow(): number {
    const used = new Set(this.#rows.values());
    for (let row = 1; ; row += 1) if (!used.has(row)) return row;
  }
}

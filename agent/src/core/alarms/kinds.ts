/** What can be wrong with a box. Words of ITU-T X.733: event type and probable cause; severities of TR-181. */
export const alarmKinds = [
  {
    id: "line-unregistered",
    eventType: "Communications Alarm",
    probableCause: "Call Establishment Error",
    specificProblem: "Line not registered",
    severity: "Major",
    reporting: "0 Expedited",
  },
  {
    id: "voice-engine",
    eventType: "Processing Error Alarm",
    probableCause: "Software Error",
    specificProblem: "Voice engine reports faults",
    severity: "Major",
    reporting: "0 Expedited",
  },
  {
    id: "port-lost",
    eventType: "Equipment Alarm",
    probableCause: "Line Card Problem",
    specificProblem: "Telephone port lost",
    severity: "Critical",
    reporting: "0 Expedited",
  },
  {
    id: "safe-mode",
    eventType: "Processing Error Alarm",
    probableCause: "Software Program Abnormally Terminated",
    specificProblem: "Safe mode: management without voice",
    severity: "Critical",
    reporting: "0 Expedited",
  },
  {
    id: "crashed",
    eventType: "Processing Error Alarm",
    probableCause: "Software Program Abnormally Terminated",
    specificProblem: "Restarted without order",
    severity: "Warning",
    reporting: "1 Queued",
  },
  {
    id: "update-failed",
    eventType: "Processing Error Alarm",
    probableCause: "Software Error",
    specificProblem: "Software update failed",
    severity: "Minor",
    reporting: "1 Queued",
  },
  {
    id: "clock-unset",
    eventType: "Equipment Alarm",
    probableCause: "Timing Problem",
    specificProblem: "Clock not set",
    severity: "Warning",
    reporting: "1 Queued",
  },
  {
    id: "disk-full",
    eventType: "Processing Error Alarm",
    probableCause: "Storage Capacity Problem",
    specificProblem: "Store nearly full",
    severity: "Minor",
    reporting: "1 Queued",
  },
] as const;
export type AlarmKind = (typeof alarmKinds)[number]["id"];
export const alarmKind = (id: AlarmKind): (typeof alarmKinds)[number] => {
  const found = alarmKinds.find((kind) => kind.id === id);
  if (found === undefined) throw new RangeError(`there is no alarm ${id}`);
  return found;
};

/** TR-181 SupportedAlarm.{i}.ReportingMechanism. */
export type Reporting = "0 Expedited" | "1 Queued" | "2 Logged" | "3 Disabled";

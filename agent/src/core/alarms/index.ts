export {
  type Alarm,
  type AlarmBook,
  alarmBook,
  alarmChange,
  type AlarmCondition,
  type AlarmEvent,
  emptyAlarms,
  mostAlarms,
  mostHistory,
  stepAlarms,
} from "./alarms.ts";
export { type AlarmKind, alarmKind, alarmKinds, type Reporting } from "./kinds.ts";

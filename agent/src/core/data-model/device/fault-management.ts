import { object, ro, rw } from "./declare.ts";

const severities = ["Critical", "Major", "Minor", "Warning", "Indeterminate"];
const notification = ["NewAlarm", "ChangedAlarm", "ClearedAlarm"];

const about = [
  ro("ManagedObjectInstance", "string", { maxLength: 512 }),
  ro("EventType", "string", { maxLength: 64 }),
  ro("ProbableCause", "string", { maxLength: 64 }),
  ro("SpecificProblem", "string", { maxLength: 128 }),
];
const texts = [
  ro("AdditionalText", "string", { maxLength: 256 }),
  ro("AdditionalInformation", "string", { maxLength: 256 }),
];

/** A table of alarm events; `notify` is how the ACS hears of a row. */
const events = (name: string, notify: "off" | "passive" | "active") =>
  object(
    `Device.FaultMgmt.${name}.{i}.`,
    ro("EventTime", "dateTime", { notify }),
    ro("AlarmIdentifier", "string", { maxLength: 64 }),
    ro("NotificationType", "string", { default: "NewAlarm", enum: notification }),
    ...about,
    ro("PerceivedSeverity", "string", { default: "Indeterminate", enum: ["Cleared", ...severities] }),
    ...texts,
  );

/** TR-181 Device.FaultMgmt. (TR-157 §3.6, ITU-T X.733). */
export const faultManagement = [
  object(
    "Device.FaultMgmt.",
    ro("SupportedAlarmNumberOfEntries", "unsignedInt"),
    ro("MaxCurrentAlarmEntries", "unsignedInt"),
    ro("CurrentAlarmNumberOfEntries", "unsignedInt"),
    ro("HistoryEventNumberOfEntries", "unsignedInt"),
    ro("ExpeditedEventNumberOfEntries", "unsignedInt"),
    ro("QueuedEventNumberOfEntries", "unsignedInt"),
  ),
  object(
    "Device.FaultMgmt.SupportedAlarm.{i}.",
    ro("EventType", "string", { maxLength: 64 }),
    ro("ProbableCause", "string", { maxLength: 64 }),
    ro("SpecificProblem", "string", { maxLength: 128 }),
    ro("PerceivedSeverity", "string", { enum: ["", "*", "Cleared", ...severities] }),
    rw("ReportingMechanism", "string", {
      default: "2 Logged",
      enum: ["0 Expedited", "1 Queued", "2 Logged", "3 Disabled"],
    }),
  ),
  object(
    "Device.FaultMgmt.CurrentAlarm.{i}.",
    ro("AlarmIdentifier", "string", { maxLength: 64 }),
    ro("AlarmRaisedTime", "dateTime"),
    ro("AlarmChangedTime", "dateTime"),
    ...about,
    ro("PerceivedSeverity", "string", { default: "Indeterminate", enum: severities }),
    ...texts,
  ),
  events("HistoryEvent", "off"),
  events("ExpeditedEvent", "active"),
  events("QueuedEvent", "passive"),
];

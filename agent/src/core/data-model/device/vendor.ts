import { serviceStates } from "../../terms/index.ts";
import { object, ro, rw } from "./declare.ts";

/** States of the update engine, in the order of a good update; four end another; `available` is installed and not chosen yet. */
export const updateStates = [
  "idle",
  "checking",
  "waiting",
  "downloading",
  "verifying",
  "installing",
  "activating",
  "trial",
  "committing",
  "committed",
  "rolling-back",
  "rolled-back",
  "rejected",
  "available",
  "cancelled",
] as const;

/** Our own objects: what no standard has a place for. */
export const vendor = [
  object(
    "Device.X_TONALITE_Terms.",
    rw("Provider", "string", { maxLength: 64, description: "id of the provider profile whose terms apply" }),
    rw("Region", "string", { maxLength: 2, description: "ISO 3166 code of the region profile" }),
    rw("MaximumCallDuration", "unsignedInt", { description: "seconds; 0: the terms' own limit" }),
    rw("LimitationsLifted", "boolean", {
      description: "the provider lifted what its terms let it lift for a customer (a deposit was given)",
    }),
    rw("ServiceState", "string", { default: "Active", enum: serviceStates }),
    rw("ServiceStateClause", "string", {
      maxLength: 64,
      description: "the clause that a suspension rests on",
    }),
  ),
  object(
    "Device.X_TONALITE_Update.",
    ro("State", "string", { default: "idle", enum: updateStates, inform: true, notify: "active" }),
    ro("Reason", "string", { maxLength: 256, notify: "passive" }),
    ro("Clause", "string", { maxLength: 64 }),
    ro("Version", "string", { maxLength: 64, description: "of the image that State speaks of" }),
    ro("Deadline", "dateTime"),
    ro("CommandKey", "string", { maxLength: 32 }),
    ro("BytesFetched", "unsignedLong", {
      description: "of the newest image, those that travelled since its download was begun or resumed",
    }),
    ro("BytesReused", "unsignedLong", { description: "of the same, those that the box had already" }),
    ro("ReleaseTrust", "string", {
      maxLength: 64,
      description: "what this box believes of the publisher's release metadata",
    }),
    rw("PolicyClause", "string", {
      maxLength: 64,
      description: "the clause that the next Download rests on",
    }),
    rw("PolicyDeadline", "dateTime", { description: "until then the next Download waits for an idle line" }),
    rw("PolicyForce", "boolean", {
      description: "the next Download may not be postponed beyond its deadline",
    }),
    rw("PolicyUrgent", "boolean", {
      description: "the next Download is urgent by the terms: their maintenance hours do not hold it",
    }),
    rw("PolicyMirrors", "string", {
      list: true,
      maxLength: 2048,
      description: "other addresses of the next Download's file; no credentials go there",
    }),
    rw("QuietTime", "unsignedInt", {
      default: "60",
      maximum: 3600,
      description:
        "seconds without use of a line before an update restarts the box; less when a deadline nears",
    }),
    rw("CallBandwidth", "unsignedInt", {
      default: "128",
      maximum: 1_000_000,
      description: "kbit/s that a download may take while a call is up; 0: it pauses",
    }),
    ro("AwaitsAgreement", "boolean", { description: "the update waits for the subscriber's agreement" }),
    rw("Agree", "string", {
      maxLength: 32,
      trigger: true,
      description: "CommandKey of the update that the subscriber agreed to",
    }),
    rw("Cancel", "string", {
      maxLength: 32,
      trigger: true,
      description: "CommandKey of the update to take back",
    }),
    rw("ConfirmTrial", "string", {
      maxLength: 64,
      trigger: true,
      description: "the version on trial that stays, whatever it still waits for",
    }),
    rw("RecallReason", "string", { maxLength: 200, persist: false, description: "why the next Recall" }),
    rw("RecallCommandKey", "string", {
      maxLength: 32,
      persist: false,
      description: "what the next Recall is called in what the box tells of it",
    }),
    rw("Recall", "string", {
      maxLength: 64,
      trigger: true,
      description: "the version to leave for the one in the other slot; another that runs is not touched",
    }),
  ),
  object(
    "Device.X_TONALITE_Voice.",
    ro("State", "string", {
      default: "Working",
      enum: ["Working", "SafeMode"],
      inform: true,
      description: "SafeMode: management without voice, after three crashes in five minutes",
    }),
    ro("Reason", "string", { maxLength: 256 }),
    rw("Resume", "boolean", {
      persist: false,
      trigger: true,
      description: "true starts the box, which tries voice again; nothing outside safe mode",
    }),
  ),
  object(
    "Device.X_TONALITE_Voice.Test.",
    rw("DiagnosticsState", "string", {
      persist: false,
      default: "None",
      enum: ["None", "Requested", "Canceled", "Complete", "Error_Internal", "Error_Other"],
      settable: ["Requested", "Canceled"],
      trigger: true,
    }),
    rw("Kind", "string", {
      persist: false,
      default: "EchoCall",
      enum: ["EchoCall", "Registration", "Ring", "Line"],
      description:
        "a call to a number that echoes; a fresh registration, step by step; the bell, and whether somebody lifts; what the line circuit can tell",
    }),
    rw("Line", "unsignedInt", { persist: false, default: "1", minimum: 1, maximum: 64 }),
    rw("Number", "string", { persist: false, maxLength: 32, description: "of EchoCall" }),
    rw("Duration", "unsignedInt", {
      persist: false,
      default: "5",
      minimum: 2,
      maximum: 30,
      description: "seconds, of EchoCall",
    }),
    ro("Result", "string", { maxLength: 1024, description: "in words" }),
    ro("SetupTime", "unsignedInt", { description: "ms from INVITE to answer" }),
    ro("PacketsSent", "unsignedInt"),
    ro("PacketsReceived", "unsignedInt"),
    ro("PacketsLost", "unsignedInt"),
    ro("Jitter", "unsignedInt", { description: "microseconds (RFC 3550 section 6.4.1)" }),
    ro("RoundTripTime", "unsignedInt", { description: "microseconds, by RTCP; 0: the far end sent none" }),
    ro("BurstsSent", "unsignedInt"),
    ro("BurstsHeard", "unsignedInt"),
    ro("EchoDelay", "unsignedInt", { description: "ms from mouth to ear by way of the far end" }),
    ro("ListeningQuality", "unsignedInt", { description: "hundredths of MOS (ITU-T G.107)" }),
  ),
  object(
    "Device.X_TONALITE_Journal.",
    ro("PendingEntries", "unsignedInt", { inform: true }),
    rw("Acknowledge", "unsignedLong", {
      persist: false,
      description: "highest sequence that the ACS holds durably; entries up to it are no longer pending",
    }),
    ro("EntryNumberOfEntries", "unsignedInt"),
  ),
  object(
    "Device.X_TONALITE_Journal.Entry.{i}.",
    ro("Id", "string", { maxLength: 36 }),
    ro("Sequence", "unsignedLong"),
    ro("Kind", "string", { maxLength: 32 }),
    ro("Time", "dateTime"),
    ro("Data", "string", { description: "JSON" }),
  ),
];

import { object, ro, row, rw } from "./declare.ts";

const line = "Device.Services.VoiceService.{i}.CallControl.Line.{i}.";
const timer = { minimum: 1, maximum: 50000 } as const;

/** TR-104 CallControl: lines, their counters, and how a number is dialled. */
export const voiceCallControl = [
  object(
    "Device.Services.VoiceService.{i}.CallControl.",
    ro("LineNumberOfEntries", "unsignedInt"),
    ro("NumberingPlanNumberOfEntries", "unsignedInt"),
  ),
  row(
    line,
    rw("Enable", "boolean"),
    ro("Status", "string", {
      default: "Disabled",
      enum: ["Up", "Error", "Testing", "Quiescent", "Disabled"],
    }),
    ro("CallStatus", "string", {
      default: "Idle",
      enum: ["Idle", "Dialing", "Delivered", "Connected", "Alerting", "Disconnected"],
      notify: "passive",
    }),
    rw("DirectoryNumber", "string", { maxLength: 32 }),
    ro("CallingFeatures", "string", {
      maxLength: 256,
      description: "the row of CallingFeatures.Set",
      deviation: "not writable: each line has its own set",
    }),
    rw("Provider", "string", {
      maxLength: 256,
      refers: "Device.Services.VoiceService.{i}.SIP.Client.",
      description: "the SIP client that carries the line",
    }),
  ),
  object(`${line}Stats.`),
  object(
    `${line}Stats.IncomingCalls.`,
    ro("CallsReceived", "unsignedInt"),
    ro("CallsConnected", "unsignedInt"),
    ro("CallsFailed", "unsignedInt"),
    ro("CallsDropped", "unsignedInt"),
    ro("TotalCallTime", "unsignedInt", { description: "seconds" }),
  ),
  object(
    `${line}Stats.OutgoingCalls.`,
    ro("CallsAttempted", "unsignedInt"),
    ro("CallsConnected", "unsignedInt"),
    ro("CallsFailed", "unsignedInt"),
    ro("CallsDropped", "unsignedInt"),
    ro("TotalCallTime", "unsignedInt", { description: "seconds" }),
  ),
  object(
    `${line}Stats.RTP.`,
    ro("PacketsReceived", "unsignedInt"),
    ro("PacketsSent", "unsignedInt"),
    ro("PacketsLost", "unsignedInt"),
  ),
  object(`${line}Stats.DSP.`, ro("Underruns", "unsignedInt")),
  row(
    "Device.Services.VoiceService.{i}.CallControl.NumberingPlan.{i}.",
    rw("MinimumNumberOfDigits", "unsignedInt", { default: "2", minimum: 1, maximum: 32 }),
    rw("MaximumNumberOfDigits", "unsignedInt", { default: "16", minimum: 1, maximum: 32 }),
    rw("InterDigitTimerStd", "unsignedInt", {
      ...timer,
      default: "6000",
      description: "ms, number still incomplete",
    }),
    rw("InterDigitTimerOpen", "unsignedInt", {
      ...timer,
      default: "3000",
      description: "ms, number may be complete",
    }),
    rw("TerminationDigit", "string", { default: "#", maxLength: 1 }),
    rw("X_TONALITE_DigitMapEnable", "boolean", { default: "true" }),
    rw("X_TONALITE_DigitMap", "string", {
      maxLength: 2048,
      description:
        "says when a number is complete, in the grammar of RFC 3435 section 2.1.5; empty: the region's numbers do",
    }),
  ),
];

import { object, ro, rw } from "./declare.ts";

/** TR-104 POTS: the analogue ports. */
export const voicePots = [
  object("Device.Services.VoiceService.{i}.POTS.", ro("FXSNumberOfEntries", "unsignedInt")),
  object(
    "Device.Services.VoiceService.{i}.POTS.FXS.{i}.",
    rw("Enable", "boolean", { default: "true" }),
    ro("Status", "string", { default: "Disabled", enum: ["Up", "Error", "Testing", "Disabled"] }),
    ro("Name", "string", { maxLength: 64 }),
    rw("ClipGeneration", "boolean", { default: "true", description: "send the caller's identification" }),
    ro("Active", "boolean", { description: "the telephone is off-hook" }),
    rw("FaxPassThrough", "string", {
      default: "Auto",
      enum: ["Disable", "Auto", "Force"],
      description: "Force: the line is fit for modems from the start of every call, and T.38 is not used",
    }),
    rw("ModemPassThrough", "string", { default: "Auto", enum: ["Disable", "Auto", "Force"] }),
    rw("X_TONALITE_FaxValidated", "boolean", {
      description: "the fax machine on this port was tried and found good, where the terms want that first",
    }),
    rw("X_TONALITE_AnswerSignal", "string", {
      default: "Region",
      enum: ["Region", "Polarity", "None"],
      description:
        "how a meter or coin box learns of an answer: as in the country, by reversed wires, or not",
    }),
  ),
  object(
    "Device.Services.VoiceService.{i}.POTS.FXS.{i}.VoiceProcessing.",
    rw("TransmitGain", "int", {
      default: "0",
      minimum: -240,
      maximum: 120,
      description: "towards the network, 0.1 dB",
    }),
    rw("ReceiveGain", "int", {
      default: "0",
      minimum: -240,
      maximum: 120,
      description: "towards the telephone, 0.1 dB",
    }),
  ),
  object(
    "Device.Services.VoiceService.{i}.POTS.FXS.{i}.DiagTests.",
    rw("DiagnosticsState", "string", {
      persist: false,
      default: "None",
      enum: ["None", "Requested", "Canceled", "Complete", "Error", "Error_Internal", "Error_Other"],
      settable: ["Requested", "Canceled"],
      trigger: true,
    }),
    rw("TestSelector", "string", {
      persist: false,
      default: "Off-hook",
      enum: ["Hazard Potential", "Foreign Voltage", "Resistive Faults", "Off-hook", "REN"],
    }),
    ro("TestResult", "string", { default: "Failure", enum: ["Success", "Failure"] }),
  ),
];

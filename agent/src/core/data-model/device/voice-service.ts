import { object, ro } from "./declare.ts";

/** TR-104 VoiceService and what its hardware and engine can do. */
export const voiceService = [
  object(
    "Device.Services.",
    ro("VoiceServiceNumberOfEntries", "unsignedInt", {
      deviation: "stands in TR-104's import of Device:2, not in the table of TR-181",
    }),
  ),
  object(
    "Device.Services.VoiceService.{i}.",
    ro("VoIPProfileNumberOfEntries", "unsignedInt"),
    ro("CodecProfileNumberOfEntries", "unsignedInt"),
    ro("CallLogNumberOfEntries", "unsignedInt"),
  ),
  object(
    "Device.Services.VoiceService.{i}.Capabilities.",
    ro("MaxLineCount", "int", { minimum: -1, default: "1" }),
    ro("MaxExtensionCount", "int", { minimum: -1, default: "0" }),
    ro("MaxCallLogCount", "int", { minimum: -1, default: "20" }),
    ro("MaxSessionsPerLine", "int", { minimum: -1, default: "2" }),
    ro("MaxSessionCount", "int", { minimum: -1, default: "1" }),
    ro("NetworkConnectionModes", "string", { list: true, default: "SIP" }),
    ro("UserConnectionModes", "string", { list: true, default: "FXS" }),
    ro("CodecNumberOfEntries", "unsignedInt"),
  ),
  object("Device.Services.VoiceService.{i}.Capabilities.SIP."),
  object(
    "Device.Services.VoiceService.{i}.Capabilities.SIP.Client.",
    ro("Extensions", "string", { list: true }),
    ro("URISchemes", "string", { list: true, default: "sip" }),
  ),
  object(
    "Device.Services.VoiceService.{i}.Capabilities.POTS.",
    ro("DialType", "string", { default: "Tone and Pulse", enum: ["Tone", "Pulse", "Tone and Pulse"] }),
    ro("ClipGeneration", "boolean", { default: "true" }),
    ro("ChargingPulse", "boolean"),
  ),
  object(
    "Device.Services.VoiceService.{i}.Capabilities.Codec.{i}.",
    ro("Codec", "string", {
      default: "G.711ALaw",
      enum: ["G.711ALaw", "G.711MuLaw", "G.722", "G.726"],
      deviation: "of TR-104's list, the codecs of the engine",
    }),
    ro("BitRate", "unsignedInt", { default: "64000", description: "bit/s" }),
    ro("PacketizationPeriod", "string", {
      list: true,
      default: "20",
      maxLength: 64,
      description: "milliseconds",
    }),
    ro("SilenceSuppression", "boolean"),
  ),
];

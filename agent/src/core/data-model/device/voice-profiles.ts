import { object, ro, row, rw } from "./declare.ts";

const profile = "Device.Services.VoiceService.{i}.VoIPProfile.{i}.";

/** TR-104 VoIPProfile and CodecProfile: media settings. */
export const voiceProfiles = [
  row(
    profile,
    rw("Enable", "boolean", { default: "true" }),
    rw("Name", "string", { maxLength: 64 }),
    rw("DTMFMethod", "string", {
      list: true,
      default: "RFC4733",
      enum: ["InBand", "RFC4733"],
      deviation: "SIP INFO is not offered",
    }),
  ),
  object(
    `${profile}RTP.`,
    rw("LocalPortMin", "unsignedInt", { default: "16384", minimum: 1, maximum: 65535 }),
    rw("LocalPortMax", "unsignedInt", { default: "32766", minimum: 1, maximum: 65535 }),
    rw("DSCPMark", "unsignedInt", { default: "46", minimum: 0, maximum: 63, description: "RFC 4594: EF" }),
    rw("JitterBufferMinSize", "unsignedInt", { default: "20", maximum: 500, description: "milliseconds" }),
    rw("JitterBufferMaxSize", "unsignedInt", { default: "120", maximum: 500, description: "milliseconds" }),
  ),
  row(
    "Device.Services.VoiceService.{i}.CodecProfile.{i}.",
    rw("Enable", "boolean", { default: "true" }),
    ro("Codec", "string", { maxLength: 256, description: "the row of Capabilities.Codec" }),
    rw("PacketizationPeriod", "string", {
      list: true,
      default: "20",
      enum: ["20"],
      maxLength: 64,
      deviation: "the engine sends 20 ms packets",
    }),
  ),
];

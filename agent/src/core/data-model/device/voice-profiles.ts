import { object, ro, row, rw } from "./declare.ts";

const profile = "Device.Services.VoiceService.{i}.VoIPProfile.{i}.";

const size = { maximum: 500, later: true, description: "milliseconds" } as const;

/** TR-104 VoIPProfile and CodecProfile: media settings. */
export const voiceProfiles = [
  row(
    profile,
    rw("Enable", "boolean", { default: "true" }),
    rw("Name", "string", { maxLength: 64 }),
    rw("DTMFMethod", "string", {
      list: true,
      default: "RFC4733",
      enum: ["InBand", "RFC4733", "SIPInfo"],
      description: "the first one counts; RFC4733 goes by the sound where the far end does not know it",
    }),
  ),
  // The engine reads these when it starts: a call must not lose its ports or its buffer.
  object(
    `${profile}RTP.`,
    rw("LocalPortMin", "unsignedInt", { default: "16384", minimum: 1, maximum: 65535, later: true }),
    rw("LocalPortMax", "unsignedInt", { default: "32766", minimum: 1, maximum: 65535, later: true }),
    rw("DSCPMark", "unsignedInt", {
      default: "46",
      minimum: 0,
      maximum: 63,
      later: true,
      description: "RFC 4594: EF",
    }),
    rw("JitterBufferMinSize", "unsignedInt", { ...size, default: "20" }),
    rw("JitterBufferMaxSize", "unsignedInt", { ...size, default: "120" }),
  ),
  object(
    `${profile}RTP.SRTP.`,
    rw("Enable", "boolean"),
    rw("KeyingMethods", "string", {
      list: true,
      default: "SDP",
      enum: ["Null", "SDP"],
      deviation:
        "IKE and static keys are not offered; Null beside SDP takes sound in the clear from a far end without SRTP",
    }),
  ),
  object(
    `${profile}FaxT38.`,
    rw("X_TONALITE_Enable", "boolean", {
      default: "true",
      description: "offer T.38 for faxes, and take it; without it they stay in the sound",
    }),
    rw("MaxBitRate", "unsignedInt", {
      default: "14400",
      maximum: 65535,
      description: "bit/s; the terms may want less",
    }),
    rw("HighSpeedRedundancy", "unsignedInt", { default: "1", maximum: 3 }),
    rw("LowSpeedRedundancy", "unsignedInt", { default: "3", maximum: 5 }),
    rw("TCFMethod", "string", {
      default: "Network",
      enum: ["Network"],
      deviation: "Local is for TCP: over UDPTL the training check has to travel (ITU-T T.38 section 7.2)",
    }),
    rw("X_TONALITE_ErrorCorrection", "boolean", {
      default: "true",
      description: "let the machines use ECM (ITU-T T.30 annex A)",
    }),
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
    rw("SilenceSuppression", "boolean", {
      description: "pauses are told as comfort noise (RFC 3389), where the far end knows it",
    }),
  ),
];

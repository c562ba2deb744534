import { object, ro } from "./declare.ts";

const log = "Device.Services.VoiceService.{i}.CallLog.{i}.";
const session = `${log}Session.{i}.`;
const unknown = { default: "-1", minimum: -1 } as const;

/** One side of a session: what it received, sent and measured. */
const side = (name: "Source" | "Destination") => {
  const path = `${session}${name}.`;
  return [
    object(path),
    object(
      `${path}RTP.`,
      ro("PacketsReceived", "unsignedLong"),
      ro("PacketsSent", "unsignedLong"),
      ro("PacketsLost", "unsignedInt"),
      ro("BurstCount", "unsignedInt", { description: "bursts of loss (RFC 3611 section 4.7.2)" }),
      ro("PacketsDiscarded", "unsignedInt", { description: "came too late to be heard" }),
      ro("ReceivePacketLossRate", "unsignedInt", { maximum: 100, description: "percent" }),
      ro("FarEndPacketLossRate", "unsignedInt", { maximum: 100, description: "percent" }),
      ro("ReceiveInterarrivalJitter", "int", { ...unknown, description: "microseconds" }),
      ro("FarEndInterarrivalJitter", "int", { ...unknown, description: "microseconds" }),
      ro("RoundTripDelay", "int", { ...unknown, description: "microseconds" }),
      ro("SamplingFrequency", "unsignedInt", { default: "8000", description: "Hz" }),
    ),
    object(`${path}DSP.`),
    object(`${path}DSP.ReceiveCodec.`, ro("Codec", "string"), ro("Underruns", "unsignedInt")),
    object(`${path}DSP.TransmitCodec.`, ro("Codec", "string")),
    object(
      `${path}VoiceQuality.`,
      ro("VoIPQualityIndicator", "unsignedInt", {
        list: true,
        maximum: 65535,
        description: "MOS of the E-model (ITU-T G.107) in thousandths",
      }),
    ),
  ];
};

/** TR-104 CallLog: the latest calls, with what was measured of each. */
export const voiceCallLog = [
  object(
    log,
    ro("CallingPartyNumber", "string", { maxLength: 256 }),
    ro("CalledPartyNumber", "string", { maxLength: 256 }),
    ro("Source", "string", { maxLength: 256 }),
    ro("Destination", "string", { maxLength: 256 }),
    ro("RemoteParty", "string", { maxLength: 32 }),
    ro("UsedLine", "string", { maxLength: 256 }),
    ro("Direction", "string", { default: "Outgoing", enum: ["Incoming", "Outgoing"] }),
    ro("Start", "dateTime"),
    ro("Duration", "unsignedInt", { description: "seconds" }),
    ro("CallTerminationCause", "string", {
      default: "LocalDisconnect",
      enum: [
        "NoExtensionsMapped",
        "NoExtensionsAvailable",
        "AnonymousCallRejection",
        "CallWaitingRejected",
        "CallForwardingUnconditional",
        "CallForwardingBusy",
        "CallForwardingNoReply",
        "LocalDisconnect",
        "LocalForbidden",
        "LocalTimeout",
        "LocalMediaError.",
        "LocalPriority.",
        "LocalReject",
        "LocalTransfer",
        "LocalInternalError",
        "RemoteDisconnect",
        "RemoteBadRequest",
        "RemoteForbidden",
        "RemoteNotFound",
        "RemoteReject",
        "RemoteNotAllowed",
        "RemoteNotAcceptable",
        "RemoteTimeout",
        "RemoteUnavailable",
        "RemoteBusy",
        "RemoteNotSupported",
        "RemoteNetworkFailure",
      ],
    }),
    ro("SessionNumberOfEntries", "unsignedInt"),
  ),
  object(
    session,
    ro("StreamType", "string", { default: "Audio", enum: ["Audio", "Video", "Fax", "Modem"] }),
    ro("Start", "dateTime"),
    ro("Duration", "unsignedInt", { description: "seconds" }),
  ),
  ...side("Source"),
  ...side("Destination"),
];

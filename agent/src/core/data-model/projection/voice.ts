import { featureMappings } from "./voice-features.ts";
import { alike, made, type Mapping, same, translated } from "./mapping.ts";

const ours = "Device.Services.VoiceService.1.";
const service = "Services.VoiceService.1.";
const profile = `${service}VoiceProfile.{n}.`;
const line = `${profile}Line.1.`;
const network = `${ours}SIP.Network.{n}.`;
const client = `${ours}SIP.Client.{n}.`;
const callLine = `${ours}CallControl.Line.{n}.`;
const port = `${ours}POTS.FXS.{n}.`;
const plan = `${ours}CallControl.NumberingPlan.1.`;
const capabilities = `${service}Capabilities.`;

const readOnly = { access: "readOnly" } as const;
const flag = (name: string, value: boolean): Mapping =>
  made(capabilities + name, { ...readOnly, type: "boolean" }, () => String(value));
const sum =
  (...names: string[]) =>
  (get: (path: string) => string, { n = 1 }: Readonly<Record<string, number>>): string =>
    String(
      names.reduce((all, name) => all + Number(get(`${callLine.replace("{n}", String(n))}Stats.${name}`)), 0),
    );

const switched = (path: string, to: readonly string[]): Mapping =>
  translated(path, to, { true: "Enabled", false: "Disabled" }, "Disabled", {
    type: "string",
    enum: ["Disabled", "Enabled"],
    deviation: "Quiescent is optional and not offered",
  });

/** Several of our capabilities count from -1; the old model has no "unlimited". */
const counted = (name: string, to = name): Mapping =>
  same(capabilities + name, `${ours}Capabilities.${to}`, { type: "unsignedInt", minimum: undefined });
const limited = { maxLength: 256 } as const;

const statistics: readonly (readonly [old: string, ours: string])[] = [
  ["PacketsSent", "RTP.PacketsSent"],
  ["PacketsReceived", "RTP.PacketsReceived"],
  ["PacketsLost", "RTP.PacketsLost"],
  ["Underruns", "DSP.Underruns"],
  ["IncomingCallsReceived", "IncomingCalls.CallsReceived"],
  ["IncomingCallsConnected", "IncomingCalls.CallsConnected"],
  ["IncomingCallsFailed", "IncomingCalls.CallsFailed"],
  ["OutgoingCallsAttempted", "OutgoingCalls.CallsAttempted"],
  ["OutgoingCallsConnected", "OutgoingCalls.CallsConnected"],
  ["OutgoingCallsFailed", "OutgoingCalls.CallsFailed"],
];

const codecName = (
  get: (path: string) => string,
  { m = 1 }: Readonly<Record<string, number>>,
  name: string,
): string => get(`${get(`${ours}CodecProfile.${m}.Codec`)}.${name}`);

/**
 * TR-104 issue 1 (1.1): a line of ours is a VoiceProfile with one Line, for there the servers belong to the profile. What
 * several lines share (RTP, numbering plan, codecs) stands in each profile, and a change shows in all.
 */
export const voiceMappings = (): readonly Mapping[] => [
  same(`${service}VoiceProfileNumberOfEntries`, `${ours}CallControl.LineNumberOfEntries`),
  counted("MaxProfileCount", "MaxLineCount"),
  counted("MaxLineCount"),
  counted("MaxSessionsPerLine"),
  counted("MaxSessionCount"),
  made(
    `${capabilities}SignalingProtocols`,
    { ...readOnly, ...limited, type: "string", list: true },
    () => "SIP",
  ),
  flag("RTCP", true),
  flag("SRTP", true),
  flag("FaxT38", true),
  flag("FaxPassThrough", true),
  flag("ModemPassThrough", true),
  made(
    `${capabilities}SRTPKeyingMethods`,
    { ...readOnly, ...limited, type: "string", list: true, enum: ["Null", "Static", "SDP", "IKE"] },
    () => "Null,SDP",
  ),
  flag("RTPRedundancy", false),
  flag("DSCPCoupled", false),
  flag("EthernetTaggingCoupled", false),
  flag("PSTNSoftSwitchOver", false),
  flag("ToneGeneration", true),
  flag("ToneDescriptionsEditable", false),
  flag("PatternBasedToneGeneration", true),
  flag("FileBasedToneGeneration", false),
  flag("RingGeneration", true),
  flag("RingDescriptionsEditable", false),
  flag("PatternBasedRingGeneration", true),
  flag("RingPatternEditable", false),
  flag("FileBasedRingGeneration", false),
  flag("DigitMap", true),
  flag("NumberingPlan", true),
  flag("ButtonMap", false),
  flag("VoicePortTests", false),
  made(
    `${capabilities}SIP.Transports`,
    { ...readOnly, ...limited, type: "string", list: true, enum: ["UDP", "TCP", "TLS", "SCTP"] },
    () => "UDP,TCP,TLS",
  ),
  made(
    `${capabilities}SIP.Role`,
    { ...readOnly, type: "string", enum: ["UserAgent", "BackToBackUserAgents", "OutboundProxy"] },
    () => "UserAgent",
  ),
  same(`${capabilities}SIP.Extensions`, `${ours}Capabilities.SIP.Client.Extensions`, limited),
  same(`${capabilities}SIP.URISchemes`, `${ours}Capabilities.SIP.Client.URISchemes`, limited),
  made(
    `${capabilities}Codecs.{c}.EntryID`,
    { ...readOnly, type: "unsignedInt", minimum: 1 },
    (_get, { c = 1 }) => String(c),
  ),
  same(`${capabilities}Codecs.{c}.Codec`, `${ours}Capabilities.Codec.{c}.Codec`, {
    deviation: "of the standard's list, the codecs of the engine",
  }),
  ...alike(`${capabilities}Codecs.{c}.`, `${ours}Capabilities.Codec.{c}.`, [
    "BitRate",
    "PacketizationPeriod",
    "SilenceSuppression",
  ]),
  switched(`${profile}Enable`, [`${network}Enable`]),
  made(`${profile}NumberOfLines`, { ...readOnly, type: "unsignedInt" }, () => "1"),
  made(`${profile}SignalingProtocol`, { access: "readWrite", type: "string" }, () => "SIP"),
  same(`${profile}Name`, `${ours}VoIPProfile.1.Name`),
  {
    ...same(`${profile}DTMFMethod`, `${ours}VoIPProfile.1.DTMFMethod`, {
      list: undefined,
      default: undefined,
      enum: ["InBand", "RFC2833"],
      deviation: "SIP INFO is not offered",
    }),
    read: (value) => (value.split(",")[0] === "InBand" ? "InBand" : "RFC2833"),
    write: (value) => (value === "RFC2833" ? "RFC4733" : value),
  },
  ...alike(profile, port, ["FaxPassThrough", "ModemPassThrough"]),
  same(`${profile}FaxT38.Enable`, `${ours}VoIPProfile.1.FaxT38.X_TONALITE_Enable`),
  same(`${profile}FaxT38.BitRate`, `${ours}VoIPProfile.1.FaxT38.MaxBitRate`, {
    deviation: "any limit is taken, not the seven speeds of the standard alone",
  }),
  ...alike(`${profile}FaxT38.`, `${ours}VoIPProfile.1.FaxT38.`, [
    "HighSpeedRedundancy",
    "LowSpeedRedundancy",
  ]),
  same(`${profile}FaxT38.TCFMethod`, `${ours}VoIPProfile.1.FaxT38.TCFMethod`, {
    deviation: "Local is for TCP: over UDPTL the training check has to travel",
  }),
  same(`${profile}Region`, "Device.X_TONALITE_Terms.Region"),
  ...alike(`${profile}SIP.`, network, [
    "ProxyServer",
    "ProxyServerPort",
    "RegistrarServer",
    "RegistrarServerPort",
    "UserAgentDomain",
    "RegisterExpires",
    "DSCPMark",
  ]),
  same(`${profile}SIP.ProxyServerTransport`, `${network}ProxyServerTransport`, { deviation: undefined }),
  ...alike(`${profile}RTP.`, `${ours}VoIPProfile.1.RTP.`, ["LocalPortMin", "LocalPortMax", "DSCPMark"]),
  same(`${profile}RTP.SRTP.Enable`, `${ours}VoIPProfile.1.RTP.SRTP.Enable`),
  same(`${profile}RTP.SRTP.KeyingMethods`, `${ours}VoIPProfile.1.RTP.SRTP.KeyingMethods`, {
    ...limited,
    enum: undefined,
    deviation: undefined,
  }),
  ...alike(`${profile}NumberingPlan.`, plan, [
    "MinimumNumberOfDigits",
    "MaximumNumberOfDigits",
    "InterDigitTimerStd",
    "InterDigitTimerOpen",
  ]),
  switched(`${line}Enable`, [`${callLine}Enable`, `${client}Enable`]),
  same(`${line}DirectoryNumber`, `${callLine}DirectoryNumber`),
  translated(
    `${line}Status`,
    `${client}Status`,
    {
      Up: "Up",
      Initializing: "Initializing",
      Registering: "Registering",
      Deregistering: "Unregistering",
      Quiescent: "Quiescent",
      Disabled: "Disabled",
    },
    "Error",
    {
      enum: [
        "Up",
        "Initializing",
        "Registering",
        "Unregistering",
        "Error",
        "Testing",
        "Quiescent",
        "Disabled",
      ],
    },
  ),
  translated(
    `${line}CallState`,
    `${callLine}CallStatus`,
    {
      Idle: "Idle",
      Dialing: "Calling",
      Delivered: "Calling",
      Alerting: "Ringing",
      Connected: "InCall",
      Disconnected: "Disconnecting",
    },
    "Idle",
    { enum: ["Idle", "Calling", "Ringing", "Connecting", "InCall", "Hold", "Disconnecting"] },
  ),
  made(
    `${line}PhyReferenceList`,
    { access: "readWrite", type: "string", list: true, maxLength: 32 },
    (_get, { n = 1 }) => String(n),
  ),
  same(`${line}SIP.AuthUserName`, `${client}AuthUserName`),
  same(`${line}SIP.AuthPassword`, `${client}AuthPassword`),
  same(`${line}SIP.URI`, `${client}RegisterURI`),
  ...alike(`${line}VoiceProcessing.`, `${port}VoiceProcessing.`, ["TransmitGain", "ReceiveGain"]),
  made(`${line}Codec.List.{m}.EntryID`, { ...readOnly, type: "unsignedInt", minimum: 1 }, (_get, { m = 1 }) =>
    String(m),
  ),
  made(`${line}Codec.List.{m}.Codec`, { ...readOnly, type: "string", maxLength: 64 }, (get, indexes) =>
    codecName(get, indexes, "Codec"),
  ),
  made(
    `${line}Codec.List.{m}.BitRate`,
    { ...readOnly, type: "unsignedInt" },
    (get, indexes) => codecName(get, indexes, "BitRate") || "0",
  ),
  same(`${line}Codec.List.{m}.PacketizationPeriod`, `${ours}CodecProfile.{m}.PacketizationPeriod`, {
    deviation: "the engine sends 20 ms packets",
  }),
  same(`${line}Codec.List.{m}.Enable`, `${ours}CodecProfile.{m}.Enable`),
  ...statistics.map(([old, name]) => same(`${line}Stats.${old}`, `${callLine}Stats.${name}`)),
  made(
    `${line}Stats.CallsDropped`,
    { ...readOnly, type: "unsignedInt" },
    sum("IncomingCalls.CallsDropped", "OutgoingCalls.CallsDropped"),
  ),
  made(
    `${line}Stats.TotalCallTime`,
    { ...readOnly, type: "unsignedInt" },
    sum("IncomingCalls.TotalCallTime", "OutgoingCalls.TotalCallTime"),
  ),
  made(
    `${service}PhyInterface.{n}.PhyPort`,
    { ...readOnly, type: "string", maxLength: 2 },
    (_get, { n = 1 }) => String(n),
  ),
  made(
    `${service}PhyInterface.{n}.InterfaceID`,
    { ...readOnly, type: "unsignedInt", minimum: 1 },
    (_get, { n = 1 }) => String(n),
  ),
  ...featureMappings(),
  same(`${service}PhyInterface.{n}.Description`, `${port}Name`, { maxLength: 32 }),
];

/** Objects of the old model that its standard lets an ACS create; ours are those of the hardware. */
export const writableObjects: ReadonlySet<string> = new Set([
  "Services.VoiceService.{i}.VoiceProfile.{i}.",
  "Services.VoiceService.{i}.VoiceProfile.{i}.Line.{i}.",
]);

import { object, only, ro, row, rw, table } from "./declare.ts";

const service = "Device.Services.VoiceService.{i}.";
const bySrv = "0: by NAPTR and SRV records (RFC 3263), 5060 without them";
const port = { minimum: 0, maximum: 65535 } as const;

/** TR-104 SIP: one client (account) and one network (provider's servers) a line. */
export const voiceSip = [
  object(
    "Device.Services.VoiceService.{i}.SIP.",
    ro("NetworkNumberOfEntries", "unsignedInt"),
    ro("ClientNumberOfEntries", "unsignedInt"),
  ),
  row(
    "Device.Services.VoiceService.{i}.SIP.Client.{i}.",
    rw("Enable", "boolean"),
    ro("Status", "string", {
      default: "Disabled",
      enum: [
        "Up",
        "Initializing",
        "Registering",
        "Deregistering",
        "Error_Misconfigured",
        "Error_Network",
        "Error_Registration",
        "Quiescent",
        "Disabled",
      ],
      inform: true,
      notify: "active",
    }),
    rw("AuthUserName", "string", { maxLength: 128 }),
    rw("AuthPassword", "string", { maxLength: 128, secret: true }),
    rw("Network", "string", { maxLength: 256, refers: `${service}SIP.Network.` }),
    rw("RegisterURI", "string", { maxLength: 389, description: "the address of record, sip:user@domain" }),
  ),
  // One for each line, and others that an ACS prepares and then names in Client.{i}.Network.
  table(
    "Device.Services.VoiceService.{i}.SIP.Network.{i}.",
    8,
    rw("Enable", "boolean"),
    ro("Status", "string", {
      default: "Disabled",
      enum: ["Up", "Resolving", "Error_DNS", "Error_Other", "Disabled"],
    }),
    rw("ProxyServer", "string", { maxLength: 256 }),
    rw("ProxyServerPort", "unsignedInt", { ...port, default: "5060", description: bySrv }),
    rw("ProxyServerTransport", "string", {
      default: "UDP",
      enum: ["UDP", "TCP", "TLS"],
      deviation: "SCTP is not offered",
    }),
    rw("X_TONALITE_AlternateProxies", "string", {
      maxLength: 255,
      description:
        "host or host:port, at most three, parted by spaces: each takes over when those before it fail",
    }),
    rw("X_TONALITE_KeepAlive", "unsignedInt", {
      default: "25",
      maximum: 3600,
      description: "seconds between two packets that keep a NAT's door open (RFC 5626 section 3.5), 0: none",
    }),
    rw("RegistrarServer", "string", { maxLength: 256 }),
    rw("RegistrarServerPort", "unsignedInt", { ...port, default: "5060", description: bySrv }),
    rw("UserAgentDomain", "string", { maxLength: 256 }),
    rw("RegisterExpires", "unsignedInt", { default: "3600", minimum: 1, description: "seconds" }),
    rw("DSCPMark", "unsignedInt", {
      default: "26",
      minimum: 0,
      maximum: 63,
      description: "of SIP; RFC 4594: AF31",
    }),
    rw("VoIPProfile", "string", { maxLength: 256, refers: `${service}VoIPProfile.` }),
    rw("CodecList", "string", {
      list: true,
      refers: `${service}CodecProfile.`,
      description: "CodecProfile rows in order of preference; empty: as the hardware has them",
    }),
    ro("EventSubscribeNumberOfEntries", "unsignedInt", { default: "1" }),
  ),
  only(
    "Device.Services.VoiceService.{i}.SIP.Network.{i}.EventSubscribe.{i}.",
    rw("Enable", "boolean"),
    rw("Event", "string", {
      default: "message-summary",
      enum: ["message-summary"],
      deviation: "the only event a telephone can show: waiting messages (RFC 3842)",
    }),
    rw("ExpireTime", "unsignedInt", {
      default: "3600",
      minimum: 60,
      maximum: 86_400,
      description: "seconds",
    }),
    ro("X_TONALITE_Status", "string", {
      default: "Disabled",
      enum: ["Disabled", "Subscribing", "Up", "Error"],
    }),
    ro("X_TONALITE_Reason", "string", { description: "why Status is Error: the notifier's own words" }),
  ),
];

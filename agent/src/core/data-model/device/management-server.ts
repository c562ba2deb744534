import { object, ro, rw, table } from "./declare.ts";

/** TR-181 Device.ManagementServer. */
export const managementServer = [
  object(
    "Device.ManagementServer.",
    rw("EnableCWMP", "boolean", { default: "true" }),
    rw("URL", "string", { maxLength: 2048 }),
    rw("Username", "string", { maxLength: 256 }),
    rw("Password", "string", { maxLength: 256, secret: true }),
    rw("PeriodicInformEnable", "boolean", { default: "true" }),
    rw("PeriodicInformInterval", "unsignedInt", { default: "300", minimum: 1, description: "seconds" }),
    rw("PeriodicInformTime", "dateTime", {
      description: "any past or future instant of the series of informs",
    }),
    ro("ParameterKey", "string", { maxLength: 32, persist: true, inform: true }),
    ro("ConnectionRequestURL", "string", { maxLength: 2048, inform: true, notify: "forced" }),
    rw("ConnectionRequestUsername", "string", { maxLength: 256 }),
    rw("ConnectionRequestPassword", "string", { maxLength: 256, secret: true }),
    rw("UpgradesManaged", "boolean", { default: "true" }),
    rw("DefaultActiveNotificationThrottle", "unsignedInt", {
      description: "seconds after a session before a change of value opens another",
    }),
    rw("CWMPRetryMinimumWaitInterval", "unsignedInt", {
      default: "5",
      minimum: 1,
      maximum: 65535,
      description: "seconds; TR-069 §3.2.1.1",
    }),
    rw("CWMPRetryIntervalMultiplier", "unsignedInt", {
      default: "2000",
      minimum: 1000,
      maximum: 65535,
      description: "thousandths; TR-069 §3.2.1.1",
    }),
    ro("HTTPCompressionSupported", "string", {
      default: "GZIP",
      list: true,
      enum: ["GZIP"],
      deviation: "of the three encodings the one that every server has",
    }),
    rw("HTTPCompression", "string", { default: "Disabled", enum: ["GZIP", "Disabled"] }),
    ro("LightweightNotificationProtocolsSupported", "string", {
      default: "UDP",
      list: true,
      enum: ["UDP"],
    }),
    rw("LightweightNotificationProtocolsUsed", "string", { list: true, enum: ["UDP"] }),
    rw("UDPLightweightNotificationHost", "string", {
      maxLength: 256,
      description: "empty: the ACS's own host",
    }),
    rw("UDPLightweightNotificationPort", "unsignedInt", {
      default: "7547",
      minimum: 0,
      maximum: 65535,
    }),
    rw("HTTPConnectionRequestEnable", "boolean", { default: "true" }),
    rw("STUNEnable", "boolean"),
    rw("STUNServerAddress", "string", { maxLength: 256, description: "empty: the ACS's own host" }),
    rw("STUNServerPort", "unsignedInt", { default: "3478", minimum: 0, maximum: 65535 }),
    rw("STUNUsername", "string", { maxLength: 256 }),
    rw("STUNPassword", "string", { maxLength: 256, secret: true }),
    rw("STUNMaximumKeepAlivePeriod", "int", { default: "-1", minimum: -1, description: "seconds; -1: none" }),
    rw("STUNMinimumKeepAlivePeriod", "unsignedInt", { default: "25", description: "seconds" }),
    ro("UDPConnectionRequestAddress", "string", {
      maxLength: 256,
      notify: "active",
      description: "empty while STUN is off: no door is open then",
    }),
    ro("NATDetected", "boolean", { notify: "passive" }),
    ro("SupportedConnReqMethods", "string", {
      default: "HTTP,STUN",
      list: true,
      enum: ["HTTP", "STUN"],
      deviation: "XMPP is optional and not offered",
    }),
  ),
  table(
    "Device.ManagementServer.InformParameter.{i}.",
    16,
    rw("Enable", "boolean"),
    rw("ParameterName", "string", {
      maxLength: 256,
      description: "a parameter or an object, as the ACS names it",
    }),
    rw("EventList", "string", {
      list: true,
      maxLength: 512,
      description: "event codes; empty: every Inform",
    }),
  ),
  object(
    "Device.ManagementServer.AutonomousTransferCompletePolicy.",
    rw("Enable", "boolean"),
    rw("TransferTypeFilter", "string", { default: "Both", enum: ["Upload", "Download", "Both"] }),
    rw("ResultTypeFilter", "string", { default: "Both", enum: ["Success", "Failure", "Both"] }),
    rw("FileTypeFilter", "string", { list: true, maxLength: 1024 }),
  ),
];

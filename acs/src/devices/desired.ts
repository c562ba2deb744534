import type { DeviceRow, LineRow } from "./repository.ts";

/** One value the device shall have. `secret`: it reads back empty, so that only the ParameterKey tells whether it is there. */
export type DesiredValue = { value: string; secret?: true };
export type Desired = ReadonlyMap<string, DesiredValue>;

/** A device's secrets in clear, for as long as a plan is made. */
export type DeviceSecrets = {
  connectionRequestPassword: string;
  mqttPassword: string;
  /** SIP password by line */
  sip: ReadonlyMap<number, string>;
};

/** How the device reaches this ACS. */
export type AcsPlace = {
  /** seconds between Informs */
  periodicInformInterval: number;
  /** undefined: no broker, commands go over CWMP alone */
  mqtt?: { host: string; port: number; tls: boolean; username: string } | undefined;
  /** undefined: devices behind a NAT are not called over UDP */
  stun?: { host: string; port: number } | undefined;
  /** undefined: nobody listens for lightweight notifications */
  light?: { host: string; port: number } | undefined;
};

const service = "Device.Services.VoiceService.1.";
/** Whoever names no port leaves it to the name servers: NAPTR and SRV records, 5060 without them (RFC 3263 §4). */
const byNameServers = "0";

/**
 * Everything the device shall be, as parameters: the ACS's own needs, the provider's terms, the line accounts, and
 * over all of it the overrides that support staff set. Paths that a device does not have are left out by the planner.
 */
export function desiredParameters(
  device: Pick<DeviceRow, "provider" | "region" | "desired" | "connection_request_username">,
  lines: readonly LineRow[],
  retiredLines: readonly number[],
  secrets: DeviceSecrets,
  acs: AcsPlace,
): Desired {
  const desired = new Map<string, DesiredValue>();
  const want = (path: string, value: string | null): void => {
    if (value !== null) desired.set(path, { value });
  };
  const wantSecret = (path: string, value: string | undefined): void => {
    if (value !== undefined) desired.set(path, { value, secret: true });
  };

  want("Device.ManagementServer.PeriodicInformEnable", "true");
  want("Device.ManagementServer.PeriodicInformInterval", String(acs.periodicInformInterval));
  want("Device.ManagementServer.ConnectionRequestUsername", device.connection_request_username);
  wantSecret("Device.ManagementServer.ConnectionRequestPassword", secrets.connectionRequestPassword);

  if (acs.stun) {
    want("Device.ManagementServer.STUNServerAddress", acs.stun.host);
    want("Device.ManagementServer.STUNServerPort", String(acs.stun.port));
    want("Device.ManagementServer.STUNEnable", "true");
  }

  if (acs.light) {
    want("Device.ManagementServer.UDPLightweightNotificationHost", acs.light.host);
    want("Device.ManagementServer.UDPLightweightNotificationPort", String(acs.light.port));
    want("Device.ManagementServer.LightweightNotificationProtocolsUsed", "UDP");
  }

  if (acs.mqtt) {
    want("Device.MQTT.Client.1.BrokerAddress", acs.mqtt.host);
    want("Device.MQTT.Client.1.BrokerPort", String(acs.mqtt.port));
    want("Device.MQTT.Client.1.TransportProtocol", acs.mqtt.tls ? "TLS" : "TCP/IP");
    want("Device.MQTT.Client.1.Username", acs.mqtt.username);
    wantSecret("Device.MQTT.Client.1.Password", secrets.mqttPassword);
    want("Device.MQTT.Client.1.Enable", "true");
  }

  want("Device.X_TONALITE_Terms.Provider", device.provider);
  want("Device.X_TONALITE_Terms.Region", device.region);
  // Without an override the customer has the ordinary service: taking a bar away must lift it.
  want("Device.X_TONALITE_Terms.ServiceState", "Active");
  want("Device.X_TONALITE_Terms.ServiceStateClause", "");
  want("Device.X_TONALITE_Terms.MaximumCallDuration", "0");
  want("Device.X_TONALITE_Terms.LimitationsLifted", "false");

  for (const line of lines) {
    const client = `${service}SIP.Client.${line.line}.`;
    const network = `${service}SIP.Network.${line.line}.`;
    const call = `${service}CallControl.Line.${line.line}.`;
    const servers = sipServers(line);
    want(`${network}RegistrarServer`, servers.registrar);
    want(`${network}RegistrarServerPort`, servers.registrarPort);
    want(`${network}ProxyServer`, servers.proxy);
    want(`${network}ProxyServerPort`, servers.proxyPort);
    want(`${network}UserAgentDomain`, servers.registrar);
    want(`${network}Enable`, String(line.enabled));
    want(`${client}AuthUserName`, line.auth_user ?? line.sip_user);
    wantSecret(`${client}AuthPassword`, secrets.sip.get(line.line));
    if (line.sip_user !== null && line.domain !== null)
      want(`${client}RegisterURI`, `sip:${line.sip_user}@${line.domain}`);
    want(`${call}DirectoryNumber`, line.directory_number);
    want(`${client}Enable`, String(line.enabled));
    want(`${call}Enable`, String(line.enabled));
  }

  for (const line of retiredLines) {
    want(`${service}SIP.Client.${line}.Enable`, "false");
    want(`${service}CallControl.Line.${line}.Enable`, "false");
  }

  for (const [path, value] of Object.entries(device.desired)) desired.set(path, { value });
  return desired;
}

/** The account's domain names the registrar; a proxy, where there is one, carries everything (TR-104 SIP.Network). */
function sipServers(line: LineRow): {
  registrar: string | null;
  registrarPort: string;
  proxy: string;
  proxyPort: string;
} {
  const [, host = null, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(line.domain ?? "") ?? [];
  const sameHost = line.proxy_host === null || line.proxy_host === host;
  const proxyPort = String(line.proxy_port ?? byNameServers);
  return {
    registrar: host,
    registrarPort: port ?? (sameHost ? proxyPort : byNameServers),
    proxy: line.proxy_host ?? "",
    proxyPort,
  };
}

/**
 * The ParameterKey that stands for a desired state: TR-069 lets the device report it in every Inform, so one short text
 * tells whether everything is in place, secrets included.
 * @param fingerprint keyed, so that the text on the wire gives no password to guess at
 * @returns 24 characters (ParameterKey holds 32)
 */
export function parameterKeyOf(desired: Desired, fingerprint: (text: string) => Buffer): string {
  const entries = [...desired]
    .map(([path, { value }]) => [path, value])
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  return fingerprint(JSON.stringify(entries)).toString("base64url").slice(0, 24);
}

import { object, ro, rw, row, table } from "./declare.ts";

/** The board's own network service owns the interfaces: a wrong setting would cut the box off for good. */
const boardOwns = "readOnly: the board's network service owns its interfaces";
const status = { enum: ["Up", "Down", "Unknown", "Dormant", "NotPresent", "LowerLayerDown", "Error"] };
const counters = [
  ro("BytesSent", "unsignedLong"),
  ro("BytesReceived", "unsignedLong"),
  ro("PacketsSent", "unsignedLong"),
  ro("PacketsReceived", "unsignedLong"),
  ro("ErrorsSent", "unsignedInt"),
  ro("ErrorsReceived", "unsignedInt"),
  ro("DiscardPacketsSent", "unsignedInt"),
  ro("DiscardPacketsReceived", "unsignedInt"),
];
const ip = "Device.IP.Interface.{i}.";

/** TR-181 Ethernet, IP, DHCPv4 and DNS as the board's network has them. */
export const network = [
  object("Device.Ethernet.", ro("InterfaceNumberOfEntries", "unsignedInt")),
  object(
    "Device.Ethernet.Interface.{i}.",
    ro("Enable", "boolean", { default: "true", deviation: boardOwns }),
    ro("Status", "string", { ...status, default: "Unknown" }),
    ro("Name", "string", { maxLength: 64 }),
    ro("Upstream", "boolean", { default: "true" }),
    ro("MACAddress", "string"),
    ro("CurrentBitRate", "unsignedInt", { description: "Mbit/s; 0: not known" }),
  ),
  object("Device.Ethernet.Interface.{i}.Stats.", ...counters),
  object("Device.IP.", ro("InterfaceNumberOfEntries", "unsignedInt")),
  row(
    ip,
    ro("Enable", "boolean", { default: "true", deviation: boardOwns }),
    ro("Status", "string", { ...status, default: "Unknown" }),
    ro("Name", "string", { maxLength: 64 }),
    ro("LowerLayers", "string", { list: true, deviation: boardOwns }),
    ro("MaxMTUSize", "unsignedInt", { minimum: 64, maximum: 65535, deviation: boardOwns }),
    ro("Type", "string", { default: "Normal", enum: ["Normal", "Loopback", "Tunnel", "Tunneled"] }),
    ro("IPv4AddressNumberOfEntries", "unsignedInt"),
    ro("IPv6AddressNumberOfEntries", "unsignedInt"),
  ),
  row(
    `${ip}IPv4Address.{i}.`,
    ro("Enable", "boolean", { default: "true", deviation: boardOwns }),
    ro("Status", "string", {
      default: "Enabled",
      enum: ["Disabled", "Enabled", "Error_Misconfigured", "Error"],
    }),
    ro("IPAddress", "string", { deviation: boardOwns }),
    ro("SubnetMask", "string", { deviation: boardOwns }),
    ro("AddressingType", "string", {
      default: "DHCP",
      enum: ["DHCP", "IKEv2", "AutoIP", "IPCP", "Static"],
    }),
  ),
  row(
    `${ip}IPv6Address.{i}.`,
    ro("Enable", "boolean", { default: "true", deviation: boardOwns }),
    ro("IPAddress", "string", { deviation: boardOwns }),
  ),
  object(`${ip}Stats.`, ...counters),
  object("Device.DHCPv4.", ro("ClientNumberOfEntries", "unsignedInt")),
  row(
    "Device.DHCPv4.Client.{i}.",
    ro("Enable", "boolean", { default: "true", deviation: boardOwns }),
    ro("Interface", "string", { maxLength: 256, deviation: boardOwns }),
    ro("Status", "string", {
      default: "Enabled",
      enum: ["Disabled", "Enabled", "Error_Misconfigured", "Error"],
    }),
    ro("DHCPStatus", "string", {
      default: "Init",
      enum: ["Init", "Selecting", "Requesting", "Rebinding", "Bound", "Renewing"],
    }),
    ro("IPAddress", "string"),
    ro("SubnetMask", "string"),
    ro("IPRouters", "string", { list: true, maxLength: 256 }),
    ro("DNSServers", "string", { list: true, maxLength: 256 }),
    ro("LeaseTimeRemaining", "int", { minimum: -1, description: "seconds; -1: without end" }),
    ro("DHCPServer", "string"),
  ),
  object("Device.DNS."),
  object(
    "Device.DNS.Client.",
    ro("Enable", "boolean", { default: "true", deviation: boardOwns }),
    ro("Status", "string", { default: "Enabled", enum: ["Disabled", "Enabled", "Error"] }),
    ro("ServerNumberOfEntries", "unsignedInt"),
  ),
  table(
    "Device.DNS.Client.Server.{i}.",
    6,
    rw("Enable", "boolean"),
    ro("Status", "string", { default: "Disabled", enum: ["Disabled", "Enabled", "Error"] }),
    rw("DNSServer", "string", { maxLength: 45, pattern: "ip-address" }),
    ro("Type", "string", {
      default: "Static",
      enum: ["DHCP", "DHCPv4", "DHCPv6", "RouterAdvertisement", "IPCP", "Static"],
    }),
  ),
];

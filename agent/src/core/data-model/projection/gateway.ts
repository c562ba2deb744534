import { alike, made, type Mapping, same, type Otherwise } from "./mapping.ts";

const summary =
  "InternetGatewayDevice:1.4[](Baseline:1, Time:1, IPPing:1, TraceRoute:1, Download:1, Upload:1), VoiceService:1.1[1](Endpoint:1, SIPEndpoint:1)";
const diagnostics = "Device.IP.Diagnostics.";
const wan = "WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.";
const text = { access: "readOnly", type: "string" } as const;

/** TR-098 has "Completed" for bandwidth tests; ours says "Complete" since TR-181 2.11. */
const bandwidthState = (path: string, to: string): Mapping => ({
  ...same(path, to),
  read: (value) => (value === "Complete" ? "Completed" : value),
});
const hop = (name: string, to: string, otherwise: Otherwise = {}): Mapping =>
  same(
    `TraceRouteDiagnostics.RouteHops.{h}.${name}`,
    `${diagnostics}TraceRoute.RouteHops.{h}.${to}`,
    otherwise,
  );

/** The first address of the way to the world, which TR-098 wants in every Inform. */
const externalAddress = "Device.IP.Interface.1.IPv4Address.1.IPAddress";

/** TR-098 (InternetGatewayDevice:1) without its voice: what a box without a LAN of its own has of it. */
export const gatewayMappings = (): readonly Mapping[] => [
  made("DeviceSummary", { ...text, maxLength: 1024, inform: true }, () => summary),
  made("DeviceInfo.SpecVersion", { ...text, maxLength: 16, inform: true }, () => "1.0"),
  ...alike("DeviceInfo.", "Device.DeviceInfo.", [
    "Manufacturer",
    "ManufacturerOUI",
    "ModelName",
    "ProductClass",
    "SerialNumber",
    "HardwareVersion",
    "SoftwareVersion",
    "ProvisioningCode",
    "UpTime",
    "FirstUseDate",
  ]),
  ...alike("ManagementServer.", "Device.ManagementServer.", [
    "EnableCWMP",
    "URL",
    "Username",
    "Password",
    "PeriodicInformEnable",
    "PeriodicInformInterval",
    "PeriodicInformTime",
    "ParameterKey",
    "ConnectionRequestURL",
    "ConnectionRequestUsername",
    "ConnectionRequestPassword",
    "UpgradesManaged",
    "CWMPRetryMinimumWaitInterval",
    "CWMPRetryIntervalMultiplier",
    "UDPConnectionRequestAddress",
    "STUNEnable",
    "STUNServerAddress",
    "STUNServerPort",
    "STUNUsername",
    "STUNPassword",
    "STUNMaximumKeepAlivePeriod",
    "STUNMinimumKeepAlivePeriod",
    "NATDetected",
  ]),
  ...alike("Time.", "Device.Time.", [
    "Enable",
    "Status",
    "NTPServer1",
    "NTPServer2",
    "NTPServer3",
    "NTPServer4",
    "NTPServer5",
    "CurrentLocalTime",
  ]),
  made(`${wan}ExternalIPAddress`, { ...text, inform: true }, (get) => get(externalAddress)),
  ...alike("IPPingDiagnostics.", `${diagnostics}IPPing.`, [
    "DiagnosticsState",
    "Host",
    "NumberOfRepetitions",
    "Timeout",
    "DataBlockSize",
    "DSCP",
    "SuccessCount",
    "FailureCount",
    "AverageResponseTime",
    "MinimumResponseTime",
    "MaximumResponseTime",
  ]),
  ...alike("TraceRouteDiagnostics.", `${diagnostics}TraceRoute.`, [
    "DiagnosticsState",
    "Host",
    "NumberOfTries",
    "Timeout",
    "DataBlockSize",
    "DSCP",
    "MaxHopCount",
    "ResponseTime",
    "RouteHopsNumberOfEntries",
  ]),
  hop("HopHost", "Host"),
  hop("HopHostAddress", "HostAddress"),
  hop("HopErrorCode", "ErrorCode"),
  hop("HopRTTimes", "RTTimes"),
  ...(["Download", "Upload"] as const).flatMap((kind) => {
    const [path, to] = [`${kind}Diagnostics.`, `${diagnostics}${kind}Diagnostics.`];
    const test = kind === "Download" ? ["DownloadURL", "TestBytesReceived"] : ["UploadURL", "TestFileLength"];
    return [
      bandwidthState(`${path}DiagnosticsState`, `${to}DiagnosticsState`),
      ...alike(path, to, [
        ...test,
        "ROMTime",
        "BOMTime",
        "EOMTime",
        kind === "Download" ? "TotalBytesReceived" : "TotalBytesSent",
        "TCPOpenRequestTime",
        "TCPOpenResponseTime",
      ]),
    ];
  }),
];

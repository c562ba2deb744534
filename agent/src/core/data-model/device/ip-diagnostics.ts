import { object, ro, rw } from "./declare.ts";

/** Settings of a test are not worth a write to the flash. */
const volatile = { persist: false } as const;
const anyVersion = { ...volatile, default: "Any", enum: ["Any", "IPv4", "IPv6"] } as const;
const ping = "Device.IP.Diagnostics.IPPing.";
const trace = "Device.IP.Diagnostics.TraceRoute.";
const maximumConnections = "4";

/** What starts a test, and how it stands (TR-181: DiagnosticsState). */
const state = (...errors: string[]) =>
  rw("DiagnosticsState", "string", {
    ...volatile,
    default: "None",
    enum: ["None", "Requested", "Canceled", "Complete", ...errors],
    settable: ["Requested", "Canceled"],
    trigger: true,
  });
const from = rw("Interface", "string", { ...volatile, maxLength: 256, refers: "Device.IP.Interface." });
const yes = (name: string) => ro(name, "boolean", { default: "true" });

const reach = ["Error_CannotResolveHostName", "Error_NoRouteToHost"];
const transfer = [...reach, "Error_InitConnectionFailed", "Error_NoResponse"];
const ftp = ["Error_PasswordRequestFailed", "Error_LoginFailed", "Error_NoTransferMode", "Error_NoPASV"];
const rest = ["Error_Timeout", "Error_Internal", "Error_Other"];

/** TR-143: times of a transfer, and of each of its connections. */
const times = [
  ro("ROMTime", "dateTime", { description: "request sent" }),
  ro("BOMTime", "dateTime", { description: "first byte" }),
  ro("EOMTime", "dateTime", { description: "last byte" }),
];
const opened = [ro("TCPOpenRequestTime", "dateTime"), ro("TCPOpenResponseTime", "dateTime")];
const bytes = (test: string, suffix = "") => [
  ro(test + suffix, "unsignedLong"),
  ro(`TotalBytesReceived${suffix}`, "unsignedLong"),
  ro(`TotalBytesSent${suffix}`, "unsignedLong"),
];

const bandwidth = (kind: "Download" | "Upload", errors: string[], only: ReturnType<typeof rw>[]) => {
  const path = `Device.IP.Diagnostics.${kind}Diagnostics.`;
  const test = kind === "Download" ? "TestBytesReceived" : "TestBytesSent";
  const connections =
    kind === "Download" ? "DownloadDiagnosticMaxConnections" : "UploadDiagnosticsMaxConnections";
  return [
    object(
      path,
      state("Completed", ...errors, ...rest),
      from,
      ...only,
      ro(`${kind}Transports`, "string", {
        default: "HTTP",
        list: true,
        enum: ["HTTP"],
        deviation: "FTP is not offered",
      }),
      rw("TimeBasedTestDuration", "unsignedInt", {
        ...volatile,
        maximum: 999,
        description: "seconds; 0: by size",
      }),
      rw("TimeBasedTestMeasurementInterval", "unsignedInt", {
        ...volatile,
        maximum: 999,
        description: "seconds",
      }),
      rw("TimeBasedTestMeasurementOffset", "unsignedInt", {
        ...volatile,
        maximum: 255,
        description: "seconds",
      }),
      rw("ProtocolVersion", "string", anyVersion),
      rw("NumberOfConnections", "unsignedInt", { ...volatile, default: "1", minimum: 1 }),
      ro("IPAddressUsed", "string"),
      ro(connections, "unsignedInt", { default: maximumConnections, minimum: 1 }),
      ro(`${kind}DiagnosticsMaxIncrementalResult`, "unsignedInt", { default: "60", minimum: 1 }),
      ...times,
      ...bytes(test),
      ...bytes(test, "UnderFullLoading"),
      ro("PeriodOfFullLoading", "unsignedInt", { description: "microseconds" }),
      ...opened,
      ro("PerConnectionResultNumberOfEntries", "unsignedInt"),
      rw("EnablePerConnectionResults", "boolean", volatile),
      ro("IncrementalResultNumberOfEntries", "unsignedInt"),
    ),
    object(`${path}PerConnectionResult.{i}.`, ...times, ...bytes(test), ...opened),
    object(
      `${path}IncrementalResult.{i}.`,
      ...bytes(test),
      ro("StartTime", "dateTime"),
      ro("EndTime", "dateTime"),
    ),
  ];
};

/** TR-181 Device.IP.Diagnostics. and Device.DNS.Diagnostics.: what a support agent can ask of the network from here. */
export const ipDiagnostics = [
  object(
    "Device.IP.Diagnostics.",
    ...["Ping", "TraceRoute", "DownloadDiagnostics", "UploadDiagnostics"].flatMap((test) => [
      yes(`IPv4${test}Supported`),
      yes(`IPv6${test}Supported`),
    ]),
  ),
  object(
    ping,
    state("Error", ...reach, "Error_Internal", "Error_Other"),
    from,
    rw("ProtocolVersion", "string", anyVersion),
    rw("Host", "string", { ...volatile, maxLength: 256 }),
    rw("NumberOfRepetitions", "unsignedInt", { ...volatile, default: "3", minimum: 1 }),
    rw("Timeout", "unsignedInt", { ...volatile, default: "5000", minimum: 1, description: "ms" }),
    rw("DataBlockSize", "unsignedInt", { ...volatile, default: "56", minimum: 1, maximum: 65535 }),
    rw("DSCP", "unsignedInt", { ...volatile, maximum: 63 }),
    ro("IPAddressUsed", "string"),
    ro("SuccessCount", "unsignedInt"),
    ro("FailureCount", "unsignedInt"),
    ro("AverageResponseTime", "unsignedInt", { description: "ms" }),
    ro("MinimumResponseTime", "unsignedInt", { description: "ms" }),
    ro("MaximumResponseTime", "unsignedInt", { description: "ms" }),
    ro("AverageResponseTimeDetailed", "unsignedInt", { description: "microseconds" }),
    ro("MinimumResponseTimeDetailed", "unsignedInt", { description: "microseconds" }),
    ro("MaximumResponseTimeDetailed", "unsignedInt", { description: "microseconds" }),
  ),
  object(
    trace,
    state("Error", ...reach, "Error_MaxHopCountExceeded", "Error_Internal", "Error_Other"),
    from,
    rw("ProtocolVersion", "string", anyVersion),
    rw("Host", "string", { ...volatile, maxLength: 256 }),
    rw("NumberOfTries", "unsignedInt", { ...volatile, default: "3", minimum: 1, maximum: 3 }),
    rw("Timeout", "unsignedInt", { ...volatile, default: "5000", minimum: 1, description: "ms" }),
    rw("DataBlockSize", "unsignedInt", { ...volatile, default: "38", minimum: 1, maximum: 65535 }),
    rw("DSCP", "unsignedInt", { ...volatile, maximum: 63 }),
    rw("MaxHopCount", "unsignedInt", { ...volatile, default: "30", minimum: 1, maximum: 64 }),
    ro("IPAddressUsed", "string"),
    ro("ResponseTime", "unsignedInt", { description: "ms, of the whole route" }),
    ro("RouteHopsNumberOfEntries", "unsignedInt"),
  ),
  object(
    `${trace}RouteHops.{i}.`,
    ro("Host", "string", { maxLength: 256 }),
    ro("HostAddress", "string"),
    ro("ErrorCode", "unsignedInt", { description: "ICMP type * 256 + code, 0: the hop forwarded" }),
    ro("RTTimes", "unsignedInt", { list: true, description: "ms" }),
  ),
  ...bandwidth(
    "Download",
    [...transfer, "Error_TransferFailed", ...ftp, "Error_IncorrectSize"],
    [rw("DownloadURL", "string", { ...volatile, maxLength: 2048 })],
  ),
  ...bandwidth(
    "Upload",
    [...transfer, ...ftp, "Error_NoCWD", "Error_NoSTOR", "Error_NoTransferComplete"],
    [
      rw("UploadURL", "string", { ...volatile, maxLength: 2048 }),
      rw("TestFileLength", "unsignedLong", { ...volatile, description: "bytes" }),
    ],
  ),
  object("Device.DNS.Diagnostics."),
  object(
    "Device.DNS.Diagnostics.NSLookupDiagnostics.",
    state("Error_DNSServerNotResolved", "Error_Internal", "Error_Other"),
    rw("HostName", "string", { ...volatile, maxLength: 256 }),
    rw("DNSServer", "string", { ...volatile, maxLength: 256 }),
    rw("Timeout", "unsignedInt", { ...volatile, default: "5000", description: "ms" }),
    rw("NumberOfRepetitions", "unsignedInt", { ...volatile, default: "1" }),
    ro("ResultNumberOfEntries", "unsignedInt"),
    ro("SuccessCount", "unsignedInt"),
  ),
  object(
    "Device.DNS.Diagnostics.NSLookupDiagnostics.Result.{i}.",
    ro("Status", "string", {
      default: "Error_Other",
      enum: [
        "Success",
        "Error_DNSServerNotAvailable",
        "Error_HostNameNotResolved",
        "Error_Timeout",
        "Error_Other",
      ],
    }),
    ro("AnswerType", "string", { default: "None", enum: ["None", "Authoritative", "NonAuthoritative"] }),
    ro("HostNameReturned", "string", { maxLength: 256 }),
    ro("IPAddresses", "string", { list: true }),
    ro("DNSServerIP", "string"),
    ro("ResponseTime", "unsignedInt", { description: "ms" }),
  ),
];

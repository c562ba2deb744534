import type { z } from "zod";
import type { NetworkTest, NewNetworkTest } from "../api/schemas/diagnostics.ts";
import type { ValueType } from "./commands.ts";

type Test = NetworkTest["test"];
type Order = z.output<typeof NewNetworkTest>;
type Setting = { path: string; value: string; type: ValueType };

const voiceTest = "Device.X_TONALITE_Voice.Test.";

/** Where a test stands in TR-181, which parameter says what it is aimed at, and the table of its details. */
const places: Readonly<Record<Test, { path: string; target: string; rows?: string; kind?: string }>> = {
  ping: { path: "Device.IP.Diagnostics.IPPing.", target: "Host" },
  "trace-route": { path: "Device.IP.Diagnostics.TraceRoute.", target: "Host", rows: "RouteHops" },
  download: { path: "Device.IP.Diagnostics.DownloadDiagnostics.", target: "DownloadURL" },
  upload: { path: "Device.IP.Diagnostics.UploadDiagnostics.", target: "UploadURL" },
  "name-lookup": { path: "Device.DNS.Diagnostics.NSLookupDiagnostics.", target: "HostName", rows: "Result" },
  // One object of ours for all tests of the voice service: its Kind says which one it was.
  "echo-call": { path: voiceTest, target: "Number", kind: "EchoCall" },
  registration: { path: voiceTest, target: "Line", kind: "Registration" },
  ring: { path: voiceTest, target: "Line", kind: "Ring" },
  line: { path: voiceTest, target: "Line", kind: "Line" },
};

/** What a session reads when an Inform says "8 DIAGNOSTICS COMPLETE". */
export const diagnosticsPaths = ["Device.IP.Diagnostics.", "Device.DNS.Diagnostics.", voiceTest] as const;

/** The parameters that make a device begin a test. */
export const testSettings = (order: Order): Setting[] => [
  ...settingsOf(order),
  { path: `${places[order.test].path}DiagnosticsState`, value: "Requested", type: "string" },
];

function settingsOf(order: Order): Setting[] {
  const { path } = places[order.test];
  const text = (name: string, value: string): Setting => ({ path: path + name, value, type: "string" });
  const number = (name: string, value: number): Setting => ({
    path: path + name,
    value: String(value),
    type: "unsignedInt",
  });
  switch (order.test) {
    case "ping":
      return [
        text("Host", order.host),
        number("NumberOfRepetitions", order.repetitions),
        number("DataBlockSize", order.size),
      ];
    case "trace-route":
      return [text("Host", order.host), number("MaxHopCount", order.hops)];
    case "download":
      return [text("DownloadURL", order.url)];
    case "upload":
      return [
        text("UploadURL", order.url),
        { path: `${path}TestFileLength`, value: String(order.bytes), type: "unsignedLong" },
      ];
    case "echo-call":
      return [
        text("Kind", "EchoCall"),
        number("Line", order.line),
        text("Number", order.number),
        number("Duration", order.seconds),
      ];
    case "registration":
    case "ring":
    case "line":
      return [text("Kind", places[order.test].kind ?? ""), number("Line", order.line)];
    case "name-lookup":
      break;
  }
  return [text("HostName", order.name), text("DNSServer", order.server)];
}

/** How the tests of a device stand, from its stored parameters; those that were never asked for are left out. */
export function readTests(
  stored: readonly { path: string; value: string; writable: boolean; updatedAt: Date }[],
): NetworkTest[] {
  return Object.entries(places).flatMap(([name, { kind, path, rows, target }]) => {
    const own = stored.filter((parameter) => parameter.path.startsWith(path));
    const value = (parameter: string): string =>
      own.find((candidate) => candidate.path === path + parameter)?.value ?? "";
    const state = value("DiagnosticsState");
    if (state === "" || state === "None" || (kind !== undefined && value("Kind") !== kind)) return [];
    const results = own.filter(
      (parameter) => !parameter.writable && !parameter.path.slice(path.length).includes("."),
    );
    const latest = Math.max(...own.map(({ updatedAt }) => updatedAt.getTime()));
    return {
      test: name as Test,
      state,
      target: value(target),
      results: Object.fromEntries(results.map((one) => [one.path.slice(path.length), one.value])),
      rows: rows === undefined ? [] : rowsOf(own, `${path}${rows}.`, Number(value(`${rows}NumberOfEntries`))),
      updatedAt: new Date(latest).toISOString(),
    };
  });
}

/** Rows of an earlier, longer result stay in the store: the count says which are this one's. */
function rowsOf(
  own: readonly { path: string; value: string }[],
  table: string,
  count: number,
): Record<string, string>[] {
  const rows: Record<string, string>[] = Array.from({ length: Math.min(count, 255) }, () => ({}));
  for (const { path, value } of own) {
    const [, number = "", name = ""] = path.startsWith(table)
      ? (/^(\d{1,3})\.(\w+)$/.exec(path.slice(table.length)) ?? [])
      : [];
    const row = rows[Number(number) - 1];
    if (row !== undefined) row[name] = value;
  }
  return rows;
}

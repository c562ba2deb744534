/** The tests a support agent can ask for, by where they stand in the data model; a USP command is the same path with "()". */
export const testPaths = {
  ping: "Device.IP.Diagnostics.IPPing.",
  "trace-route": "Device.IP.Diagnostics.TraceRoute.",
  download: "Device.IP.Diagnostics.DownloadDiagnostics.",
  upload: "Device.IP.Diagnostics.UploadDiagnostics.",
  "name-lookup": "Device.DNS.Diagnostics.NSLookupDiagnostics.",
  voice: "Device.X_TONALITE_Voice.Test.",
} as const;
export type TestName = keyof typeof testPaths;
export const testNames = Object.keys(testPaths) as TestName[];

/** The test that an object, or one of its parameters, belongs to. */
export const testOf = (path: string): TestName | undefined =>
  testNames.find((name) => path.startsWith(testPaths[name]));

/** The test that a USP command starts: "Device.IP.Diagnostics.IPPing()". */
export const commandTest = (command: string): TestName | undefined =>
  testNames.find((name) => command === `${testPaths[name].slice(0, -1)}()`);

/** What fits one Ethernet frame beside its headers; five of these a second are 60 kbit/s, less than a call. */
const oneFrame = 1472;

/** Tests that fill the line to the house: never beside a call (law 7). `size` is that of a ping's payload. */
export const isHeavy = (test: TestName, size: number): boolean =>
  test === "download" || test === "upload" || size > oneFrame;

/** What a test came to: TR-181's DiagnosticsState with the results by name, and the rows of its tables. */
export type TestOutcome = {
  state: string;
  values?: Readonly<Record<string, string>>;
  tables?: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
};

/** A result as the output arguments of a USP command: rows as "RouteHops.1.Host". */
export function outputArguments({ state, values = {}, tables = {} }: TestOutcome): Record<string, string> {
  const output: Record<string, string> = { Status: state, ...values };
  for (const [table, rows] of Object.entries(tables))
    for (const [index, row] of rows.entries())
      for (const [name, value] of Object.entries(row)) output[`${table}.${index + 1}.${name}`] = value;
  return output;
}

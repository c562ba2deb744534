import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel, type DataModel } from "../../core/data-model/index.ts";
import type { BoardInterface } from "../device/interfaces.ts";
import { showNetwork } from "../device/network-status.ts";
import { type CommandEnd, type Diagnostics, startDiagnostics } from "./index.ts";
import { probeProgram } from "./probe.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} } as never;
const ping = "Device.IP.Diagnostics.IPPing.";
const route = "Device.IP.Diagnostics.TraceRoute.";
const download = "Device.IP.Diagnostics.DownloadDiagnostics.";
const upload = "Device.IP.Diagnostics.UploadDiagnostics.";
const lookup = "Device.DNS.Diagnostics.NSLookupDiagnostics.";
const patient = { timeout: 20_000, interval: 10 };

let model: DataModel;
let diagnostics: Diagnostics;
let completions: number;
let commands: CommandEnd[];
let servers: Server[];
beforeEach(() => {
  model = createDeviceModel({ lines: 1 });
  completions = 0;
  commands = [];
  servers = [];
  const loopback: BoardInterface = {
    name: "lo",
    index: 1,
    loopback: true,
    status: "Up",
    mac: "",
    mtu: 65_536,
    speed: 0,
    ipv4: [{ address: "127.0.0.1", mask: "255.0.0.0" }],
    ipv6: [],
  };
  showNetwork(model, () => [loopback]);
  diagnostics = startDiagnostics({
    model,
    slot: undefined,
    bench: { offHook: () => false, take: () => "no line" },
    onComplete: () => (completions += 1),
    onCommandEnd: (end) => commands.push(end),
    log,
  });
});
afterEach(async () => {
  diagnostics.stop();
  await Promise.all(
    servers.map(
      (server) =>
        new Promise((resolve) => {
          server.closeAllConnections();
          server.close(resolve);
        }),
    ),
  );
});

/** Asks as an ACS does, all in one message. */
function ask(base: string, settings: Record<string, string>, origin: "cwmp" | "usp" = "cwmp") {
  const changes = Object.entries({ ...settings, DiagnosticsState: "Requested" });
  const result = model.write(
    changes.map(([name, value]) => ({ path: base + name, value })),
    origin,
  );
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
}
const state = (base: string) => model.value(`${base}DiagnosticsState`);
const number = (path: string) => Number(model.value(path));
const ends = (base: string) => expect.poll(() => state(base), patient).not.toBe("Requested");
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const missing = probeProgram(undefined) === undefined ? " (skipped: tonalite-probe is not built)" : "";
describe.skipIf(missing !== "")(`reaching a host${missing}`, () => {
  it("waits for the end of the session, pings, and tells the ACS", async () => {
    ask(ping, {
      Host: "127.0.0.1",
      NumberOfRepetitions: "2",
      DataBlockSize: "100",
      Interface: "Device.IP.Interface.1",
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([state(ping), completions]).toEqual(["Requested", 0]);
    diagnostics.sessionEnded();
    await ends(ping);
    expect([state(ping), completions]).toEqual(["Complete", 1]);
    expect(number(`${ping}SuccessCount`)).toBe(2);
    expect(number(`${ping}MinimumResponseTimeDetailed`)).toBeGreaterThan(0);
    expect(model.value(`${ping}IPAddressUsed`)).toBe("127.0.0.1");
  });

  it("is void when a setting changes, and stops when it is cancelled", async () => {
    ask(ping, { Host: "127.0.0.1", NumberOfRepetitions: "1" }, "usp");
    await ends(ping);
    expect([state(ping), completions]).toEqual(["Complete", 0]);
    model.write([{ path: `${ping}NumberOfRepetitions`, value: "500" }], "usp");
    expect(state(ping)).toBe("None");
    ask(ping, {}, "usp");
    model.write([{ path: `${ping}DiagnosticsState`, value: "Canceled" }], "usp");
    expect(state(ping)).toBe("None");
    // The desk is free again.
    ask(ping, { NumberOfRepetitions: "1" }, "usp");
    await ends(ping);
    expect(number(`${ping}SuccessCount`)).toBe(1);
  });

  it("finds the way, as a table and as a command's output", async () => {
    ask(route, { Host: "127.0.0.1", NumberOfTries: "2" }, "usp");
    await ends(route);
    expect(state(route)).toBe("Complete");
    expect(model.value(`${route}RouteHops.1.HostAddress`)).toBe("127.0.0.1");
    expect(model.value(`${route}RouteHopsNumberOfEntries`)).toBe("1");
    const command = "Device.IP.Diagnostics.TraceRoute()";
    const started = diagnostics.operate(command, { Host: "127.0.0.1" }, "key");
    const requestPath = started?.state === "started" ? started.requestPath : expect.fail("not started");
    expect(model.value(`${requestPath}Command`)).toBe(command);
    expect(model.value("Device.LocalAgent.RequestNumberOfEntries")).toBe("1");
    await expect.poll(() => commands, patient).toHaveLength(1);
    expect(commands[0]).toMatchObject({
      command,
      commandKey: "key",
      output: { Status: "Complete", "RouteHops.1.HostAddress": "127.0.0.1" },
    });
    expect(model.hasObject(requestPath)).toBe(false);
  });

  it("says that a name is none", async () => {
    ask(ping, { Host: "nothing.invalid" }, "usp");
    await ends(ping);
    expect(state(ping)).toBe("Error_CannotResolveHostName");
    ask(ping, { Host: "::1", ProtocolVersion: "IPv4" }, "usp");
    await ends(ping);
    expect(state(ping)).toBe("Error_CannotResolveHostName");
  });
});

describe("commands", () => {
  it.each([
    [{ Nothing: "1" }, "no such argument"],
    [{ NumberOfRepetitions: "0" }, "NumberOfRepetitions"],
    [{ DiagnosticsState: "Requested" }, "no such argument"],
    [{ SuccessCount: "1" }, "no such argument"],
  ])("refuse %j", (args, problem) => {
    expect(diagnostics.operate("Device.IP.Diagnostics.IPPing()", args, "")).toMatchObject({
      state: "failed",
      code: 7027,
      message: expect.stringContaining(problem) as string,
    });
  });

  it("are not ours when they are others'", () => {
    expect(diagnostics.operate("Device.Reboot()", {}, "")).toBeUndefined();
  });
});

describe("bandwidth", () => {
  const size = 3_000_000;
  const file: RequestListener = (_request, response) => {
    response.setHeader("Content-Length", String(size));
    response.end(Buffer.alloc(size));
  };

  it("of a download is measured over several connections", async () => {
    const url = await serve(file);
    ask(
      download,
      { DownloadURL: `${url}/x?y=1`, NumberOfConnections: "3", EnablePerConnectionResults: "true" },
      "usp",
    );
    await ends(download);
    expect(state(download)).toBe("Complete");
    expect(number(`${download}TestBytesReceived`)).toBe(3 * size);
    expect(number(`${download}TotalBytesReceived`)).toBeGreaterThanOrEqual(size);
    expect(model.value(`${download}PerConnectionResultNumberOfEntries`)).toBe("3");
    const times = ["TCPOpenRequestTime", "ROMTime", "BOMTime", "EOMTime"].map((name) =>
      model.value(download + name),
    );
    expect([...times].sort()).toEqual(times);
    expect(times[0]).toMatch(/^2\d{3}-.*\.\d{6}Z$/);
  });

  it("of an upload is measured by what was sent", async () => {
    let received = 0;
    const url = await serve((request, response) => {
      request.on("data", (chunk: Buffer) => (received += chunk.length));
      request.on("end", () => response.writeHead(201).end());
    });
    ask(upload, { UploadURL: url, TestFileLength: String(size) }, "usp");
    await ends(upload);
    expect([state(upload), received]).toEqual(["Complete", size]);
    expect(number(`${upload}TestBytesSent`)).toBe(size);
  });

  it("is measured for a time, in intervals", async () => {
    const url = await serve((_request, response) => {
      const block = Buffer.alloc(65_536);
      const more = () => {
        while (response.write(block));
      };
      response.on("drain", more);
      more();
    });
    ask(
      download,
      { DownloadURL: url, TimeBasedTestDuration: "3", TimeBasedTestMeasurementInterval: "1" },
      "usp",
    );
    await ends(download);
    expect(state(download)).toBe("Complete");
    expect(number(`${download}IncrementalResultNumberOfEntries`)).toBeGreaterThanOrEqual(1);
    expect(number(`${download}IncrementalResult.1.TestBytesReceived`)).toBeGreaterThan(65_536);
    expect(number(`${download}PeriodOfFullLoading`)).toBeGreaterThan(1_000_000);
  });

  it("is not measured beside a call, and makes way for one", async () => {
    const open: (() => void)[] = [];
    const url = await serve((_request, response) => {
      response.write("x");
      open.push(() => response.end());
    });
    diagnostics.callUp(true);
    ask(download, { DownloadURL: url }, "usp");
    await ends(download);
    expect([state(download), open.length]).toEqual(["Error_Other", 0]);
    diagnostics.callUp(false);
    ask(download, {}, "usp");
    await expect.poll(() => open.length, patient).toBe(1);
    diagnostics.callUp(true);
    await ends(download);
    expect(state(download)).toBe("Error_Other");
  });

  const short: RequestListener = (_request, response) => {
    response.setHeader("Content-Length", "1000");
    response.write("x");
    setImmediate(() => response.destroy());
  };
  it.each<[string, RequestListener, string]>([
    ["another status", (_request, response) => response.writeHead(404).end(), "Error_TransferFailed"],
    ["a question for a password", (_request, response) => response.writeHead(401).end(), "Error_LoginFailed"],
    ["a hang-up at once", (request) => request.socket.destroy(), "Error_NoResponse"],
    ["a hang-up in the middle", short, "Error_TransferFailed"],
  ])("of a server with %s fails as %s says", async (_what, listener, expected) => {
    ask(download, { DownloadURL: await serve(listener) }, "usp");
    await ends(download);
    expect(state(download)).toBe(expected);
  });

  it("has errors of its own for what cannot be begun", async () => {
    const url = await serve(file);
    await new Promise((resolve) => servers[0]?.close(resolve));
    for (const [target, expected] of [
      [url, "Error_InitConnectionFailed"],
      ["http://nothing.invalid/", "Error_CannotResolveHostName"],
      ["ftp://127.0.0.1/x", "Error_Other"],
      ["", "Error_Other"],
    ] as const) {
      ask(download, { DownloadURL: target }, "usp");
      await ends(download);
      expect([target, state(download)]).toEqual([target, expected]);
    }
  });
});

describe("looking up a name", () => {
  it("says when the server's name is none", async () => {
    ask(lookup, { HostName: "example.com", DNSServer: "nothing.invalid" }, "usp");
    await ends(lookup);
    expect(state(lookup)).toBe("Error_DNSServerNotResolved");
  });

  it("says when nobody answers there, each time it is asked", async () => {
    ask(
      lookup,
      { HostName: "example.com", DNSServer: "127.0.0.1", Timeout: "300", NumberOfRepetitions: "2" },
      "usp",
    );
    await ends(lookup);
    expect([state(lookup), model.value(`${lookup}SuccessCount`)]).toEqual(["Complete", "0"]);
    expect(model.value(`${lookup}ResultNumberOfEntries`)).toBe("2");
    expect(model.value(`${lookup}Result.2.Status`)).toMatch(/^Error_(Timeout|DNSServerNotAvailable)$/);
    expect(model.value(`${lookup}Result.1.DNSServerIP`)).toBe("127.0.0.1");
  });
});

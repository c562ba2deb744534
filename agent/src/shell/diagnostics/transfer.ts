import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import {
  type ConnectionMeasure,
  type TestOutcome,
  type TransferCounts,
  type TransferMeasure,
  transferOutcome,
} from "../../core/diagnostics/index.ts";
import { loadHttp } from "./builtin.ts";
import { interfaceCounts } from "./interface-counts.ts";
import { addressOf, familyOf, type TestContext } from "./host.ts";

const mostConnections = 4;
const mostSamples = 61;
/** A test by size ends here at the latest; a server that says nothing ends it earlier. */
const longestTest = 120_000;
const connectPatience = 20_000;
const silence = 20_000;
/** What a box sends again and again. */
const block = Buffer.alloc(32_768, "Tonalite ");

type Direction = "download" | "upload";
type Ending = "Complete" | `Error_${string}`;

/** The milliseconds of `performance.now()` on the wall's clock. */
const wall = (): number => performance.timeOrigin + performance.now();

/** TR-143 over HTTP: GET or PUT, by size or by time, over one to four connections. */
export async function transfer(direction: Direction, context: TestContext): Promise<TestOutcome> {
  const { setting, signal } = context;
  const url = URL.parse(setting(direction === "download" ? "DownloadURL" : "UploadURL"));
  if (url === null || url.protocol !== "http:") return { state: "Error_Other" };
  const family = familyOf(setting("ProtocolVersion"));
  const address = await addressOf(url.hostname.replace(/^\[(.*)\]$/, "$1"), family, signal);
  if (address === undefined) return { state: "Error_CannotResolveHostName" };
  return new BandwidthTest(direction, url, address, context).run();
}

class BandwidthTest {
  readonly #direction: Direction;
  readonly #url: URL;
  readonly #address: string;
  readonly #context: TestContext;
  readonly #duration: number;
  readonly #connections: Connection[];
  readonly #ending: AbortController = new AbortController();
  readonly #samples: TransferCounts[] = [];
  #full: TransferMeasure["full"] = null;
  #fullFrom: TransferCounts | undefined;
  #before: { received: number; sent: number } | undefined;
  #timeUp = false;

  constructor(direction: Direction, url: URL, address: string, context: TestContext) {
    this.#direction = direction;
    this.#url = url;
    this.#address = address;
    this.#context = context;
    this.#duration = Number(context.setting("TimeBasedTestDuration")) * 1000;
    const count = Math.min(Number(context.setting("NumberOfConnections")), mostConnections);
    this.#connections = Array.from({ length: count }, () => new Connection());
  }

  async run(): Promise<TestOutcome> {
    const { setting, signal } = this.#context;
    const patience = AbortSignal.timeout(this.#duration > 0 ? this.#duration + longestTest : longestTest);
    const ending = AbortSignal.any([signal, patience, this.#ending.signal]);
    const endings = await Promise.all(this.#connections.map((connection) => this.#carry(connection, ending)));
    for (const connection of this.#connections) connection.stop();
    this.#stopClocks();
    const bad = endings.find((ending_) => ending_ !== "Complete");
    const state: Ending = patience.aborted ? "Error_Timeout" : (bad ?? "Complete");
    return transferOutcome(state, {
      direction: this.#direction,
      address: this.#address,
      connections: this.#connections.map(({ measure }) => measure).filter(({ opening }) => opening > 0),
      total: this.#total(),
      full: this.#full,
      samples: this.#samples,
      perConnection: setting("EnablePerConnectionResults") === "true",
    });
  }

  /** Carries one connection to its end. */
  #carry(connection: Connection, ending: AbortSignal): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    const { bound, setting } = this.#context;
    const six = this.#address.includes(":");
    const localAddress = six ? bound?.ipv6 : bound?.ipv4;
    const upload = this.#direction === "upload";
    const length = Number(setting("TestFileLength") || "0");
    const request = loadHttp().request({
      host: this.#address,
      port: this.#url.port || 80,
      path: this.#url.pathname + this.#url.search,
      method: upload ? "PUT" : "GET",
      agent: false,
      signal: ending,
      ...(localAddress === undefined ? {} : { localAddress }),
      headers: {
        Host: this.#url.host,
        "User-Agent": "Tonalite",
        "Accept-Encoding": "identity",
        ...(upload ? { "Content-Type": "application/octet-stream" } : {}),
        ...(upload && this.#duration === 0 ? { "Content-Length": String(length) } : {}),
      },
    });
    const finish = (how: Ending): void => {
      connection.end(wall());
      this.#noteEnd();
      // What is left of it would disturb the other connections' figures.
      request.destroy();
      resolve(how);
    };
    request.on("socket", (socket) => {
      connection.open(socket);
      socket.setTimeout(connectPatience, () => finish(silent(connection)));
      socket.on("connect", () => {
        socket.setTimeout(silence);
        connection.connect(wall());
        if (upload) this.#feed(request, connection, length);
        else request.end();
      });
    });
    request.on("response", (response) => this.#answer(response, connection, finish));
    request.on("error", (error) => finish(this.#timeUp ? "Complete" : failure(error, connection)));
    return promise;
  }

  #answer(response: IncomingMessage, connection: Connection, finish: (how: Ending) => void): void {
    const { headers, statusCode = 0 } = response;
    const good = statusCode >= 200 && statusCode < 300;
    if (statusCode === 401 || statusCode === 403) return finish("Error_LoginFailed");
    if (!good)
      return finish(this.#direction === "download" ? "Error_TransferFailed" : "Error_NoTransferComplete");
    if (this.#direction === "upload") return finish("Complete");
    const announced = Number(headers["content-length"] ?? NaN);
    response.on("data", (chunk: Buffer) => {
      if (connection.measure.bom === null) this.#begin(connection);
      connection.measure.testBytes += chunk.length;
      connection.measure.eom = wall();
    });
    response.on("end", () => {
      const short = !Number.isNaN(announced) && connection.measure.testBytes !== announced;
      finish(short ? "Error_IncorrectSize" : "Complete");
    });
    response.on("error", () => finish(this.#timeUp ? "Complete" : "Error_TransferFailed"));
    return undefined;
  }

  /** Sends the test file, or blocks until the time is up. */
  #feed(request: ClientRequest, connection: Connection, length: number): void {
    let left = this.#duration > 0 ? Infinity : length;
    const more = (): void => {
      while (left > 0 && !this.#timeUp) {
        const part = left >= block.length ? block : block.subarray(0, left);
        left -= part.length;
        if (connection.measure.bom === null) this.#begin(connection);
        connection.measure.testBytes += part.length;
        connection.measure.eom = wall();
        if (!request.write(part)) return;
      }
      request.end();
    };
    request.on("drain", more);
    more();
  }

  /** The first byte of a connection. */
  #begin(connection: Connection): void {
    const now = wall();
    connection.measure.bom = now;
    this.#before ??= interfaceCounts(connection.localAddress);
    if (this.#samples.length === 0) this.#startClocks();
    if (this.#connections.every(({ measure }) => measure.bom !== null)) this.#fullFrom = this.#counts(now);
  }

  #timers: NodeJS.Timeout[] = [];

  #startClocks(): void {
    const { setting } = this.#context;
    if (this.#duration > 0) this.#timers.push(setTimeout(() => this.#endTime(), this.#duration));
    const interval = Number(setting("TimeBasedTestMeasurementInterval")) * 1000;
    if (this.#duration === 0 || interval === 0) return;
    const offset = Number(setting("TimeBasedTestMeasurementOffset")) * 1000;
    const sample = (): void => {
      if (this.#samples.length < mostSamples) this.#samples.push(this.#counts(wall()));
    };
    const begin = (): void => {
      sample();
      this.#timers.push(setInterval(sample, interval));
    };
    if (offset === 0) begin();
    else this.#timers.push(setTimeout(begin, offset));
  }

  #stopClocks(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #endTime(): void {
    this.#timeUp = true;
    const now = wall();
    for (const { measure } of this.#connections) if (measure.bom !== null) measure.eom = now;
    // A download by time ends when its time is up, however much the server still has.
    this.#ending.abort();
  }

  #noteEnd(): void {
    if (this.#full === null && this.#fullFrom !== undefined)
      this.#full = { from: this.#fullFrom, to: this.#counts(wall()) };
  }

  #counts(at: number): TransferCounts {
    const counts = { at, test: 0, received: 0, sent: 0 };
    for (const connection of this.#connections) {
      const { received, sent } = connection.bytes();
      counts.test += connection.measure.testBytes;
      counts.received += received;
      counts.sent += sent;
    }
    return counts;
  }

  /** At the interface, so that other traffic of the house shows; of the connections where there is no such counter. */
  #total(): { received: number; sent: number } {
    const now = interfaceCounts(this.#connections[0]?.localAddress);
    if (this.#before !== undefined && now !== undefined)
      return { received: now.received - this.#before.received, sent: now.sent - this.#before.sent };
    return this.#counts(wall());
  }
}

/** One connection and what is measured of it. */
class Connection {
  readonly measure: ConnectionMeasure = {
    opening: 0,
    opened: 0,
    rom: null,
    bom: null,
    eom: null,
    testBytes: 0,
    received: 0,
    sent: 0,
  };
  #socket: Socket | undefined;
  localAddress: string | undefined;

  get connected(): boolean {
    return this.measure.opened > 0;
  }

  open(socket: Socket): void {
    this.#socket = socket;
    this.measure.opening = wall();
    this.measure.opened = 0;
  }

  connect(now: number): void {
    this.measure.opened = now;
    this.measure.rom = now;
    this.localAddress = this.#socket?.localAddress;
  }

  bytes(): { received: number; sent: number } {
    return { received: this.#socket?.bytesRead ?? 0, sent: this.#socket?.bytesWritten ?? 0 };
  }

  end(now: number): void {
    if (this.measure.bom !== null) this.measure.eom ??= now;
    const { received, sent } = this.bytes();
    this.measure.received = received;
    this.measure.sent = sent;
  }

  stop(): void {
    this.#socket?.destroy();
  }
}

/** A server that says no more. */
function silent({ connected, measure }: Connection): Ending {
  if (!connected) return "Error_InitConnectionFailed";
  return measure.bom === null ? "Error_NoResponse" : "Error_Timeout";
}

function failure(error: NodeJS.ErrnoException, { connected, measure }: Connection): Ending {
  if (error.code === "EHOSTUNREACH" || error.code === "ENETUNREACH") return "Error_NoRouteToHost";
  if (!connected) return "Error_InitConnectionFailed";
  return measure.bom === null ? "Error_NoResponse" : "Error_TransferFailed";
}

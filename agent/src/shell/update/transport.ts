import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { SecureContext } from "node:tls";
import { trusting } from "../net/authorities.ts";
import { Authentication, type Credentials } from "../net/authentication.ts";

/** What is asked of a file server: bytes from `start`, to `end` (inclusive) if given. */
export type RangeRequest = {
  url: string;
  start: number;
  end?: number;
  /** Only if the file is still this one (RFC 9110 §13.1.5); otherwise the whole file comes. */
  ifRange?: string;
  credentials?: Credentials;
  /** More requests to the same server follow at once: its connection is kept for them. */
  keep?: boolean;
  signal: AbortSignal;
};

/** The answer, its body not yet read. */
export type RangeReply = {
  status: number;
  etag: string | null;
  /** First byte that comes, and the size of the whole file where the server says it. */
  start: number;
  total: number | null;
  /** How long the server asks to be left alone (RFC 9110 §10.2.3), in milliseconds; null where it does not say. */
  retryAfterMs: number | null;
  body: AsyncIterable<Uint8Array>;
  /** False: the bytes are the box's own, and no line was burdened with them. */
  travelled?: boolean;
  /** Ends the connection; the body need not be read. */
  close(): void;
};

/** A server could not be asked, or broke off. What it answered is a {@link RangeReply}, whatever its status. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: "UNREACHABLE" | "UNSUPPORTED" | "BROKEN_OFF";
  constructor(code: TransportError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Fetches ranges of files. */
export interface Transport {
  open(request: RangeRequest): Promise<RangeReply>;
}

/** When a connection counts as dead; the download goes on from where it was. */
export type TransportLimits = {
  /** Silence, in milliseconds. */
  silenceMs: number;
  /** Until the whole head of an answer is there, in milliseconds. */
  answerMs: number;
  /** Least bytes of a body in each such time of waiting for them. */
  floor: { bytes: number; ms: number };
};

const usualLimits: TransportLimits = {
  silenceMs: 30_000,
  answerMs: 60_000,
  floor: { bytes: 1024, ms: 30_000 },
};
const maximumRedirects = 3;
// A connection that is kept for the next piece.
const idleMs = 5000;

/** What is known of the server that pieces are fetched from, one after the other. */
class KeptServer {
  readonly #certificates: readonly string[];
  readonly #agents = new Map<string, HttpAgent>();
  #trust: SecureContext | undefined;
  #authentication = new Authentication(() => this.#credentials);
  #credentials: Credentials = { username: "", password: "" };

  constructor(certificates: readonly string[]) {
    this.#certificates = certificates;
  }

  /** For https. */
  get trust(): { secureContext?: SecureContext } {
    if (this.#certificates.length === 0) return {};
    this.#trust ??= trusting(this.#certificates);
    return { secureContext: this.#trust };
  }

  /** One idle connection a scheme, and not for long: nobody pays for it when the pieces end. */
  agent(protocol: string): HttpAgent {
    const settings = { keepAlive: true, maxFreeSockets: 1, timeout: idleMs };
    const agent =
      this.#agents.get(protocol) ??
      (protocol === "https:" ? new HttpsAgent(settings) : new HttpAgent(settings));
    this.#agents.set(protocol, agent);
    return agent;
  }

  /** For these credentials: what a server asked for once is answered unasked from then on. */
  authentication(credentials: Credentials): Authentication {
    const { username, password } = this.#credentials;
    if (credentials.username !== username || credentials.password !== password) {
      this.#credentials = credentials;
      this.#authentication = new Authentication(() => this.#credentials);
    }
    return this.#authentication;
  }
}
/**
 * HTTP and HTTPS with digest or basic authentication and a few redirects; credentials stay with their own server.
 * @param certificates PEM of authorities to believe beside the system's
 */
export function createHttpTransport(
  limits: TransportLimits = usualLimits,
  certificates: readonly string[] = [],
): Transport {
  const server = new KeptServer(certificates);
  return { open: async (request) => await openUrl({ ...request, limits, server }, parseUrl(request.url), 0) };
}

type LimitedRequest = RangeRequest & { limits: TransportLimits; server: KeptServer };

async function openUrl(request: LimitedRequest, url: URL, redirects: number): Promise<RangeReply> {
  const { floor } = request.limits;
  const { credentials } = request;
  const target = { method: "GET", url };
  const authentication = credentials && request.server.authentication(credentials);
  const first = authentication?.header(target);
  let answer = await send(request, url, first);
  if (answer.statusCode === 401 && authentication) {
    const challenges = answer.headersDistinct["www-authenticate"] ?? [];
    const answerable = authentication.challenge(challenges, target, first !== undefined);
    answer.destroy();
    if (!answerable) return replyOf(answer, floor);
    answer = await send(request, url, authentication.header(target));
  }
  const { location } = answer.headers;
  if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0))
    return replyOf(answer, floor);
  answer.destroy();
  if (redirects === maximumRedirects)
    throw new TransportError("UNSUPPORTED", "the server redirects too often");
  const next = parseUrl(URL.parse(location, url.href)?.href ?? "");
  const { credentials: _kept, ...anonymous } = request;
  return await openUrl(next.origin === url.origin ? request : anonymous, next, redirects + 1);
}

async function send(
  request: LimitedRequest,
  url: URL,
  authorization: string | undefined,
): Promise<IncomingMessage> {
  const agent = request.keep === true ? request.server.agent(url.protocol) : false;
  try {
    return await sendOnce(request, url, authorization, agent);
  } catch (error) {
    // RFC 9112 §9.3.1: a kept connection may end just as it is used again; a fresh one tells.
    if (agent === false || request.signal.aborted) throw error;
    return await sendOnce(request, url, authorization, false);
  }
}

async function sendOnce(
  request: LimitedRequest,
  url: URL,
  authorization: string | undefined,
  agent: HttpAgent | false,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers: Record<string, string> = {
    range: `bytes=${request.start}-${request.end ?? ""}`,
    "accept-encoding": "identity",
  };
  if (request.ifRange !== undefined) headers["if-range"] = request.ifRange;
  if (authorization !== undefined) headers["authorization"] = authorization;
  const { limits } = request;
  const open = url.protocol === "https:" ? requestHttps : requestHttp;
  const outgoing = open(url, {
    headers,
    signal: request.signal,
    agent,
    timeout: limits.silenceMs,
    ...(url.protocol === "https:" ? request.server.trust : {}),
  });
  outgoing.on("timeout", () => outgoing.destroy(new Error("the server is silent")));
  // Bytes that drip in are no silence, and yet no answer.
  const patience = setTimeout(() => outgoing.destroy(new Error("it does not answer")), limits.answerMs);
  outgoing.on("response", resolve);
  outgoing.on("error", (cause) => {
    reject(new TransportError("UNREACHABLE", `${url.host} cannot be reached: ${cause.message}`, { cause }));
  });
  outgoing.end();
  try {
    return await promise;
  } finally {
    clearTimeout(patience);
  }
}

function replyOf(answer: IncomingMessage, floor: TransportLimits["floor"]): RangeReply {
  const status = answer.statusCode ?? 0;
  const range = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(answer.headers["content-range"] ?? "");
  const length = answer.headers["content-length"];
  const etag = answer.headers.etag;
  return {
    status,
    // A weak validator does not promise the same bytes.
    etag: etag !== undefined && etag.startsWith('"') && etag.length <= 256 ? etag : null,
    start: status === 206 ? Number(range?.[1] ?? Number.NaN) : 0,
    total: status === 206 ? sizeOf(range?.[2]) : sizeOf(length),
    retryAfterMs: pauseOf(answer.headers["retry-after"], answer.headers.date),
    body: bodyOf(answer, floor),
    close: () => answer.destroy(),
  };
}

// A body that drips is a dead connection too. What the reader takes its time for does not count.
async function* bodyOf(answer: IncomingMessage, floor: TransportLimits["floor"]): AsyncGenerator<Uint8Array> {
  const pieces = (answer as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let waited = 0;
  let got = 0;
  for (;;) {
    const asked = performance.now();
    const next = await pieces.next().catch((cause: unknown) => {
      throw new TransportError("BROKEN_OFF", "the connection broke off", { cause });
    });
    if (next.done) return;
    waited += performance.now() - asked;
    got += next.value.length;
    yield next.value;
    if (waited < floor.ms) continue;
    if (got < floor.bytes)
      throw new TransportError("BROKEN_OFF", `the server sent ${got} bytes in ${Math.round(waited)} ms`);
    waited = 0;
    got = 0;
  }
}

// The server's own clock dates its pause: the box's may not be set.
function pauseOf(text: string | undefined, date: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const pause = Date.parse(text) - Date.parse(date ?? "");
  return Number.isFinite(pause) ? Math.max(0, pause) : null;
}

function sizeOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw new TransportError("UNSUPPORTED", "the image's address is not an HTTP or HTTPS URL");
  // TR-069 A.4.1.5: credentials have their own arguments; in an address they would end up in logs.
  if (url.username !== "" || url.password !== "")
    throw new TransportError("UNSUPPORTED", "the image's address must not carry a user name or password");
  return url;
}

import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { Authentication, type Credentials } from "../net/authentication.ts";

/** What is asked of a file server: bytes from `start`, to `end` (inclusive) if given. */
export type RangeRequest = {
  url: string;
  start: number;
  end?: number;
  /** Only if the file is still this one (RFC 9110 §13.1.5); otherwise the whole file comes. */
  ifRange?: string;
  credentials?: Credentials;
  signal: AbortSignal;
};

/** The answer, its body not yet read. */
export type RangeReply = {
  status: number;
  etag: string | null;
  /** First byte that comes, and the size of the whole file where the server says it. */
  start: number;
  total: number | null;
  body: AsyncIterable<Uint8Array>;
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

// Silence longer than this is a dead connection; the download goes on from where it was.
const silenceMs = 30_000;
const maximumRedirects = 3;

/** HTTP and HTTPS with digest or basic authentication and a few redirects; credentials stay with their own server. */
export const httpTransport: Transport = {
  open: async (request) => await openUrl(request, parseUrl(request.url), 0),
};

async function openUrl(request: RangeRequest, url: URL, redirects: number): Promise<RangeReply> {
  let answer = await send(request, url, undefined);
  const { credentials } = request;
  if (answer.statusCode === 401 && credentials) {
    const challenges = answer.headersDistinct["www-authenticate"] ?? [];
    const authentication = new Authentication(() => credentials);
    const target = { method: "GET", url };
    const answerable = authentication.challenge(challenges, target, false);
    answer.destroy();
    if (!answerable) return replyOf(answer);
    answer = await send(request, url, authentication.header(target));
  }
  const { location } = answer.headers;
  if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0))
    return replyOf(answer);
  answer.destroy();
  if (redirects === maximumRedirects)
    throw new TransportError("UNSUPPORTED", "the server redirects too often");
  const next = parseUrl(new URL(location, url).href);
  const { credentials: _kept, ...anonymous } = request;
  return await openUrl(next.origin === url.origin ? request : anonymous, next, redirects + 1);
}

async function send(
  request: RangeRequest,
  url: URL,
  authorization: string | undefined,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers: Record<string, string> = {
    range: `bytes=${request.start}-${request.end ?? ""}`,
    "accept-encoding": "identity",
  };
  if (request.ifRange !== undefined) headers["if-range"] = request.ifRange;
  if (authorization !== undefined) headers["authorization"] = authorization;
  const open = url.protocol === "https:" ? requestHttps : requestHttp;
  const outgoing = open(url, { headers, signal: request.signal, agent: false, timeout: silenceMs });
  outgoing.on("timeout", () => outgoing.destroy(new Error("the server is silent")));
  outgoing.on("response", resolve);
  outgoing.on("error", (cause) => {
    reject(new TransportError("UNREACHABLE", `${url.host} cannot be reached: ${cause.message}`, { cause }));
  });
  outgoing.end();
  return await promise;
}

function replyOf(answer: IncomingMessage): RangeReply {
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
    body: bodyOf(answer),
    close: () => answer.destroy(),
  };
}

async function* bodyOf(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of answer as AsyncIterable<Buffer>) yield bytes;
  } catch (cause) {
    throw new TransportError("BROKEN_OFF", "the connection broke off", { cause });
  }
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

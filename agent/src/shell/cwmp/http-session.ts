import type { Agent, IncomingMessage } from "node:http";
import type { Authentication } from "../net/authentication.ts";
import { trusting, type TlsIdentity } from "../net/authorities.ts";
import { http, loadHttps, loadZlib } from "./builtin.ts";
import { Cookies } from "./cookies.ts";
import { CwmpTransportError } from "./errors.ts";

export type HttpSessionOptions = {
  url: string;
  authentication: Authentication;
  /** Milliseconds for one request with its answer. */
  timeout: number;
  /** Bytes of one answer. */
  maximumBytes: number;
  /** PEM certificates to trust beside the system's own, for https. */
  certificates?: readonly string[];
  /** What this device shows to a server that asks who it is, for https. */
  identity?: TlsIdentity;
  /** Whether requests are sent gzipped (TR-181 HTTPCompression). Answers are read either way. */
  compress?: boolean;
};
type Reply = { response: IncomingMessage; body: Buffer };

const maximumRedirects = 5;

/** The HTTP side of one CWMP session (TR-069 §3.4): one connection, its cookies, its credentials. */
export class HttpSession {
  #url: URL;
  readonly #options: HttpSessionOptions;
  readonly #cookies = new Cookies();
  /** One by protocol, made when it is needed: a redirect may lead from http to https. */
  readonly #agents = new Map<string, Agent>();
  readonly #ended = new AbortController();

  /** @throws CwmpTransportError BAD_URL */
  constructor(options: HttpSessionOptions) {
    this.#options = options;
    this.#url = webUrl(options.url);
  }

  /**
   * Posts one envelope, or nothing.
   * @returns the answer's body, empty for an empty answer
   * @throws CwmpTransportError
   */
  async post(envelope: string): Promise<Buffer> {
    const plain = Buffer.from(envelope, "utf8");
    const body = this.#options.compress === true && plain.length > 0 ? loadZlib().gzipSync(plain) : plain;
    let redirects = 0;
    let challenges = 0;
    for (;;) {
      const url = this.#url;
      const authorization = this.#options.authentication.header({ method: "POST", url, body });
      const { response, body: answer } = await this.#exchange(url, body, authorization);
      const { headers, statusCode = 0 } = response;
      this.#cookies.take(headers["set-cookie"] ?? [], url);
      this.#options.authentication.nextNonce(text(headers["authentication-info"]), url);
      if (statusCode === 200 || statusCode === 204)
        return unpacked(answer, text(headers["content-encoding"]), this.#options.maximumBytes);
      if (statusCode === 401) {
        const offered = distinct(response, "www-authenticate");
        const target = { method: "POST", url };
        const answered = authorization !== undefined;
        challenges += 1;
        if (challenges > 2 || !this.#options.authentication.challenge(offered, target, answered)) {
          throw new CwmpTransportError("CREDENTIALS_REFUSED", `${url.host} does not accept the credentials`);
        }
      } else if ([301, 302, 307, 308].includes(statusCode)) {
        redirects += 1;
        if (redirects > maximumRedirects) {
          throw new CwmpTransportError("TOO_MANY_REDIRECTS", `more than ${maximumRedirects} redirects`);
        }
        this.#url = redirected(url, headers.location);
        challenges = 0;
      } else
        throw new CwmpTransportError("HTTP_STATUS", `${url.host} answered with HTTP status ${statusCode}`, {
          status: statusCode,
        });
    }
  }

  /** Ends the connection; an exchange under way fails with CLOSED. */
  close(): void {
    this.#ended.abort();
    for (const agent of this.#agents.values()) agent.destroy();
  }

  async #exchange(url: URL, body: Buffer, authorization: string | undefined): Promise<Reply> {
    try {
      return await this.#request(url, body, authorization, false);
    } catch (error) {
      // The server closed the idle connection just as this request went out (RFC 9112 §9.3.1): ask once on a new one.
      if (!(error instanceof ReusedConnectionLost)) throw error;
      return await this.#request(url, body, authorization, true);
    }
  }

  #request(url: URL, body: Buffer, authorization: string | undefined, again: boolean): Promise<Reply> {
    const { maximumBytes, timeout } = this.#options;
    if (this.#ended.signal.aborted) throw new CwmpTransportError("CLOSED", "the session is closed");
    const { promise, reject, resolve } = Promise.withResolvers<Reply>();
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(timeout)]);
    const open = url.protocol === "https:" ? loadHttps().request : http.request;
    const request = open(url, {
      method: "POST",
      agent: this.#agent(url.protocol),
      headers: this.#headers(url, body, authorization),
      signal,
    });
    const fail = (error: Error): void => {
      if (this.#ended.signal.aborted) reject(new CwmpTransportError("CLOSED", "the session is closed"));
      else if (signal.aborted)
        reject(new CwmpTransportError("TIMED_OUT", `${url.host} did not answer in ${timeout} ms`));
      else if (error instanceof CwmpTransportError) reject(error);
      else if (request.reusedSocket && !again && isReset(error)) reject(new ReusedConnectionLost());
      else reject(new CwmpTransportError("UNREACHABLE", `${url.host}: ${error.message}`, { cause: error }));
    };
    request.on("error", fail);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
        chunks.push(chunk);
        if (length <= maximumBytes) return;
        // Not destroy(error): a request whose answer is complete has no listener left for it.
        fail(new CwmpTransportError("TOO_LARGE", `an answer of more than ${maximumBytes} bytes`));
        request.destroy();
      });
      response.on("end", () => resolve({ response, body: Buffer.concat(chunks) }));
      response.on("error", fail);
    });
    request.end(body);
    return promise;
  }

  #agent(protocol: string): Agent {
    const known = this.#agents.get(protocol);
    if (known !== undefined) return known;
    const { certificates, identity } = this.#options;
    const options = { keepAlive: true, maxSockets: 1 };
    const agent =
      protocol === "https:"
        ? new (loadHttps().Agent)({
            ...options,
            ...(certificates === undefined && identity === undefined
              ? {}
              : { secureContext: trusting(certificates ?? [], identity) }),
          })
        : new http.Agent(options);
    this.#agents.set(protocol, agent);
    return agent;
  }

  /** TR-069 §3.4.1 and §3.4.4: an empty POST has neither a content type nor a SOAPAction. */
  #headers(url: URL, body: Buffer, authorization: string | undefined): Record<string, string> {
    const cookie = this.#cookies.header(url);
    return {
      "Content-Length": String(body.length),
      "User-Agent": "Tonalite",
      "Accept-Encoding": "gzip",
      ...(this.#options.compress === true && body.length > 0 ? { "Content-Encoding": "gzip" } : {}),
      ...(body.length > 0 ? { "Content-Type": 'text/xml; charset="utf-8"', SOAPAction: '""' } : {}),
      ...(authorization === undefined ? {} : { Authorization: authorization }),
      ...(cookie === undefined ? {} : { Cookie: cookie }),
    };
  }
}

/** An answer's plain bytes; what unpacks to more than is read of any answer is refused before it is unpacked. */
function unpacked(body: Buffer, coding: string | undefined, maximumBytes: number): Buffer {
  const name = coding?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity" || body.length === 0) return body;
  if (name !== "gzip" && name !== "x-gzip")
    throw new CwmpTransportError("BAD_ENCODING", `an answer in the unknown encoding ${name.slice(0, 32)}`);
  try {
    return loadZlib().gunzipSync(body, { maxOutputLength: maximumBytes });
  } catch (cause) {
    const tooLarge = cause instanceof RangeError;
    throw new CwmpTransportError(
      tooLarge ? "TOO_LARGE" : "BAD_ENCODING",
      tooLarge ? `an answer of more than ${maximumBytes} bytes` : "an answer whose gzip is damaged",
      { cause },
    );
  }
}

/** The far end dropped a kept connection before it read this request. */
class ReusedConnectionLost extends Error {}

const isReset = (error: Error): boolean =>
  "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");

const text = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(", ") : header;

const distinct = (response: IncomingMessage, name: string): string[] => response.headersDistinct[name] ?? [];

function webUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new CwmpTransportError("BAD_URL", "the URL of the ACS is not an http or https URL");
  }
  url.hash = "";
  // Credentials in a URL would travel to wherever a redirect points.
  url.username = "";
  url.password = "";
  return url;
}

function redirected(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw new CwmpTransportError("BAD_REDIRECT", `${from.host} redirects without saying where`);
  }
  const to = webUrl(new URL(location, from.href).href);
  if (from.protocol === "https:" && to.protocol !== "https:") {
    throw new CwmpTransportError("BAD_REDIRECT", `${from.host} redirects away from TLS`);
  }
  return to;
}

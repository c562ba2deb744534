import type { IncomingMessage } from "node:http";
import type { Refusal } from "../../core/cwmp/index.ts";
import { Authentication } from "../net/authentication.ts";
import { http, loadHttps, loadTls } from "./builtin.ts";

export type PutOptions = {
  url: string;
  username: string;
  password: string;
  body: Buffer;
  contentType: string;
  /** Milliseconds for one request with its answer. */
  timeout: number;
  /** PEM certificates to trust beside the system's own, for https. */
  certificates?: readonly string[];
  /** Ends the transfer. */
  signal: AbortSignal;
};

const maximumRedirects = 5;
const fault = (faultCode: number, faultString: string): Refusal => ({ faultCode, faultString });

/**
 * Brings a file to a server with HTTP PUT (TR-069 A.4.1.5), answering Digest and, where it is safe, Basic.
 * @returns why it failed, with a code of TR-069 A.5.1; undefined when the server has it
 */
export async function putFile(options: PutOptions): Promise<Refusal | undefined> {
  const { password, username } = options;
  const authentication = new Authentication(() => ({ username, password }));
  let url = new URL(options.url);
  let redirects = 0;
  for (let challenges = 0; challenges <= 2;) {
    const target = { method: "PUT", url };
    const authorization = authentication.header(target);
    let response: IncomingMessage;
    try {
      response = await put(url, options, authorization);
    } catch (error) {
      return fault(
        9015,
        `${url.host} cannot be reached: ${error instanceof Error ? error.message : "error"}`,
      );
    }
    const { headers, statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return undefined;
    if (statusCode === 401) {
      challenges += 1;
      const offered = response.headersDistinct["www-authenticate"] ?? [];
      if (!authentication.challenge(offered, target, authorization !== undefined)) break;
    } else if ([301, 302, 307, 308].includes(statusCode)) {
      const next = URL.parse(headers.location ?? "", url.href);
      redirects += 1;
      const safe = next?.protocol === "https:" || (next?.protocol === "http:" && url.protocol === "http:");
      if (redirects > maximumRedirects || next === null || !safe)
        return fault(9011, `${url.host} redirects where the file cannot go`);
      url = next;
    } else return fault(9011, `${url.host} answered with HTTP status ${statusCode}`);
  }
  return fault(9012, `${url.host} does not accept the credentials`);
}

function put(
  url: URL,
  { body, certificates, contentType, signal, timeout }: PutOptions,
  authorization: string | undefined,
): Promise<IncomingMessage> {
  const { promise, reject, resolve } = Promise.withResolvers<IncomingMessage>();
  const secure = url.protocol === "https:";
  const trust = secure && certificates !== undefined;
  const open = secure ? loadHttps().request : http.request;
  const request = open(url, {
    method: "PUT",
    // A connection of its own: files come rarely.
    agent: false,
    headers: {
      "Content-Type": contentType,
      "Content-Length": String(body.length),
      "User-Agent": "Tonalite",
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    ...(trust ? { ca: [...loadTls().getCACertificates(), ...certificates] } : {}),
  });
  request.on("error", reject);
  request.on("response", (response) => {
    // What the server says beside the status does not matter, and is not kept.
    response.resume();
    resolve(response);
    response.on("error", () => undefined);
  });
  request.end(body);
  return promise;
}

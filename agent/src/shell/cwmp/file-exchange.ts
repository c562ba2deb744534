import type { IncomingMessage } from "node:http";
import type { Refusal } from "../../core/cwmp/index.ts";
import { Authentication } from "../net/authentication.ts";
import { trusting } from "../net/authorities.ts";
import { http, loadHttps } from "./builtin.ts";

export type FileOptions = {
  url: string;
  username: string;
  password: string;
  /** Milliseconds for one request with its answer. */
  timeout: number;
  /** PEM certificates to trust beside the system's own, for https. */
  certificates?: readonly string[];
  /** Ends the transfer. */
  signal: AbortSignal;
};
export type PutOptions = FileOptions & { body: Buffer; contentType: string };
/** `maximumBytes`: what is longer is not read. */
export type GetOptions = FileOptions & { maximumBytes: number };

type Exchange = FileOptions & {
  method: "PUT" | "GET";
  file?: { body: Buffer; contentType: string };
  maximumBytes: number;
  /** The fault of a server that says no. */
  refused: 9011 | 9016;
};

const maximumRedirects = 5;
const fault = (faultCode: number, faultString: string): Refusal => ({ faultCode, faultString });

/**
 * Brings a file to a server with HTTP PUT (TR-069 A.4.1.5).
 * @returns why it failed, with a code of TR-069 A.5.1; undefined when the server has it
 */
export async function putFile({ body, contentType, ...options }: PutOptions): Promise<Refusal | undefined> {
  const done = await exchange({
    ...options,
    method: "PUT",
    file: { body, contentType },
    maximumBytes: 0,
    refused: 9011,
  });
  return "faultCode" in done ? done : undefined;
}

/** Fetches a small file (TR-069 A.3.2.8): its bytes, or why not, with a code of TR-069 A.5.1. */
export const getFile = (options: GetOptions): Promise<Refusal | { body: Buffer }> =>
  exchange({ ...options, method: "GET", refused: 9016 });

/** One file one way, answering Digest and, where it is safe, Basic; credentials stay with the server they are for. */
async function exchange(options: Exchange): Promise<Refusal | { body: Buffer }> {
  const { method, password, username } = options;
  const authentication = new Authentication(() => ({ username, password }));
  let url = new URL(options.url);
  const { origin } = url;
  let redirects = 0;
  for (let challenges = 0; challenges <= 2;) {
    const target = { method, url, ...(options.file === undefined ? {} : { body: options.file.body }) };
    const authorization = authentication.header(target);
    let answer: Answer;
    try {
      answer = await send(url, options, authorization);
    } catch (error) {
      if (error instanceof Broken) return fault(9017, `${url.host}: ${error.message}`);
      return fault(
        9015,
        `${url.host} cannot be reached: ${error instanceof Error ? error.message : "error"}`,
      );
    }
    const { headers, headersDistinct, statusCode = 0 } = answer.response;
    if (statusCode >= 200 && statusCode < 300) return { body: answer.body };
    if (statusCode === 401) {
      challenges += 1;
      const offered = headersDistinct["www-authenticate"] ?? [];
      if (url.origin !== origin || !authentication.challenge(offered, target, authorization !== undefined))
        break;
    } else if ([301, 302, 307, 308].includes(statusCode)) {
      const next = URL.parse(headers.location ?? "", url.href);
      redirects += 1;
      const safe = next?.protocol === "https:" || (next?.protocol === "http:" && url.protocol === "http:");
      if (redirects > maximumRedirects || next === null || !safe)
        return fault(options.refused, `${url.host} redirects where the file cannot go`);
      url = next;
    } else return fault(options.refused, `${url.host} answered with HTTP status ${statusCode}`);
  }
  return fault(9012, `${url.host} does not accept the credentials`);
}

type Answer = { response: IncomingMessage; body: Buffer };

/** A file that began to come and did not end well. */
class Broken extends Error {}

function send(url: URL, options: Exchange, authorization: string | undefined): Promise<Answer> {
  const { certificates, file, maximumBytes, method, signal, timeout } = options;
  const { promise, reject, resolve } = Promise.withResolvers<Answer>();
  const secure = url.protocol === "https:";
  const trust = secure && certificates !== undefined;
  const open = secure ? loadHttps().request : http.request;
  const request = open(url, {
    method,
    // A connection of its own: files come rarely.
    agent: false,
    headers: {
      "User-Agent": "Tonalite",
      "Accept-Encoding": "identity",
      ...(file === undefined
        ? {}
        : { "Content-Type": file.contentType, "Content-Length": String(file.body.length) }),
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    ...(trust ? { secureContext: trusting(certificates) } : {}),
  });
  request.on("error", reject);
  request.on("response", (response) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on("error", () => reject(new Broken("the transfer broke off")));
    response.on("end", () => resolve({ response, body: Buffer.concat(chunks) }));
    const { statusCode = 0 } = response;
    if (method === "PUT" || statusCode < 200 || statusCode >= 300) {
      // What the server says beside the status does not matter, and is not kept.
      response.resume();
      resolve({ response, body: Buffer.alloc(0) });
      return;
    }
    response.on("data", (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= maximumBytes) return;
      reject(new Broken(`the file is longer than ${maximumBytes} bytes`));
      request.destroy();
    });
  });
  request.end(file?.body);
  return promise;
}

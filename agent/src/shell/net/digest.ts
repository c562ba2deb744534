import { createHash } from "node:crypto";

/** RFC 7616 and RFC 2617 hash functions, by their name on the wire; "-sess" hashes the nonces into the secret. */
const hashNames: Readonly<Record<string, string>> = {
  MD5: "md5",
  "MD5-SESS": "md5",
  "SHA-256": "sha256",
  "SHA-256-SESS": "sha256",
};

export type Challenge = { scheme: string; fields: ReadonlyMap<string, string> };

/** What a Digest answer is computed from; `nc` counts requests under one nonce from 1. */
export type DigestInput = {
  algorithm: string;
  username: string;
  password: string;
  realm: string;
  nonce: string;
  method: string;
  uri: string;
  /** Absent: the answer of RFC 2069, for servers that offer no qop. `body` protects that too ("auth-int"). */
  protection?: { nc: number; cnonce: string; body?: Uint8Array };
};

/** The algorithm's name in upper case, or undefined when this device does not speak it. */
export function digestAlgorithm(challenge: Challenge): string | undefined {
  const name = (challenge.fields.get("algorithm") ?? "MD5").toUpperCase();
  return hashNames[name] === undefined ? undefined : name;
}

/** The name as RFC 7616 §3.3 writes it. */
export const algorithmToken = (algorithm: string): string => algorithm.replace("-SESS", "-sess");

/** RFC 7616 §3.4.1 response, as lower-case hexadecimal. */
export function digestResponse(input: DigestInput): string {
  const { algorithm, method, nonce, password, protection, realm, uri, username } = input;
  const hash = (text: string | Uint8Array): string =>
    createHash(hashNames[algorithm] ?? "md5")
      .update(text)
      .digest("hex");
  const own = hash(`${username}:${realm}:${password}`);
  const secret = algorithm.endsWith("-SESS") ? hash(`${own}:${nonce}:${protection?.cnonce ?? ""}`) : own;
  if (protection === undefined) return hash(`${secret}:${nonce}:${hash(`${method}:${uri}`)}`);
  const { body, cnonce, nc } = protection;
  const qop = body === undefined ? "auth" : "auth-int";
  const subject = body === undefined ? `${method}:${uri}` : `${method}:${uri}:${hash(body)}`;
  return hash(`${secret}:${nonce}:${nonceCount(nc)}:${cnonce}:${qop}:${hash(subject)}`);
}

/** Eight hexadecimal digits (RFC 7616 §3.4). */
export const nonceCount = (nc: number): string => nc.toString(16).padStart(8, "0");

/** `"text"` with its quotes escaped. */
export const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

/** Reads WWW-Authenticate or Authorization values: several headers, or several challenges in one (RFC 9110 §11.6.1). */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  const challenges: { scheme: string; fields: Map<string, string> }[] = [];
  for (const header of headers) {
    // A scheme stands before white space or the end; anything followed by "=" is a field of the scheme before it.
    const parts = /([A-Za-z\d-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))|([A-Za-z][A-Za-z\d-]*)/g;
    for (const [, name, inQuotes, bare, scheme] of header.slice(0, maximumHeader).matchAll(parts)) {
      if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), fields: new Map() });
      else if (name !== undefined) {
        challenges.at(-1)?.fields.set(name.toLowerCase(), inQuotes?.replaceAll(/\\(.)/g, "$1") ?? bare ?? "");
      }
    }
  }
  return challenges;
}
const maximumHeader = 4096;

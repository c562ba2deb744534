import { hash, timingSafeEqual } from "node:crypto";
import { cwmpRealm } from "../secrets/credentials.ts";
import type { StoredHa1 } from "../store/schema.ts";
import { createNonceIssuer, type NonceIssuer } from "./nonce.ts";

/** The fields of an `Authorization: Digest` header (RFC 7616 §3.4). */
export type DigestCredentials = {
  username: string;
  nonce: string;
  uri: string;
  response: string;
  qop: string | undefined;
  nc: string | undefined;
  cnonce: string | undefined;
};

/** `stale`: right secret, but the nonce is spent or too old; the client should try again with the new one. */
export type DigestVerdict = "ok" | "stale" | "wrong";

export type DigestGuard = {
  /** Values of the `WWW-Authenticate` headers, the stronger algorithm first (RFC 7616 §3.7). */
  challenge(stale: boolean): string[];
  verify(credentials: DigestCredentials, ha1: StoredHa1, method: string, target: string): DigestVerdict;
};

/** @returns undefined for anything that is not a complete digest header of a sensible size */
export function readDigest(header: string | undefined): DigestCredentials | undefined {
  if (header === undefined || header.length > 4096 || !/^digest\s/i.test(header)) return undefined;
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [, name, quoted, bare] of header
    .slice(7)
    .matchAll(/([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gi))
    fields[name?.toLowerCase() ?? ""] = quoted?.replaceAll(/\\(.)/g, "$1") ?? bare ?? "";
  const { username, nonce, uri, response } = fields;
  if (!username || !nonce || uri === undefined || !response) return undefined;
  return { username, nonce, uri, response, qop: fields["qop"], nc: fields["nc"], cnonce: fields["cnonce"] };
}

/** HTTP digest authentication with bounded memory (see `nonce.ts`). */
export function createDigestGuard(nonces: NonceIssuer = createNonceIssuer()): DigestGuard {
  return {
    challenge(stale) {
      const nonce = nonces.issue();
      return ["SHA-256", "MD5"].map(
        (algorithm) =>
          `Digest realm="${cwmpRealm}", qop="auth", algorithm=${algorithm}, nonce="${nonce}"${stale ? ", stale=true" : ""}`,
      );
    },
    verify(credentials, ha1, method, target) {
      if (!sameTarget(credentials.uri, target)) return "wrong";
      const { nonce, qop, nc, cnonce } = credentials;
      let count: number | undefined;
      if (qop !== undefined) {
        if (qop !== "auth" || cnonce === undefined || !nc || !/^[0-9a-f]{1,8}$/i.test(nc)) return "wrong";
        count = Number.parseInt(nc, 16);
        if (count === 0) return "wrong";
      }
      // Old devices answer with MD5 whatever the header names: the length of the answer tells which it is.
      const algorithm = credentials.response.length === 64 ? "sha256" : "md5";
      const ha2 = hash(algorithm, `${method}:${credentials.uri}`);
      const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`;
      const expected = hash(algorithm, `${ha1[algorithm]}:${middle}:${ha2}`);
      if (!sameText(expected, credentials.response.toLowerCase())) return "wrong";
      // Only who knows the secret may spend a nonce; a forged one comes from an ACS before its restart.
      return nonces.spend(nonce, count) === "fresh" ? "ok" : "stale";
    },
  };
}

/** The header's `uri` is the request's target; some clients write it absolute, or leave an empty path empty. */
function sameTarget(uri: string, target: string): boolean {
  if (uri === target || (uri === "" && target === "/")) return true;
  if (!/^https?:\/\//i.test(uri)) return false;
  const parsed = URL.parse(uri);
  return parsed !== null && parsed.pathname + parsed.search === target;
}

function sameText(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

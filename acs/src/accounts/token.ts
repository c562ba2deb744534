import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const prefix = "tnl_";
const shape = /^tnl_[\w-]{43}$/;

/** A new API token: 256 random bits behind a prefix by which leak scanners find it. */
export function issueToken(): string {
  return prefix + randomBytes(32).toString("base64url");
}

/** What is stored of a token: SHA-256, hexadecimal. A slow hash protects guessable secrets; this one has 256 bits. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

export function isToken(text: string): boolean {
  return shape.test(text);
}

/** Compares two stored hashes in constant time. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a, "hex");
  const right = Buffer.from(b, "hex");
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The token of an `Authorization: Bearer …` header (RFC 6750, section 2.1), or undefined. */
export function bearerToken(header: string | undefined): string | undefined {
  const match = /^Bearer +([\w.~+/-]+=*)$/i.exec(header ?? "");
  return match?.[1];
}

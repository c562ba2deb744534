import { createHash, randomBytes } from "node:crypto";

export type Credentials = { username: string; password: string };

/**
 * The Authorization that answers a 401: Digest (RFC 7616, MD5 or SHA-256, qop auth or none) before Basic (RFC 7617).
 * @param challenges all WWW-Authenticate header values of the answer
 * @returns undefined when none of them can be answered
 */
export function authorize(
  challenges: readonly string[],
  request: { method: string; path: string },
  credentials: Credentials,
): string | undefined {
  const parsed = challenges.flatMap(splitChallenges);
  for (const { scheme, fields } of parsed) {
    if (scheme !== "digest") continue;
    const answer = digest(fields, request, credentials);
    if (answer !== undefined) return answer;
  }
  if (!parsed.some(({ scheme }) => scheme === "basic")) return undefined;
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
}

type Fields = Map<string, string>;

function digest(
  fields: Fields,
  request: { method: string; path: string },
  credentials: Credentials,
): string | undefined {
  const algorithm = fields.get("algorithm") ?? "MD5";
  const hashName = { MD5: "md5", "SHA-256": "sha256" }[algorithm.toUpperCase()];
  const realm = fields.get("realm") ?? "";
  const nonce = fields.get("nonce");
  const qop = fields.get("qop");
  const plain = qop === undefined;
  if (hashName === undefined || nonce === undefined) return undefined;
  if (!plain && !qop.split(",").some((name) => name.trim() === "auth")) return undefined;
  const hash = (text: string): string => createHash(hashName).update(text).digest("hex");
  const secret = hash(`${credentials.username}:${realm}:${credentials.password}`);
  const subject = hash(`${request.method}:${request.path}`);
  const cnonce = randomBytes(12).toString("hex");
  const response = plain
    ? hash(`${secret}:${nonce}:${subject}`)
    : hash(`${secret}:${nonce}:00000001:${cnonce}:auth:${subject}`);
  const parts = [
    `username=${quote(credentials.username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(request.path)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
  ];
  if (!plain) parts.push("qop=auth", "nc=00000001", `cnonce="${cnonce}"`);
  const opaque = fields.get("opaque");
  if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
  return `Digest ${parts.join(", ")}`;
}

function splitChallenges(header: string): { scheme: string; fields: Fields }[] {
  const found: { scheme: string; fields: Fields }[] = [];
  // Either a scheme name, or a field of the scheme before it (RFC 9110 §11.6.1); bounded by the header's own limit.
  const token =
    /\s*,?\s*(?:([A-Za-z0-9-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))|([A-Za-z0-9-]+)(?=\s|,|$))/y;
  for (let match = token.exec(header); match && match[0] !== ""; match = token.exec(header)) {
    const [, name, quoted, bare, scheme] = match;
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), fields: new Map() });
    else if (name !== undefined)
      found.at(-1)?.fields.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? bare ?? "");
  }
  return found;
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

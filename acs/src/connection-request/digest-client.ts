import { hash, randomBytes } from "node:crypto";

const algorithms: Record<string, "md5" | "sha256"> = { md5: "md5", "sha-256": "sha256" };

/**
 * The Authorization header for the strongest challenge that we can answer (RFC 7616 §3.4).
 * @param challenges values of the WWW-Authenticate headers
 * @returns undefined when there is none
 */
export function answerChallenge(
  challenges: readonly string[],
  account: { username: string; password: string },
  method: string,
  uri: string,
): string | undefined {
  const offers = challenges.flatMap(readChallenges);
  const usable = offers.flatMap((fields) => {
    const algorithm = algorithms[(fields["algorithm"] ?? "MD5").toLowerCase()];
    const qops = fields["qop"]?.split(",").map((word) => word.trim());
    return algorithm && fields["nonce"] !== undefined && (!qops || qops.includes("auth"))
      ? [{ fields, algorithm, qop: qops !== undefined }]
      : [];
  });
  const offer = usable.find(({ algorithm }) => algorithm === "sha256") ?? usable[0];
  if (!offer) return undefined;
  const { fields, algorithm } = offer;
  const { realm = "", nonce = "", opaque } = fields;
  const ha1 = hash(algorithm, `${account.username}:${realm}:${account.password}`);
  const ha2 = hash(algorithm, `${method}:${uri}`);
  const cnonce = randomBytes(12).toString("hex");
  const nc = "00000001";
  const response = hash(
    algorithm,
    offer.qop ? `${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}` : `${ha1}:${nonce}:${ha2}`,
  );
  const parts = [
    `username=${quote(account.username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
  ];
  if (fields["algorithm"] !== undefined) parts.push(`algorithm=${algorithm === "md5" ? "MD5" : "SHA-256"}`);
  if (offer.qop) parts.push("qop=auth", `nc=${nc}`, `cnonce="${cnonce}"`);
  if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
  return `Digest ${parts.join(", ")}`;
}

const quote = (text: string): string => `"${text.replaceAll(/[\\"]/g, "\\$&")}"`;

/** A header may hold several challenges, of which only digests count. */
function readChallenges(header: string): Record<string, string>[] {
  return header
    .slice(0, 8192)
    .split(/(?:^|,)\s*(?=[A-Za-z][\w-]*\s+[A-Za-z]+\s*=)/)
    .filter((part) => /^digest\s/i.test(part.trim()))
    .map((part) => {
      const fields: Record<string, string> = {};
      for (const [, name, quoted, bare] of part
        .trim()
        .slice(6)
        .matchAll(/([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gi))
        fields[name?.toLowerCase() ?? ""] = quoted?.replaceAll(/\\(.)/g, "$1") ?? bare ?? "";
      return fields;
    });
}

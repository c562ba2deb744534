import { randomBytes } from "node:crypto";
import {
  algorithmToken,
  type Challenge,
  digestAlgorithm,
  digestResponse,
  nonceCount,
  parseChallenges,
  quoted,
} from "./digest.ts";

export type Credentials = { username: string; password: string };
/** `body` is what the request carries, for servers that want it protected. */
type Target = { method: string; url: URL; body?: Uint8Array };
type Qop = "auth" | "auth-int" | undefined;

/** The challenge in force at one server. */
type Known =
  | { scheme: "basic" }
  | {
      scheme: "digest";
      algorithm: string;
      realm: string;
      nonce: string;
      opaque?: string;
      qop: Qop;
      nc: number;
    };

/**
 * Answers HTTP challenges, and from then on speaks first: a nonce that is known spares a round trip at every request
 * and in the next session. One per ACS; credentials are asked for at each use, so a change holds at once.
 */
export class Authentication {
  readonly #credentials: () => Credentials;
  readonly #known = new Map<string, Known>();

  constructor(credentials: () => Credentials) {
    this.#credentials = credentials;
  }

  /** The Authorization header of a request, when a challenge of that server is known. */
  header(target: Target): string | undefined {
    const known = this.#known.get(target.url.origin);
    if (known === undefined) return undefined;
    const { username, password } = this.#credentials();
    if (known.scheme === "basic") return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    known.nc += 1;
    const cnonce = randomBytes(12).toString("hex");
    const uri = target.url.pathname + target.url.search;
    const response = digestResponse({
      ...known,
      username,
      password,
      method: target.method,
      uri,
      ...(known.qop === undefined
        ? {}
        : { protection: { nc: known.nc, cnonce, ...covered(known.qop, target) } }),
    });
    const { algorithm, nc, nonce, opaque, qop, realm } = known;
    const parts = [
      `username=${quoted(username)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(uri)}`,
      `response="${response}"`,
      `algorithm=${algorithmToken(algorithm)}`,
    ];
    if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${nonceCount(nc)}`, `cnonce="${cnonce}"`);
    if (opaque !== undefined) parts.push(`opaque=${quoted(opaque)}`);
    return `Digest ${parts.join(", ")}`;
  }

  /**
   * Takes the challenge of a 401. False when it cannot or must not be answered, or when it refuses the credentials
   * that were just sent (a stale nonce is no refusal).
   */
  challenge(headers: readonly string[], target: Target, answered: boolean): boolean {
    const { origin } = target.url;
    const challenges = parseChallenges(headers);
    const digest = strongest(challenges);
    if (digest !== undefined) {
      const { fields } = digest.challenge;
      const before = this.#known.get(origin);
      const nonce = fields.get("nonce") ?? "";
      // A server that forgot its nonces after a restart often says neither stale nor anything else; one more try with
      // its new nonce is cheap, and the caller allows only one.
      const fresh = before?.scheme === "digest" && before.nonce !== nonce && before.nc > 1;
      if (answered && fields.get("stale")?.toLowerCase() !== "true" && !fresh) return false;
      const opaque = fields.get("opaque");
      this.#known.set(origin, {
        scheme: "digest",
        algorithm: digest.algorithm,
        realm: fields.get("realm") ?? "",
        nonce,
        ...(opaque === undefined ? {} : { opaque }),
        qop: protectionOf(digest.challenge) ?? undefined,
        nc: 0,
      });
      return true;
    }
    if (answered || !challenges.some(({ scheme }) => scheme === "basic") || !isPrivate(target.url))
      return false;
    this.#known.set(origin, { scheme: "basic" });
    return true;
  }

  /** Authentication-Info (RFC 7616 §3.5): the server prefers another nonce from now on. */
  nextNonce(header: string | undefined, url: URL): void {
    const known = this.#known.get(url.origin);
    if (header === undefined || known?.scheme !== "digest") return;
    const [info] = parseChallenges([`Digest ${header}`]);
    const nonce = info?.fields.get("nextnonce");
    if (nonce !== undefined) Object.assign(known, { nonce, nc: 0 });
  }
}

const covered = (qop: Qop, { body = new Uint8Array() }: Target): { body?: Uint8Array } =>
  qop === "auth-int" ? { body } : {};

/** The kind of protection a challenge is answered with: null when it asks for one that is not known. */
function protectionOf({ fields }: Challenge): Qop | null {
  const offered = fields
    .get("qop")
    ?.split(",")
    .map((name) => name.trim().toLowerCase());
  if (offered === undefined) return undefined;
  if (offered.includes("auth")) return "auth";
  return offered.includes("auth-int") ? "auth-int" : null;
}

/** SHA-256 before MD5, a session's key before none; "-sess" without qop is not defined well enough to be answered. */
function strongest(
  challenges: readonly Challenge[],
): { challenge: Challenge; algorithm: string } | undefined {
  const answerable = challenges.flatMap((challenge) => {
    const algorithm = digestAlgorithm(challenge);
    const qop = protectionOf(challenge);
    if (challenge.scheme !== "digest" || algorithm === undefined || qop === null) return [];
    if (qop === undefined && algorithm.endsWith("-SESS")) return [];
    return challenge.fields.has("nonce") ? [{ challenge, algorithm }] : [];
  });
  return answerable.find(({ algorithm }) => algorithm.startsWith("SHA-256")) ?? answerable[0];
}

/** TR-069 §3.4.5: without TLS only Digest, for Basic shows the password; to this same machine nothing is shown. */
const isPrivate = (url: URL): boolean =>
  url.protocol === "https:" || ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);

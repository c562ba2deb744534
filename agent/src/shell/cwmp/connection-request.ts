import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Credentials } from "../net/authentication.ts";
import { http } from "./builtin.ts";
import type { CwmpClock, CwmpLog } from "./clock.ts";
import type { KnockLimit } from "./knock-limit.ts";
import { digestResponse, parseChallenges } from "../net/digest.ts";

export type ConnectionRequestOptions = {
  /** Address to listen on; "0.0.0.0" is every one. */
  host: string;
  /** 0 lets the kernel choose. */
  port: number;
  credentials: () => Credentials;
  /** While false nobody is answered (TR-181 HTTPConnectionRequestEnable). */
  isOpen: () => boolean;
  onRequest: () => void;
  /** Shared by all doors. */
  limit: KnockLimit;
  clock: CwmpClock;
  log: CwmpLog;
};

const realm = "Tonalite connection request";
const nonceLifetime = 60_000;

/**
 * Lets the ACS ask for a session (TR-069 §3.2.2): an authenticated GET of a path nobody can guess, answered at once with
 * 200 and no body. A nonce lives a minute and serves once. MD5 is what TR-069 prescribes and what every ACS speaks.
 */
export class ConnectionRequestServer {
  readonly #options: ConnectionRequestOptions;
  readonly #server: Server;
  readonly #path = `/${randomBytes(16).toString("hex")}`;
  readonly #nonceKey = randomBytes(32);
  readonly #spent = new Map<string, number>();
  constructor(options: ConnectionRequestOptions) {
    this.#options = options;
    this.#server = http.createServer(
      { keepAlive: false, headersTimeout: 5000, requestTimeout: 5000, maxHeaderSize: 8192 },
      (request, response) => this.#serve(request, response),
    );
    // More than a few callers at once is an attack; a box has little memory.
    this.#server.maxConnections = 16;
    this.#server.on("clientError", (_error, socket) => socket.destroy());
  }

  /** Starts listening; fails with the system's error when the port is taken. */
  async listen(): Promise<void> {
    const { promise, reject, resolve } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(this.#options.port, this.#options.host, resolve);
    await promise;
    this.#server.off("error", reject);
    this.#server.on("error", (error) =>
      this.#options.log.error({ error }, "cwmp: connection request server"),
    );
    this.#server.unref();
  }

  /** The URL for Device.ManagementServer.ConnectionRequestURL, through an address of this device. */
  url(address: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${address.includes(":") ? `[${address}]` : address}:${port}${this.#path}`;
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const end = (status: number, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { "Content-Length": "0", Connection: "close", ...headers }).end();
    };
    request.resume();
    if (!this.#options.isOpen()) {
      response.destroy();
      return;
    }
    const now = this.#options.clock.now();
    const { limit } = this.#options;
    if (limit.isReached(now)) {
      // TR-069 §3.2.2.2: 503, without a session.
      end(503);
      return;
    }
    if (request.url !== this.#path) end(404);
    else if (request.method !== "GET") end(405, { Allow: "GET" });
    else if (this.#isAuthentic(request, now)) {
      limit.accept(now);
      end(200);
      this.#options.onRequest();
    } else {
      // Wrong proofs count, asking for a nonce does not: it costs nothing, and the ACS must do it too.
      if (request.headers.authorization !== undefined) limit.refuse(now);
      const nonce = this.#nonce(now);
      end(401, {
        "WWW-Authenticate": `Digest realm="${realm}", nonce="${nonce}", qop="auth", algorithm=MD5`,
      });
    }
  }

  #isAuthentic(request: IncomingMessage, now: number): boolean {
    const { username, password } = this.#options.credentials();
    // Without credentials set nobody can prove to be the ACS.
    if (username === "" || password === "") return false;
    const [answer] = parseChallenges([request.headers.authorization ?? ""]);
    const field = (name: string): string => answer?.fields.get(name) ?? "";
    const nonce = field("nonce");
    if (answer?.scheme !== "digest" || field("username") !== username || field("realm") !== realm)
      return false;
    if (field("uri") !== this.#path || !this.#isFresh(nonce, now)) return false;
    const qop = field("qop");
    if (qop !== "" && qop !== "auth") return false;
    const nc = Number.parseInt(field("nc"), 16);
    const expected = digestResponse({
      algorithm: "MD5",
      username,
      password,
      realm,
      nonce,
      method: "GET",
      uri: this.#path,
      ...(qop === "auth" ? { protection: { nc, cnonce: field("cnonce") } } : {}),
    });
    const given = Buffer.from(field("response"));
    if (given.length !== expected.length || !timingSafeEqual(given, Buffer.from(expected))) return false;
    this.#spent.set(nonce, now);
    return true;
  }

  /** A nonce carries its birth and our signature: nothing is stored for callers who never prove themselves. */
  #nonce(now: number): string {
    const born = `${now.toString(36)}.${randomBytes(6).toString("hex")}`;
    return `${born}.${this.#sign(born)}`;
  }

  #isFresh(nonce: string, now: number): boolean {
    const cut = nonce.lastIndexOf(".");
    const born = nonce.slice(0, Math.max(cut, 0));
    const age = now - Number.parseInt(born, 36);
    for (const [spent, time] of this.#spent) if (now - time > nonceLifetime) this.#spent.delete(spent);
    return (
      nonce.slice(cut + 1) === this.#sign(born) && age >= 0 && age <= nonceLifetime && !this.#spent.has(nonce)
    );
  }

  #sign(text: string): string {
    return createHmac("sha256", this.#nonceKey).update(text).digest("hex").slice(0, 32);
  }
}

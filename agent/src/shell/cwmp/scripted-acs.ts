import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** One request as the scripted ACS saw it; `socket` numbers the connections. */
export type Seen = {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  /** Without its content encoding. */
  body: string;
  socket: number;
};
export type Answer = {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  /** Drops the connection instead of answering. */
  hangUp?: true;
};
export type Script = (request: Seen, index: number) => Answer | Promise<Answer>;

/** For tests: an HTTP server that answers what the script says and remembers what it was asked. */
export class ScriptedAcs {
  readonly seen: Seen[] = [];
  readonly #script: Script;
  readonly #server: Server;
  readonly #numbers = new WeakMap<object, number>();
  #sockets = 0;

  constructor(script: Script) {
    this.#script = script;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets += 1;
      this.#numbers.set(socket, this.#sockets);
    });
  }

  /** Listens on this machine; returns the URL. */
  async listen(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // The request broke off: nothing was asked.
      return;
    }
    const zipped = request.headers["content-encoding"] === "gzip";
    const seen: Seen = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      body: (zipped ? gunzipSync(Buffer.concat(chunks)) : Buffer.concat(chunks)).toString("utf8"),
      socket: this.#numbers.get(request.socket) ?? 0,
    };
    this.seen.push(seen);
    const answer = await this.#script(seen, this.seen.length - 1);
    if (answer.hangUp === true) request.socket.destroy();
    else response.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? "");
  }
}

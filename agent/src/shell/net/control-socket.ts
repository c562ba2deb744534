import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { Log } from "../logging.ts";
import { JsonLines } from "./json-lines.ts";

const longestRequest = 8192;
const maximumClients = 4;
const idleMs = 120_000;
/** sun_path of Linux holds 108 bytes with its NUL (unix(7)). */
const longestPath = 107;

export type ControlSocketOptions = {
  /** Only the owner of the process may speak to it. */
  readonly path: string;
  /** Answers one request, one after the other for each client; what it throws is answered in words. */
  readonly respond: (request: unknown) => object | Promise<object>;
  readonly log: Log;
};

/** Serves JSON lines on a Unix socket. @throws Error when the socket's path is too long. */
export function serveControlSocket({ path, respond, log }: ControlSocketOptions): { stop(): void } {
  if (Buffer.byteLength(path) > longestPath)
    throw new Error(
      `${path}: longer than ${longestPath} bytes, no socket can stand there; choose a shorter --state`,
    );
  rmSync(path, { force: true });
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on("close", () => clients.delete(socket));
    serveClient(socket, respond);
  });
  server.maxConnections = maximumClients;
  server.on("error", (error) => log.error({ path, reason: error.message }, "control socket"));
  // Made without rights for others from its first moment.
  const umask = process.umask(0o177);
  server.listen(path, () => chmodSync(path, 0o600));
  process.umask(umask);
  return {
    stop: () => {
      for (const socket of clients) socket.destroy();
      server.close();
    },
  };
}

function serveClient(socket: Socket, respond: ControlSocketOptions["respond"]): void {
  let queue = Promise.resolve();
  const answer = (value: object): void => {
    if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
  };
  const attempt = async (value: unknown): Promise<void> => {
    try {
      answer(await respond(value));
    } catch (error) {
      answer({ ok: false, error: error instanceof Error ? error.message : String(error) });
    }
  };
  const lines = new JsonLines(
    longestRequest,
    (value) => {
      queue = queue.then(() => attempt(value));
    },
    (problem) => answer({ ok: false, error: problem }),
  );
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => lines.push(chunk));
}

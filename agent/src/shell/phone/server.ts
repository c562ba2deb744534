import { chmodSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import * as z from "zod";
import { recognizeTone } from "../../core/line/index.ts";
import { EngineError } from "../../core/ports.ts";
import type { Heard, VirtualTelephone } from "../../core/ports.ts";
import type { RegionProfile } from "@tonalite/device-profiles";
import type { Log } from "../logging.ts";
import { JsonLines } from "../net/json-lines.ts";
import { phoneRequest } from "./request.ts";
import type { PhoneRequest } from "./request.ts";

const longestRequest = 4096;
const maximumClients = 8;
const idleMs = 120_000;
/** sun_path of Linux holds 108 bytes with its NUL (unix(7)). */
const longestPath = 107;
const listenEveryMs = 50;

export type PhoneServerOptions = {
  /** `<state>/phone.sock`: only its owner may work the telephone. */
  readonly path: string;
  readonly telephone: VirtualTelephone;
  readonly tones: () => RegionProfile["tones"];
  /** What `status` answers; line from 0. */
  readonly status: (line: number) => object;
  readonly log: Log;
};

/** Serves the virtual telephone of a `sim` board. @throws Error when the socket's path is too long. */
export function servePhone(options: PhoneServerOptions): { stop(): void } {
  const { path, log } = options;
  if (Buffer.byteLength(path) > longestPath) {
    throw new Error(
      `${path}: longer than ${longestPath} bytes, no socket can stand there; choose a shorter --state`,
    );
  }
  rmSync(path, { force: true });
  const clients = new Set<Socket>();
  const server: Server = createServer((socket) => {
    clients.add(socket);
    socket.on("close", () => clients.delete(socket));
    serveClient(socket, options);
  });
  server.maxConnections = maximumClients;
  server.on("error", (error) => log.error({ reason: error.message }, "phone socket"));
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

function serveClient(socket: Socket, options: PhoneServerOptions): void {
  let queue = Promise.resolve();
  const answer = (value: object): void => {
    if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
  };
  const lines = new JsonLines(
    longestRequest,
    (value) => {
      // One after the other: "dial" must not overtake "lift".
      queue = queue.then(async () => answer(await respond(value, options)));
    },
    (problem) => answer({ ok: false, error: problem }),
  );
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => lines.push(chunk));
}

async function respond(value: unknown, options: PhoneServerOptions): Promise<object> {
  const request = phoneRequest.safeParse(value);
  if (!request.success) return { ok: false, error: z.prettifyError(request.error) };
  try {
    return { ok: true, ...(await act(request.data, options)) };
  } catch (error) {
    return { ok: false, error: explain(error) };
  }
}

async function act(request: PhoneRequest, { telephone, tones, status }: PhoneServerOptions): Promise<object> {
  const line = request.line - 1;
  switch (request.op) {
    case "lift":
      telephone.hook(line, true);
      return {};
    case "hangup":
      telephone.hook(line, false);
      return {};
    case "dial":
      telephone.dial(line, request.keys);
      // Answered when the last key is up and heard: what comes next must not cut the number off.
      await pause(pressingMs(request.keys));
      return {};
    case "pulse":
      telephone.pulse(line, request.digits, request.breakMs, request.makeMs);
      // Answered when the dial is back at rest and its last digit is told.
      await pause(turningMs(request.digits, request.breakMs + request.makeMs));
      return {};
    case "flash":
      telephone.flash(line, request.ms);
      return {};
    case "speak":
      telephone.speak(line, request.frequency, request.ms, request.level);
      return {};
    case "forget":
      telephone.forget(line);
      return {};
    case "record":
      telephone.record(line, request.file);
      return {};
    case "fax":
      telephone.fax(
        line,
        request.file === null ? null : { file: request.file, sends: request.way === "send" },
      );
      return {};
    case "status":
      return { status: status(line) };
    case "heard":
      return { heard: await listen(telephone, line, tones(), request.waitMs) };
  }
  return request satisfies never;
}

/** tonalite.h, tn_sim_dial: 80 ms on, 80 ms off; "," pauses a second. And a moment to be detected. */
function pressingMs(keys: string): number {
  const pauses = keys.split(",").length - 1;
  return pauses * 1000 + (keys.length - pauses) * 160 + 100;
}

/** tonalite.h, tn_sim_pulse: a pulse for each unit (0: ten), 700 ms between digits. And a moment to be told from more. */
function turningMs(digits: string, pulseMs: number): number {
  const pulses = Array.from(digits).reduce((sum, digit) => sum + (Number(digit) || 10), 0);
  return pulses * pulseMs + digits.length * 700 + 300;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type NamedHeard = Omit<Heard, "tone"> & { tone: (Heard["tone"] & { name: string | null }) | null };

/** Listens until the tone can be named, or for `waitMs` at most; then its name stays null. */
async function listen(
  telephone: VirtualTelephone,
  line: number,
  tones: RegionProfile["tones"],
  waitMs: number,
): Promise<NamedHeard> {
  const history: Heard[] = [];
  for (const end = performance.now() + waitMs; ;) {
    const heard = telephone.heard(line);
    history.push(heard);
    const recognition = recognizeTone(history, tones);
    const name = recognition.sure && recognition.tone !== "unknown" ? recognition.tone : null;
    if (recognition.sure || performance.now() >= end)
      return { ...heard, tone: heard.tone && { name, ...heard.tone } };
    await pause(listenEveryMs);
  }
}

/** The engine's errno in the words of somebody holding a telephone. */
function explain(error: unknown): string {
  if (!(error instanceof EngineError)) return error instanceof Error ? error.message : String(error);
  if (error.code === "ENOTSUP") return "this board has a real telephone: use your hands";
  if (error.code === "ENOTCONN") return "the handset is down: lift it first";
  if (error.code === "EINVAL") return "the telephone cannot do that now (is the handset lifted?)";
  return error.message;
}

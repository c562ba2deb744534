import { Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import * as z from "zod";
import { engineEvent } from "../../core/engine-event.ts";
import type { EngineEvent } from "../../core/engine-event.ts";
import { EngineError } from "../../core/ports.ts";
import type { EngineConfig, VoiceEngine } from "../../core/ports.ts";
import { JsonLines } from "../net/json-lines.ts";
import {
  abiVersion,
  packAccount,
  packCaller,
  packConfig,
  packLamp,
  packLineSetup,
  packRing,
  packText,
  packTone,
  packWishes,
} from "./abi.ts";
import type { Adapter, EngineLibrary, LoadLibrary } from "./library.ts";
import { virtualTelephone } from "./virtual-telephone.ts";

/** Longest event line the engine sends is about 1 KB; more is a fault. */
const longestEvent = 16 * 1024;

const loaders: Record<Adapter, () => Promise<LoadLibrary>> = {
  koffi: async () => (await import("./koffi.ts")).loadWithKoffi,
  "ffi-napi": async () => (await import("./ffi-napi.ts")).loadWithFfiNapi,
};

/** Result of an engine call: itself when not negative. @throws EngineError named after the errno. */
export function checked(call: string, result: number): number {
  if (result < 0) throw new EngineError(getSystemErrorName(result), call);
  return result;
}

/** Loads libtonalite.so. @throws EngineError ELIBACC (cannot be loaded) or EPROTO (another ABI). */
export async function loadEngineLibrary(path: string, adapter: Adapter): Promise<EngineLibrary> {
  let library: EngineLibrary;
  try {
    library = (await loaders[adapter]())(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw new EngineError("ELIBACC", `load ${path} with ${adapter} (${why})`);
  }
  const version = library.tn_abi_version();
  if (version !== abiVersion) {
    throw new EngineError(
      "EPROTO",
      `${path} has ABI ${version}, this agent speaks ${abiVersion}; rebuild it`,
    );
  }
  return library;
}

/**
 * Starts the voice engine; there is one a process.
 * @param onProblem is told of event lines that are lost or unreadable.
 */
export function openEngine(
  library: EngineLibrary,
  config: EngineConfig,
  onProblem: (problem: string) => void,
): VoiceEngine {
  const descriptor = Buffer.alloc(4);
  checked("tn_open", library.tn_open(packConfig(config), descriptor));
  const listeners: ((event: EngineEvent) => void)[] = [];
  const socket = readEvents(descriptor.readInt32LE(0), listeners, onProblem);
  const call = (name: string, result: number): void => void checked(name, result);
  return {
    lineSetup: (line, setup) => call("tn_line_setup", library.tn_line_setup(line, packLineSetup(setup))),
    tone: (line, tone) => call("tn_line_tone", library.tn_line_tone(line, tone && packTone(tone))),
    ring: (line, ring) => call("tn_line_ring", library.tn_line_ring(line, ring && packRing(ring))),
    offHook: (line) => checked("tn_line_off_hook", library.tn_line_off_hook(line)) === 1,
    polarity: (line, reversed) => call("tn_line_polarity", library.tn_line_polarity(line, reversed ? 1 : 0)),
    identify: (line, caller) => call("tn_line_identify", library.tn_line_identify(line, packCaller(caller))),
    lamp: (line, lamp) => call("tn_line_lamp", library.tn_line_lamp(line, packLamp(lamp))),
    account: (line, account) => call("tn_account", library.tn_account(line, account && packAccount(account))),
    dial: (line, number, wishes) =>
      checked(
        "tn_call_place",
        library.tn_call_place(line, packText(number), wishes ? packWishes(wishes) : null),
      ),
    answer: (handle) => call("tn_call_answer", library.tn_call_answer(handle)),
    hangUp: (handle, code, reason) =>
      call("tn_call_hangup", library.tn_call_hangup(handle, code, packText(reason))),
    hold: (handle, on) => call("tn_call_hold", library.tn_call_hold(handle, on ? 1 : 0)),
    conference: (line, on) => call("tn_line_conference", library.tn_line_conference(line, on ? 1 : 0)),
    transfer: (handle, number) =>
      call("tn_call_transfer", library.tn_call_transfer(handle, packText(number))),
    join: (handle, other) => call("tn_call_join", library.tn_call_join(handle, other)),
    watch: (seconds, tone) => call("tn_watch", library.tn_watch(seconds, tone && packTone(tone))),
    onEvent: (listener) => void listeners.push(listener),
    telephone: virtualTelephone(library),
    close: () => {
      call("tn_close", library.tn_close());
      socket.destroy();
    },
  };
}

function readEvents(
  fd: number,
  listeners: readonly ((event: EngineEvent) => void)[],
  onProblem: (problem: string) => void,
): Socket {
  let dropped = 0;
  const take = (value: unknown): void => {
    const parsed = engineEvent.safeParse(value);
    if (!parsed.success) {
      onProblem(`an event that tonalite.h does not know: ${z.prettifyError(parsed.error)}`);
      return;
    }
    if (parsed.data.dropped > dropped) {
      onProblem(`${parsed.data.dropped - dropped} events lost: the agent read too slowly`);
      dropped = parsed.data.dropped;
    }
    for (const listener of listeners) listener(parsed.data);
  };
  const lines = new JsonLines(longestEvent, take, onProblem);
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on("data", (chunk: Buffer) => lines.push(chunk));
  socket.on("error", (error) => onProblem(`event socket: ${error.message}`));
  return socket;
}

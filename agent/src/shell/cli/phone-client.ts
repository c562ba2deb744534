import { createConnection } from "node:net";
import { join } from "node:path";
import type { PhoneRequest } from "../phone/request.ts";

/** A request as a client writes it: what has a default may be left out. The server checks which members go together. */
export type PhoneAsk = {
  op: PhoneRequest["op"];
  line?: number;
  keys?: string;
  /** of a rotary dial */
  digits?: string;
  /** hertz; 0 = be silent */
  frequency?: number;
  ms?: number;
  level?: number;
  waitMs?: number;
  file?: string | null;
  /** of a fax machine */
  way?: "send" | "receive";
};
export type PhoneReply = { ok: boolean; error?: string; [member: string]: unknown };

/** `heard` may listen for 8 s before it answers, `dial` presses up to 64 keys. */
const patienceMs = 80_000;

/**
 * Asks the virtual telephone of the ATA that runs with this state directory.
 * @throws Error that says whether no ATA runs there or it does not answer.
 */
export function askPhone(stateDirectory: string, request: PhoneAsk): Promise<PhoneReply> {
  const path = join(stateDirectory, "phone.sock");
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = "";
    socket.setTimeout(patienceMs, () =>
      socket.destroy(new Error(`${path}: no answer in ${patienceMs / 1000} s`)),
    );
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const absent = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      reject(absent ? new Error(`no virtual ATA runs with --state ${stateDirectory}`) : error);
    });
    socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const end = text.indexOf("\n");
      if (end === -1) return;
      socket.destroy();
      resolve(JSON.parse(text.slice(0, end)) as PhoneReply);
    });
    socket.on("end", () => reject(new Error(`${path}: the ATA hung up`)));
  });
}

/** Updates the ATA of a state directory from this machine. Exit code 0 done, 1 refused or failed, 2 misused. */
import { createConnection } from "node:net";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import * as z from "zod";
import { updateSocket, type UpdateAsk } from "../update-door.ts";

const usage = `usage: node agent/src/shell/cli/update.ts --state DIR [--file IMAGE | --url URL | --activate | --cancel | --ask] [--keep] [--wait] [--json]
  --file IMAGE  update from an image on this machine
  --url URL     update from an HTTP or HTTPS server
  --activate    start the image that was installed with --keep
  --ask         ask the ACS for firmware; whether it has some is its word
  --cancel      take back the update under way; refused once the new image is chosen
  --keep        install only; the box goes on with what it runs
  --wait        return when the update is over, and say how it ended
Without an order it says what the update and both slots are doing.`;

const patienceMs = 10_000;
const pollMs = 500;
// A box that restarts, or is on trial behind a slow network, is away for a while.
const awayMs = 300_000;

const reply = z.looseObject({
  ok: z.boolean(),
  error: z.string().optional(),
  update: z
    .looseObject({ state: z.string(), reason: z.string(), version: z.string(), id: z.string() })
    .optional(),
  slots: z
    .record(
      z.string(),
      z.looseObject({ status: z.string(), version: z.string(), bootFailureLog: z.string() }),
    )
    .optional(),
});
type Reply = z.infer<typeof reply>;
type Options = { state: string; ask: UpdateAsk; wait: boolean; json: boolean };

const ends = new Map([
  ["committed", 0],
  ["available", 0],
  ["rejected", 1],
  ["rolled-back", 1],
  ["cancelled", 1],
]);

function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        state: { type: "string" },
        file: { type: "string" },
        url: { type: "string" },
        activate: { type: "boolean", default: false },
        cancel: { type: "boolean", default: false },
        ask: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        wait: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const { state, file, url, activate, cancel, ask: askAcs, keep, wait, json } = values;
    const orders = [file, url, activate || undefined, cancel || undefined, askAcs || undefined].filter(
      (order) => order !== undefined,
    );
    if (state === undefined || orders.length > 1) return undefined;
    if (keep && file === undefined && url === undefined) return undefined;
    const update = { op: "update", activate: !keep } as const;
    const ask: UpdateAsk =
      file !== undefined
        ? { ...update, source: { from: "file", path: resolve(file) } }
        : url !== undefined
          ? { ...update, source: { from: "url", url } }
          : { op: activate ? "activate" : cancel ? "cancel" : askAcs ? "ask-acs" : "status" };
    return { state, ask, wait, json };
  } catch {
    return undefined;
  }
}

/** @throws Error in words when no box answers there */
async function ask(state: string, request: UpdateAsk): Promise<Reply> {
  const { promise, resolve: answer, reject } = Promise.withResolvers<string>();
  const socket = createConnection(join(state, updateSocket));
  let text = "";
  socket.setTimeout(patienceMs, () => socket.destroy(new Error("the ATA does not answer")));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    const absent = error.code === "ENOENT" || error.code === "ECONNREFUSED";
    reject(absent ? new Error(`no ATA with slots runs with --state ${state}`) : error);
  });
  socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
    if (text.includes("\n")) answer(text.slice(0, text.indexOf("\n")));
  });
  socket.on("close", () => reject(new Error("the ATA hung up")));
  try {
    return reply.parse(JSON.parse(await promise));
  } finally {
    socket.destroy();
  }
}

async function waitForEnd(state: string, before: string): Promise<Reply> {
  let heard = performance.now();
  for (;;) {
    await new Promise((wake) => setTimeout(wake, pollMs));
    try {
      const now = await ask(state, { op: "status" });
      heard = performance.now();
      const { id = "", state: name = "" } = now.update ?? {};
      if (id !== before && ends.has(name)) return now;
    } catch (error) {
      if (performance.now() - heard > awayMs) throw error;
    }
  }
}

function wordsOf({ ok, error, update, slots }: Reply): string {
  if (!ok) return `refused: ${error ?? "no reason given"}`;
  if (!update) return "accepted";
  const lines = [`update  ${update.state}${update.reason === "" ? "" : `: ${update.reason}`}`];
  for (const [name, { status, version, bootFailureLog }] of Object.entries(slots ?? {}))
    lines.push(`slot ${name}  ${status} ${version}${bootFailureLog === "" ? "" : ` (${bootFailureLog})`}`);
  return lines.join("\n");
}

async function main({ state, ask: request, wait, json }: Options): Promise<number> {
  const before = wait ? ((await ask(state, { op: "status" })).update?.id ?? "") : "";
  const first = await ask(state, request);
  const last = wait && first.ok && request.op !== "status" ? await waitForEnd(state, before) : first;
  console.log(json ? JSON.stringify(last) : wordsOf(last));
  if (!last.ok) return 1;
  return request.op === "status" ? 0 : (ends.get(last.update?.state ?? "") ?? 0);
}

const options = readOptions();
if (!options) {
  console.error(usage);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await main(options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.log(options.json ? JSON.stringify({ ok: false, error: message }) : message);
    process.exitCode = 1;
  }
}

import * as assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import * as z from "zod";
import { withProbedBox } from "./probe.ts";

const day = 86_400_000;
// RFC 5905 §6: seconds since 1900.
const ntpEpoch = Date.UTC(1900, 0, 1);

/** As the agent does for the ACS: names a server, and waits until the box says that it keeps time by it. */
const script = `
const fs = require("node:fs");
const read = () => { try { return fs.readFileSync("/run/tonalite/clock", "utf8").trim(); } catch { return ""; } };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const before = Date.now();
const began = performance.now();
fs.writeFileSync("/data/tonalite/time-servers", "10.0.2.2\\n");
let lowest = before;
const until = async (word) => {
  while (read() !== word && performance.now() - began < 90000) {
    lowest = Math.min(lowest, Date.now());
    await pause(2);
  }
};
await until("Synchronized");
say({ before, lowest, after: Date.now(), stands: read(), took: performance.now() - began, mayWrite: (() => {
  try { fs.writeFileSync("/run/tonalite/clock", "x"); return true; } catch { return false; } })() });
fs.writeFileSync("/data/tonalite/time-servers", "disabled\\n");
await until("Disabled");
say({ stands: read() });
`;
const seen = z.object({
  before: z.number(),
  lowest: z.number(),
  after: z.number(),
  stands: z.string(),
  took: z.number(),
  mayWrite: z.boolean(),
});

/**
 * The box's clock is set by NTP soon after its network is up, however wrong it was, and the agent is told.
 * @returns why it was not tried, where port 123 (the only one NTP knows) may not be used
 */
export async function clockTrial(image: string): Promise<string | undefined> {
  let ahead = 400 * day;
  const server = await serveTime(() => Date.now() + ahead);
  if (typeof server === "string") return server;
  try {
    await withProbedBox(image, script, async (box) => {
      await box.boot();
      const told = seen.parse(await box.said(180_000));
      assert.equal(told.stands, "Synchronized");
      assert.equal(told.mayWrite, false);
      const error = Math.abs(told.after - (Date.now() + ahead));
      assert.ok(error < 30_000, `the clock is ${error / 1000} s off`);
      assert.ok(Math.abs(told.before - Date.now()) < day);
      assert.deepEqual(await box.said(120_000), { stands: "Disabled" });
    });
    // Before the image was made: refused, whoever says so.
    ahead = -4000 * day;
    await withProbedBox(image, script, async (box) => {
      const console = await box.boot();
      await console.line(
        /clock: a server gave 20\d\d-\d\d-\d\d, which is before this image was made/,
        180_000,
      );
      const told = seen.parse(await box.said(180_000));
      assert.equal(told.stands, "Error_FailedToSynchronize");
      // Not for a moment: certificates are checked by this clock.
      assert.ok(told.lowest > Date.UTC(2026, 0, 1), new Date(told.lowest).toISOString());
    });
  } finally {
    server.close();
  }
  return undefined;
}

/** A server that answers with `now` (RFC 5905 §7.3), or why there is none. */
async function serveTime(now: () => number): Promise<Socket | string> {
  const server = createSocket("udp4");
  const stamp = (answer: Buffer, at: number): void => {
    const since = now() - ntpEpoch;
    answer.writeUInt32BE(Math.floor(since / 1000) >>> 0, at);
    answer.writeUInt32BE(Math.floor(((since % 1000) / 1000) * 2 ** 32), at + 4);
  };
  server.on("message", (query, from) => {
    if (query.length < 48) return;
    const answer = Buffer.alloc(48);
    // No leap second, version 4, server; stratum 2, precision 2^-20 s.
    answer.writeUInt8(0b00_100_100, 0);
    answer.writeUInt8(2, 1);
    answer.writeInt8(-20, 3);
    answer.writeUInt32BE(0x7f000001, 12);
    stamp(answer, 16);
    query.copy(answer, 24, 40, 48);
    stamp(answer, 32);
    stamp(answer, 40);
    server.send(answer, from.port, from.address);
  });
  server.bind(123, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    return `UDP port 123 of 127.0.0.1 cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
  return server;
}

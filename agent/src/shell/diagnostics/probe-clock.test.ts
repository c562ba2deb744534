import { execFile } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { probeProgram } from "./probe.ts";

const program = probeProgram(undefined);
const why = program === undefined ? " (skipped: tonalite-probe is not built)" : "";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** A time server on loopback that answers as a good one does (RFC 4330 §5), with something changed. */
async function serve(change: (answer: Buffer) => void): Promise<string> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  socket.on("message", (query, from) => {
    const answer = Buffer.alloc(48);
    answer.set([0b00_100_100, 2]);
    query.copy(answer, 24, 40, 48);
    answer.writeUInt32BE(3_900_000_000, 40);
    change(answer);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return String(socket.address().port);
}

const ask = (port: string, timeoutMs = "300", host = "127.0.0.1"): Promise<{ code: number; text: string }> =>
  new Promise((resolve) => {
    execFile(program ?? "", ["clock", host, port, timeoutMs], (error, stdout) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, text: stdout }),
    );
  });

describe.skipIf(why !== "")(`the time a server gives${why}`, () => {
  it("is told in seconds since 1970", async () => {
    expect(await ask(await serve(() => undefined), "20000")).toEqual({ code: 0, text: "1691011200\n" });
  });

  it("is asked of a server's name, at each of its addresses", async () => {
    // Where localhost is ::1 first, nobody answers there.
    const port = await serve(() => undefined);
    expect(await ask(port, "5000", "localhost")).toEqual({ code: 0, text: "1691011200\n" });
    expect(await ask(port, "300", "no-such-host.invalid")).toEqual({ code: 1, text: "" });
  });

  it("goes on after NTP's first era ends in 2036", async () => {
    const port = await serve((answer) => answer.writeUInt32BE(0x1000, 40));
    expect(await ask(port, "20000")).toEqual({ code: 0, text: `${2_085_978_496 + 0x1000}\n` });
  });

  it.each<[string, (answer: Buffer) => void]>([
    ["an answer to somebody else", (answer) => answer.writeUInt8(answer.readUInt8(24) ^ 1, 24)],
    ["a server that does not know it", (answer) => answer.writeUInt8(0b11_100_100, 0)],
    ["a kiss of death", (answer) => answer.writeUInt8(0, 1)],
    ["another client", (answer) => answer.writeUInt8(0b00_100_011, 0)],
    ["no time at all", (answer) => answer.writeUInt32BE(0, 40)],
  ])("is not taken from %s", async (_name, change) => {
    expect(await ask(await serve(change))).toEqual({ code: 1, text: "" });
  });

  it("is no time where nobody answers", async () => {
    const port = await serve(() => undefined);
    const closed = once(sockets[0] ?? createSocket("udp4"), "close");
    sockets.splice(0)[0]?.close();
    await closed;
    expect(await ask(port)).toEqual({ code: 1, text: "" });
  });
});

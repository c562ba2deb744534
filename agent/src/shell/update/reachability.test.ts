import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { anyReachable } from "./reachability.ts";

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const end of cleanup.splice(0)) end();
});
const host = "127.0.0.1";
async function sipServer(answers: boolean): Promise<number> {
  const socket = createSocket("udp4");
  cleanup.push(() => socket.close());
  socket.on("message", (_bytes, from) => {
    if (answers) socket.send("SIP/2.0 404 Not Found\r\n\r\n", from.port, from.address);
  });
  socket.bind(0, host);
  await once(socket, "listening");
  return socket.address().port;
}

it("hears a SIP server that answers anything, and only that one", async () => {
  const port = await sipServer(true);
  expect(await anyReachable([{ kind: "sip-udp", host, port }], 1000)).toBe(true);
  expect(await anyReachable([{ kind: "sip-udp", host, port: await sipServer(false) }], 100)).toBe(false);
  const gone = await sipServer(true);
  cleanup.pop()?.();
  expect(await anyReachable([{ kind: "sip-udp", host, port: gone }], 300)).toBe(false);
});

it("sees a TCP server, and takes one landmark of several for enough", async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, host);
  cleanup.push(() => server.close());
  await once(server, "listening");
  const tcp = { kind: "tcp", host, port: (server.address() as AddressInfo).port } as const;
  const silent = { kind: "sip-udp", host, port: await sipServer(false) } as const;
  expect(await anyReachable([silent, tcp], 300)).toBe(true);
  server.close();
  await once(server, "close");
  expect(await anyReachable([tcp], 300)).toBe(false);
});

it("has no network when there is nobody to ask, or no such name", async () => {
  expect(await anyReachable([])).toBe(false);
  expect(await anyReachable([{ kind: "sip-udp", host: "nowhere.invalid", port: 5060 }], 500)).toBe(false);
});

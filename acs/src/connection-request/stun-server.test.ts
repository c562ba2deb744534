import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { decodeStun, encodeStun, type ReceivedStun } from "@tonalite/agent/core/cwmp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../log.ts";
import { startStunServer, type StunServer } from "./stun-server.ts";

describe("the STUN server", () => {
  let server: StunServer;
  let box: Socket;
  let other: Socket;
  let heard: ReceivedStun[];
  let elsewhere: ReceivedStun[];
  const listen = async (into: ReceivedStun[]): Promise<Socket> => {
    const socket = createSocket("udp4");
    socket.on("message", (bytes) => {
      const message = decodeStun(bytes);
      if (message) into.push(message);
    });
    await new Promise<void>((bound) => void socket.bind(0, "127.0.0.1", bound));
    return socket;
  };
  beforeEach(async () => {
    [heard, elsewhere] = [[], []];
    server = await startStunServer({ host: "127.0.0.1", port: 0, log: silentLog });
    box = await listen(heard);
    other = await listen(elsewhere);
  });
  afterEach(async () => {
    box.close();
    other.close();
    await server.stop();
  });
  const ask = (more: { answerTo?: { address: string; port: number } } = {}): Uint8Array => {
    const transaction = Uint8Array.from(randomBytes(16));
    box.send(
      encodeStun({ kind: "request", transaction, connectionRequest: true, ...more }),
      server.port,
      "127.0.0.1",
    );
    return transaction;
  };

  it("tells a device how it looks from outside", async () => {
    const transaction = ask();
    await expect.poll(() => heard).toHaveLength(1);
    expect(heard[0]).toEqual({
      kind: "response",
      transaction,
      mapped: { address: "127.0.0.1", port: box.address().port },
    });
  });

  it("answers to another port of the same address, so that a device can try its NAT", async () => {
    const { port } = other.address();
    ask({ answerTo: { address: "127.0.0.1", port } });
    await expect.poll(() => elsewhere).toHaveLength(1);
    expect(elsewhere[0]?.mapped?.port).toBe(box.address().port);
    expect(heard).toEqual([]);
  });

  it("never answers to a third party, nor to noise", async () => {
    ask({ answerTo: { address: "127.0.0.2", port: other.address().port } });
    box.send("GET / HTTP/1.1", server.port, "127.0.0.1");
    ask();
    await expect.poll(() => heard).toHaveLength(1);
    expect(elsewhere).toEqual([]);
  });
});

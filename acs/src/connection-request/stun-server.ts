import type { RemoteInfo } from "node:dgram";
import { decodeStun, encodeStun } from "@tonalite/agent/core/cwmp";
import type { Log } from "../log.ts";
import { openUdpSocket } from "../udp-socket.ts";

export type StunServer = {
  readonly port: number;
  /** Sends a datagram from the port that devices' NATs know: others it may not let in. Lost ones are nobody's error. */
  send(datagram: string, address: string, port: number): void;
  stop(): Promise<void>;
};

/**
 * The STUN server of TR-069 Annex G: tells devices how they look from outside, and so keeps their NAT open for connection
 * requests. It answers elsewhere than to the sender only at the sender's own address, so that it can be turned against nobody.
 */
export async function startStunServer({
  host,
  port,
  log,
}: {
  host: string;
  port: number;
  log: Log;
}): Promise<StunServer> {
  const socket = await openUdpSocket(host, port, "STUN server", log);
  const send = (bytes: Uint8Array | string, to: number, address: string): void =>
    socket.send(bytes, to, address, () => undefined);

  socket.on("message", (bytes: Buffer, sender: RemoteInfo) => {
    const request = decodeStun(bytes);
    if (request?.kind !== "request") return;
    const { transaction, answerTo } = request;
    if (answerTo !== undefined && answerTo.address !== sender.address) return;
    const mapped = { address: sender.address, port: sender.port };
    const answer = encodeStun({ kind: "response", transaction, mapped });
    send(answer, answerTo?.port ?? sender.port, sender.address);
  });
  return {
    port: socket.address().port,
    send: (datagram, address, to) => send(datagram, to, address),
    async stop() {
      await new Promise<void>((closed) => void socket.close(() => closed()));
    },
  };
}

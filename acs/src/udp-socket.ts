import { createSocket, type Socket } from "node:dgram";
import type { Log } from "./log.ts";

/**
 * A bound UDP socket; what goes wrong with it later is logged, and ends nothing.
 * @param port 0: one of the kernel's choice
 * @throws Error when the address cannot be had
 */
export async function openUdpSocket(host: string, port: number, name: string, log: Log): Promise<Socket> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  const { promise, reject, resolve } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.bind({ port, address: host }, resolve);
  await promise;
  socket.off("error", reject);
  socket.on("error", (err) => log.warn({ err }, name));
  return socket;
}

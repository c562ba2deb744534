import { createSocket } from "node:dgram";

/** A UDP port that was free a moment ago: the engine does not tell which one it took, and people want to know. */
export async function freeUdpPort(address: string): Promise<number> {
  const socket = createSocket("udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(0, address === "" ? "0.0.0.0" : address, resolve);
    });
    return socket.address().port;
  } finally {
    socket.close();
  }
}

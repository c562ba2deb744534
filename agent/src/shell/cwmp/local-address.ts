import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";

/**
 * The address from which this machine would reach a host: what another must call to reach us there. Connecting a
 * datagram socket asks the routing table and sends nothing. Undefined when the name or the route is unknown.
 */
export async function localAddressTowards(host: string): Promise<string | undefined> {
  try {
    const { address } = await lookup(host);
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    const { promise, reject, resolve } = Promise.withResolvers<string>();
    socket.once("error", reject);
    // Any port does: nothing is sent.
    socket.connect(9, address, () => resolve(socket.address().address));
    try {
      return await promise;
    } finally {
      socket.close();
    }
  } catch {
    return undefined;
  }
}

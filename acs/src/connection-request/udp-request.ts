import { createHmac, randomBytes, randomInt } from "node:crypto";
import { isIP } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { encodeUdpRequest, signedText } from "@tonalite/agent/core/cwmp";

export type UdpTarget = { address: string; username: string; password: string };
type Send = (datagram: string, address: string, port: number) => void;

/** Datagrams get lost; copies of one request count once at the device (TR-069 Annex G §G.2.2.3). */
const copiesAfterMs = [0, 250, 750];

/** Where a device's UDPConnectionRequestAddress points: an address and a port, 80 when it names none; never a name. */
export function udpPlace(text: string): { address: string; port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? "";
  const port = Number(match?.[3] ?? "80");
  if (isIP(address) === 0 || port < 1 || port > 65_535) return undefined;
  // Nobody's address, everybody's, or a group's: the device's word is not to be trusted that far.
  if (/^(?:0\.|22[4-9]\.|23\d\.|255\.255\.255\.255|ff)/i.test(address)) return undefined;
  return { address, port };
}

/**
 * One signed UDP connection request (TR-069 Annex G). It is not answered: whether the device heard it, its session tells.
 * @returns false when the device told no address that can be used
 */
export async function requestOverUdp(send: Send, target: UdpTarget, now = Date.now()): Promise<boolean> {
  const place = udpPlace(target.address);
  if (!place || target.username === "" || target.password === "") return false;
  const request = {
    timestamp: Math.floor(now / 1000),
    id: randomInt(1, 0xffff_ffff),
    username: target.username,
    cnonce: randomBytes(8).toString("hex"),
  };
  const signature = createHmac("sha1", target.password).update(signedText(request)).digest("hex");
  const datagram = encodeUdpRequest(target.address, { ...request, signature });
  let waited = 0;
  for (const time of copiesAfterMs) {
    if (time > waited) await pause(time - waited);
    waited = time;
    send(datagram, place.address, place.port);
  }
  return true;
}

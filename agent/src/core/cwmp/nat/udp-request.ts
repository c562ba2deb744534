/** The UDP connection request of TR-069 Annex G §G.2.2: one datagram that looks like a GET, signed by the ACS. */

export type UdpConnectionRequest = {
  /** Seconds since the epoch, by the ACS's clock. */
  timestamp: number;
  /** Tells apart requests of one second; repeats of one request have the same. */
  id: number;
  username: string;
  /** Random, new for each request. */
  cnonce: string;
  /** HMAC-SHA1 of `signedText` under the ConnectionRequestPassword, hexadecimal. */
  signature: string;
};

const longestDatagram = 1024;

/** What the signature covers (§G.2.2.3): timestamp, id, user name and cnonce, one after the other. */
export const signedText = ({
  cnonce,
  id,
  timestamp,
  username,
}: Omit<UdpConnectionRequest, "signature">): string => `${timestamp}${id}${username}${cnonce}`;

/** Writes a request to a device at `host:port`. */
export function encodeUdpRequest(target: string, request: UdpConnectionRequest): string {
  const { cnonce, id, signature, timestamp, username } = request;
  const query = [
    `ts=${timestamp}`,
    `id=${id}`,
    `un=${encodeURIComponent(username)}`,
    `cn=${encodeURIComponent(cnonce)}`,
    `sig=${signature}`,
  ].join("&");
  return `GET http://${target}?${query} HTTP/1.1\r\n\r\n`;
}

/** Reads a request; undefined for anything else (§G.2.2.2: such datagrams are passed over in silence). */
export function decodeUdpRequest(datagram: string): UdpConnectionRequest | undefined {
  if (datagram.length > longestDatagram) return undefined;
  const match = /^GET http:\/\/[^\s?]*\?(\S+) HTTP\/1\.[01]\r?\n/i.exec(datagram);
  const fields = new Map<string, string>();
  for (const pair of match?.[1]?.split("&") ?? []) {
    const equals = pair.indexOf("=");
    const value = unescaped(pair.slice(equals + 1));
    if (equals < 1 || value === undefined || fields.has(pair.slice(0, equals))) return undefined;
    fields.set(pair.slice(0, equals), value);
  }
  const [ts, id, un, cn, sig] = ["ts", "id", "un", "cn", "sig"].map((name) => fields.get(name) ?? "");
  if (ts === undefined || id === undefined || un === undefined || cn === undefined || sig === undefined)
    return undefined;
  if (!/^\d{1,12}$/.test(ts) || !/^\d{1,10}$/.test(id) || cn === "" || !/^[\da-f]{40}$/i.test(sig))
    return undefined;
  // The signature covers the digits as they were sent.
  if (String(Number(ts)) !== ts || String(Number(id)) !== id) return undefined;
  return { timestamp: Number(ts), id: Number(id), username: un, cnonce: cn, signature: sig.toLowerCase() };
}

function unescaped(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/** What was accepted last: nothing older, and nothing twice (§G.2.2.3). */
export type Accepted<Id = number> = { timestamp: number; ids: readonly Id[] };
const mostIds = 32;

/**
 * Whether an authentic request is new, and what to remember then. Copies of one request are sent against loss; a recorded
 * one must not serve again.
 */
export function acceptOnce<Id = number>(
  last: Accepted<Id> | undefined,
  { id, timestamp }: { id: Id; timestamp: number },
): Accepted<Id> | undefined {
  if (last === undefined || timestamp > last.timestamp) return { timestamp, ids: [id] };
  if (timestamp < last.timestamp || last.ids.includes(id) || last.ids.length >= mostIds) return undefined;
  return { timestamp, ids: [...last.ids, id] };
}

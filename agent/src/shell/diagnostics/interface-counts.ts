import { readCounter, readInterfaces } from "../device/interfaces.ts";

/** Bytes that the interface with this address has received and sent; undefined where that cannot be told. */
export function interfaceCounts(
  localAddress: string | undefined,
): { received: number; sent: number } | undefined {
  const board = readInterfaces().find(
    ({ ipv4, ipv6 }) =>
      localAddress !== undefined &&
      (ipv4.some(({ address }) => address === localAddress) || ipv6.includes(localAddress)),
  );
  if (board === undefined) return undefined;
  const count = (name: string): number => Number(readCounter(board.name, name) ?? "0");
  return { received: count("BytesReceived"), sent: count("BytesSent") };
}

import { crc32 } from "node:zlib";
import type { BoardConsole, TransferProgress } from "../console/console.ts";
import type { FileServer } from "../network/server.ts";
import { FlashError } from "../problem.ts";
import { parseAssignments } from "./environment.ts";
import { checksumInMemory, hex } from "./memory.ts";

export type Way = "network" | "recovery" | "serial";

/** How parcels reach the board's memory. */
export type Carrier = {
  way: Exclude<Way, "recovery">;
  /** what it is expected to bring, or was seen to; for the choice and the display */
  bytesPerSecond: number;
  /** @throws FlashError */
  carry(
    console: BoardConsole,
    address: number,
    parcel: Uint8Array,
    progress: TransferProgress,
  ): Promise<void>;
};

/**
 * Carries a parcel and has the board count it, before anything reaches the disk: the 16-bit checksums of YMODEM and UDP let
 * one damaged block in 65,536 pass.
 * @throws FlashError `TRANSFER_FAILED`
 */
export async function carryChecked(
  carrier: Carrier,
  console: BoardConsole,
  address: number,
  parcel: Uint8Array,
  progress: TransferProgress,
): Promise<void> {
  await carrier.carry(console, address, parcel, progress);
  if ((await checksumInMemory(console, address, parcel.length)) !== crc32(parcel))
    throw new FlashError("TRANSFER_FAILED", { cause: "checksum" });
}

/** Bytes per second of YMODEM-1K at a speed: 1029 on the wire for 1024, ten bits a byte, and the receiver's thought. */
export function serialPace(baudRate: number): number {
  return Math.round((baudRate / 10) * (1024 / 1029) * 0.98);
}

/** Over the console itself, by U-Boot's `loady`. */
export function serialCarrier(console: BoardConsole): Carrier {
  return {
    way: "serial",
    bytesPerSecond: serialPace(console.baudRate),
    async carry(board, address, parcel, progress) {
      const { code, text } = await board.run(
        { line: `loady ${hex(address)}`, ms: 15_000, payload: parcel },
        progress,
      );
      if (code !== 0) throw new FlashError("TRANSFER_FAILED", { cause: text.slice(-100) });
    },
  };
}

const probeBytes = 256 * 1024;
const mostAddresses = 4;

/**
 * Over Ethernet, by U-Boot's `tftpboot`: gives the board an address, finds one of this machine's that it reaches, and sees
 * how fast that goes.
 * @param staging where in RAM the trial file may go
 * @param boardAddress for a cable without DHCP: the board's IPv4 address, in the network of this machine's
 * @throws FlashError `NETWORK_FAILED`
 */
export async function openNetwork(
  console: BoardConsole,
  server: FileServer,
  staging: number,
  boardAddress?: string,
): Promise<Carrier> {
  // A cable that is not there must not cost minutes; and nothing is fetched but what we say.
  for (const setting of ["autoload no", "netretry no", "tftptimeout 1000", "tftptimeoutcountmax 5"])
    await console.must(`setenv ${setting}`);
  await console.must("setenv tftpblocksize 1468");
  await console.must("setenv tftpwindowsize 16");
  if (boardAddress === undefined) {
    const { code, text } = await console.run({ line: "dhcp", ms: 60_000 });
    if (code !== 0) throw new FlashError("NETWORK_FAILED", { reason: lastLine(text, "DHCP") });
  } else await console.must(`setenv ipaddr ${boardAddress}`);
  const { ipaddr: address = "", netmask = "255.255.255.0" } = parseAssignments(
    (await console.must("printenv")).split("\n"),
  );
  // Boards at one bench share the server: each asks for names of its own.
  const name = crypto.randomUUID().slice(0, 8);
  const withdraw = server.offer(name, Buffer.alloc(probeBytes, "tonalite"));
  let reason = "no address";
  try {
    for (const own of server.addresses({ address, netmask }).slice(0, mostAddresses)) {
      const started = performance.now();
      const { code, text } = await console.run({
        line: `tftpboot ${hex(staging)} ${own}:${name}`,
        ms: 60_000,
      });
      if (code === 0) {
        const seconds = Math.max(0.001, (performance.now() - started) / 1000);
        return networkCarrier(server, own, name, Math.round(probeBytes / seconds));
      }
      reason = lastLine(text, own);
    }
  } finally {
    withdraw();
  }
  throw new FlashError("NETWORK_FAILED", { reason });
}

function networkCarrier(server: FileServer, own: string, prefix: string, bytesPerSecond: number): Carrier {
  let parcels = 0;
  return {
    way: "network",
    bytesPerSecond,
    async carry(board, address, parcel, progress) {
      // A name of its own each time: a late packet of the one before is not taken for this.
      parcels += 1;
      const name = `${prefix}-${parcels}`;
      const withdraw = server.offer(name, parcel, (sent) => progress(sent, parcel.length));
      try {
        const line = `tftpboot ${hex(address)} ${own}:${name}`;
        const { code, text } = await board.run({ line, ms: 30_000 + parcel.length / 10 });
        if (code !== 0) throw new FlashError("TRANSFER_FAILED", { cause: lastLine(text, "tftp") });
      } finally {
        withdraw();
      }
    },
  };
}

function lastLine(text: string, otherwise: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return (lines.findLast((line) => /[a-z]{3}/i.test(line)) ?? otherwise).slice(0, 80);
}

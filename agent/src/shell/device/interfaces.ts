import { readdirSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

/** A network interface of the board as Linux shows it. */
export type BoardInterface = {
  name: string;
  /** The kernel's number: the order of the rows. */
  index: number;
  loopback: boolean;
  status: "Up" | "Down" | "Unknown" | "Dormant" | "NotPresent" | "LowerLayerDown";
  mac: string;
  mtu: number;
  /** Mbit/s; 0: not known. */
  speed: number;
  ipv4: { address: string; mask: string }[];
  ipv6: string[];
};

/** A box has two; a developer's machine may have hundreds. */
const most = 8;

const states: Readonly<Record<string, BoardInterface["status"]>> = {
  up: "Up",
  down: "Down",
  dormant: "Dormant",
  notpresent: "NotPresent",
  lowerlayerdown: "LowerLayerDown",
};

/** Ethernet-like interfaces and the loopback, in the kernel's order. `root` is /sys/class/net. */
export function readInterfaces(root = "/sys/class/net"): BoardInterface[] {
  const addresses = networkInterfaces();
  const found = folders(root).map((name): BoardInterface & { type: number } => {
    const text = (file: string): string => readText(join(root, name, file));
    const number = (file: string): number => Math.max(0, Number(text(file)) || 0);
    const own = addresses[name] ?? [];
    const type = number("type");
    const state = states[text("operstate")];
    return {
      name,
      index: number("ifindex"),
      type,
      loopback: type === arphrd.loopback,
      // The loopback's state is always "unknown" to Linux.
      status: state ?? (own.length > 0 ? "Up" : "Unknown"),
      mac: text("address"),
      mtu: number("mtu"),
      speed: number("speed"),
      ipv4: own
        .filter(({ family }) => family === "IPv4")
        .map(({ address, netmask }) => ({ address, mask: netmask })),
      ipv6: own.filter(({ family }) => family === "IPv6").map(({ address }) => address),
    };
  });
  const known = found.filter(
    ({ type, ipv4, ipv6 }) => type === arphrd.ether || ipv4.length + ipv6.length > 0,
  );
  // The way to the world first: it is row 1 on every board.
  known.sort((a, b) => Number(a.loopback) - Number(b.loopback) || a.index - b.index);
  return known.slice(0, most).map(({ type: _type, ...rest }) => rest);
}

/** linux/if_arp.h */
const arphrd = { ether: 1, loopback: 772 } as const;

/** TR-181 Stats by the kernel's counters. */
const counters: Readonly<Record<string, string>> = {
  BytesSent: "tx_bytes",
  BytesReceived: "rx_bytes",
  PacketsSent: "tx_packets",
  PacketsReceived: "rx_packets",
  ErrorsSent: "tx_errors",
  ErrorsReceived: "rx_errors",
  DiscardPacketsSent: "tx_dropped",
  DiscardPacketsReceived: "rx_dropped",
};

/** One counter of an interface; undefined for a name that is none. */
export function readCounter(name: string, counter: string, root = "/sys/class/net"): string | undefined {
  const file = counters[counter];
  if (file === undefined) return undefined;
  const text = readText(join(root, name, "statistics", file));
  return /^\d+$/.test(text) ? text : "0";
}

function folders(root: string): string[] {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
}

/** "" for what is not there: some files of sysfs cannot be read while the interface is down. */
function readText(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}

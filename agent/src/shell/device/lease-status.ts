import { uptime } from "node:os";
import * as z from "zod";
import type { DataModel } from "../../core/data-model/index.ts";
import { readFileOr } from "./file.ts";

const table = "Device.DHCPv4.Client.";
const interfaces = "Device.IP.Interface.";
const text = z.string().max(256).catch("");
/** RFC 2131 §3.3: a lease of this length has no end. */
const endless = 0xffffffff;

/** What the board's DHCP client says of its lease (board-image/files/lease-options); lists with spaces between. */
const boardLease = z.object({
  interface: text,
  address: text,
  mask: text,
  routers: text,
  nameServers: text,
  server: text,
  seconds: z.coerce.number().int().nonnegative().catch(0),
  /** Seconds since the start of the board. */
  at: z.coerce.number().int().nonnegative().catch(0),
});
type BoardLease = z.infer<typeof boardLease>;

/** Shows the lease as Device.DHCPv4.Client.1, read when somebody looks. A machine without such a file has no client. */
export function showLease(model: DataModel, file: string | undefined, now: () => number = uptime): void {
  if (file === undefined) return;
  let lease: BoardLease | undefined;
  function refresh(): void {
    lease = readLease(readFileOr(file ?? ""));
  }
  model.addInstance(table, 1);
  model.provideObject(`${table}1.`, (name) =>
    lease === undefined ? undefined : leaseValue(model, lease, now(), name),
  );
  model.refreshBefore(table, refresh);
  refresh();
}

function readLease(json: string): BoardLease | undefined {
  try {
    const lease = boardLease.parse(JSON.parse(json));
    return lease.address === "" ? undefined : lease;
  } catch {
    return undefined;
  }
}

function leaseValue(model: DataModel, lease: BoardLease, now: number, name: string): string | undefined {
  const list = (words: string): string => words.trim().split(/\s+/).join(",");
  switch (name) {
    case "Interface":
      return rowOf(model, lease.interface);
    case "DHCPStatus":
      return remaining(lease, now) === 0 ? "Rebinding" : "Bound";
    case "IPAddress":
      return lease.address;
    case "SubnetMask":
      return lease.mask;
    case "IPRouters":
      return list(lease.routers);
    case "DNSServers":
      return list(lease.nameServers);
    case "LeaseTimeRemaining":
      return String(remaining(lease, now));
    case "DHCPServer":
      return lease.server;
  }
  return undefined;
}

function remaining({ at, seconds }: BoardLease, now: number): number {
  return seconds >= endless ? -1 : Math.max(0, Math.round(at + seconds - now));
}

function rowOf(model: DataModel, name: string): string {
  const row = model
    .instances(interfaces)
    .find((number) => model.value(`${interfaces}${number}.Name`) === name);
  return row === undefined ? "" : `${interfaces}${row}`;
}

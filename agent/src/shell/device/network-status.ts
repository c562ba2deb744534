import type { DataModel } from "../../core/data-model/index.ts";
import { type BoardInterface, readCounter, readInterfaces } from "./interfaces.ts";

const ethernet = "Device.Ethernet.Interface.";
const ip = "Device.IP.Interface.";

/** Shows the board's interfaces as rows of Device.Ethernet and Device.IP, brought up to date when somebody looks. */
export function showNetwork(model: DataModel, read: () => BoardInterface[] = readInterfaces): void {
  /** A row stays an interface's own while the agent runs. */
  const rows = new Map<string, number>();
  const shown = new Set<number>();

  function refresh(): void {
    const found = read();
    for (const board of found) {
      const row = rows.get(board.name) ?? rows.size + 1;
      rows.set(board.name, row);
      if (!shown.has(row)) add(row, board);
      update(row, board);
    }
    for (const [name, row] of rows) {
      if (!shown.has(row) || found.some((board) => board.name === name)) continue;
      model.removeInstance(ethernet, row);
      model.removeInstance(ip, row);
      shown.delete(row);
    }
  }

  function add(row: number, { loopback, name }: BoardInterface): void {
    shown.add(row);
    model.addInstance(ip, row);
    model.publish(`${ip}${row}.Name`, name.slice(0, 64));
    model.publish(`${ip}${row}.Type`, loopback ? "Loopback" : "Normal");
    model.provideObject(`${ip}${row}.Stats.`, (counter) => readCounter(name, counter));
    if (loopback) return;
    model.addInstance(ethernet, row);
    model.publish(`${ethernet}${row}.Name`, name.slice(0, 64));
    model.publish(`${ip}${row}.LowerLayers`, `${ethernet}${row}`);
    model.provideObject(`${ethernet}${row}.Stats.`, (counter) => readCounter(name, counter));
  }

  function update(row: number, { ipv4, ipv6, loopback, mac, mtu, speed, status }: BoardInterface): void {
    const own = `${ip}${row}.`;
    model.publish(`${own}Status`, status);
    model.publish(`${own}MaxMTUSize`, String(Math.min(Math.max(mtu, 64), 65_535)));
    fill(`${own}IPv4Address.`, ipv4.length);
    for (const [index, { address, mask }] of ipv4.entries()) {
      model.publish(`${own}IPv4Address.${index + 1}.IPAddress`, address);
      model.publish(`${own}IPv4Address.${index + 1}.SubnetMask`, mask);
      model.publish(`${own}IPv4Address.${index + 1}.AddressingType`, loopback ? "Static" : "DHCP");
    }
    fill(`${own}IPv6Address.`, ipv6.length);
    for (const [index, address] of ipv6.entries())
      model.publish(`${own}IPv6Address.${index + 1}.IPAddress`, address);
    if (loopback) return;
    model.publish(`${ethernet}${row}.Status`, status);
    model.publish(`${ethernet}${row}.MACAddress`, mac);
    model.publish(`${ethernet}${row}.CurrentBitRate`, String(speed));
  }

  function fill(table: string, count: number): void {
    for (const row of model.instances(table)) if (row > count) model.removeInstance(table, row);
    for (let row = 1; row <= count; row += 1) model.addInstance(table, row);
  }

  model.refreshBefore(ip, refresh);
  model.refreshBefore(ethernet, refresh);
  refresh();
}

import { join } from "node:path";
import type { DataModel } from "../../core/data-model/index.ts";
import type { Log } from "../logging.ts";
import { readFileOr, replaceFile } from "./file.ts";

const table = "Device.DNS.Client.Server.";
/** Rows of the addresses that the network gave: a resolver of C uses three at most (resolv.conf(5)). */
const learned = [1, 2, 3];

/**
 * Name servers: those that the network gave are the first rows, management's own come after and go, an address a line,
 * to `<state>/name-servers`, which the board's network service puts before the learned ones at each lease.
 */
export function manageNameServers(
  model: DataModel,
  state: string,
  log: Log,
  resolvConf = "/etc/resolv.conf",
): void {
  const file = join(state, "name-servers");
  const used = (): string[] =>
    readFileOr(resolvConf)
      .split("\n")
      .flatMap((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
      .slice(0, 8);
  const own = (): number[] => model.instances(table).filter((row) => !learned.includes(row));
  const wanted = (): string[] =>
    own()
      .filter((row) => model.value(`${table}${row}.Enable`) === "true")
      .map((row) => model.value(`${table}${row}.DNSServer`))
      .filter((address) => address !== "");

  for (const row of learned) {
    const address = (): string => {
      const chosen = new Set(wanted());
      return used().filter((server) => !chosen.has(server))[row - 1] ?? "";
    };
    model.addInstance(table, row);
    model.provideObject(`${table}${row}.`, (name) => {
      if (name === "DNSServer") return address();
      if (name === "Enable") return String(address() !== "");
      if (name === "Status") return address() === "" ? "Disabled" : "Enabled";
      return name === "Type" ? "DHCPv4" : undefined;
    });
    model.guardObject(`${table}${row}.`, () => ({ code: 9008, message: "the network gave this server" }));
  }

  let written = readFileOr(file);
  function apply(): void {
    for (const row of own()) provideStatus(row);
    const text = wanted()
      .map((address) => `${address}\n`)
      .join("");
    if (text === written) return;
    try {
      replaceFile(file, text);
      written = text;
    } catch (error) {
      log.error({ reason: String(error) }, "the name servers were not kept for the network service");
    }
  }
  function provideStatus(row: number): void {
    model.provide(`${table}${row}.Status`, () => {
      if (model.value(`${table}${row}.Enable`) !== "true") return "Disabled";
      // Until the network service has taken it up, it is not in use.
      return used().includes(model.value(`${table}${row}.DNSServer`)) ? "Enabled" : "Error";
    });
  }
  model.subscribe(({ path }) => {
    if (path.startsWith(table)) apply();
  });
  model.subscribeRows((row) => {
    if (row.startsWith(table)) apply();
  });
  apply();
}

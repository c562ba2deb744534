import { spawnSync } from "node:child_process";
import { startChild } from "@tonalite/scripts/telephony";
import type { Child } from "@tonalite/scripts/telephony";

/** Why networks of one's own cannot be made on this machine, if so. */
export function networkTrouble(): string | undefined {
  for (const [program, debianPackage] of [
    ["ip", "iproute2"],
    ["nft", "nftables"],
  ] as const)
    if (spawnSync(program, ["--help"]).error) return `${program} is not installed (${debianPackage})`;
  const probe = `tn-probe-${process.pid}`;
  if (spawnSync("ip", ["netns", "add", probe]).status !== 0)
    return "network namespaces are not permitted here";
  const filter = spawnSync("ip", ["netns", "exec", probe, "nft", "add", "table", "ip", "probe"]);
  spawnSync("ip", ["netns", "del", probe]);
  return filter.status === 0 ? undefined : "packet filters are not permitted here";
}

/** Networks of the kernel's own, apart from the machine's; all gone after `close`. */
export class Networks {
  readonly #names = new Map<string, string>();
  readonly #links: string[] = [];
  #count = 0;

  /** A network with a name of the test's choice. */
  add(name: string): void {
    const space = `tn${process.pid}${name}`;
    run("ip", ["netns", "add", space]);
    this.#names.set(name, space);
    this.run(name, "ip", ["link", "set", "lo", "up"]);
  }

  /**
   * A cable between two networks, each end with its address (`192.0.2.1/24`), or without one; "" is the machine's own network.
   * @returns the names of its two ends
   */
  connect(
    one: string,
    address: string | undefined,
    other: string,
    otherAddress: string | undefined,
  ): [string, string] {
    this.#count += 1;
    const ends: [string, string] = [
      `tn${process.pid % 100_000}a${this.#count}`,
      `tn${process.pid % 100_000}b${this.#count}`,
    ];
    run("ip", ["link", "add", ends[0], "type", "veth", "peer", "name", ends[1]]);
    for (const [end, network, place] of [
      [ends[0], one, address],
      [ends[1], other, otherAddress],
    ] as const) {
      if (network === "") this.#links.push(end);
      else run("ip", ["link", "set", end, "netns", this.#space(network)]);
      if (place !== undefined) this.run(network, "ip", ["addr", "add", place, "dev", end]);
      this.run(network, "ip", ["link", "set", end, "up"]);
    }
    return ends;
  }

  /** Runs a program to its end; its standard output. */
  run(network: string, program: string, args: string[]): string {
    const [command, ...rest] = this.#within(network, [program, ...args]);
    return run(command ?? "", rest);
  }

  start(network: string, program: string, args: string[], debianPackage: string): Child {
    const [command = "", ...rest] = this.#within(network, [program, ...args]);
    return startChild(command, rest, debianPackage, { group: true });
  }

  close(): void {
    for (const link of this.#links) spawnSync("ip", ["link", "del", link]);
    for (const space of this.#names.values()) spawnSync("ip", ["netns", "del", space]);
    this.#names.clear();
  }

  #within(network: string, command: string[]): string[] {
    return network === "" ? command : ["ip", "netns", "exec", this.#space(network), ...command];
  }

  #space(name: string): string {
    const space = this.#names.get(name);
    if (space === undefined) throw new Error(`there is no network ${name}`);
    return space;
  }
}

function run(program: string, args: string[]): string {
  const { error, status, stderr, stdout } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")}: ${stderr || (error?.message ?? "failed")}`);
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAcs } from "@tonalite/scripts/demo";
import type { AcsApi, AcsProcess } from "@tonalite/scripts/demo";
import type { Child } from "@tonalite/scripts/telephony";
import { Networks } from "./networks.ts";

const root = join(import.meta.dirname, "../..");
// RFC 2544's addresses for tests: no one's network.
const outside = "198.18.77.1";

/** A real ACS, and a real box in a home of its own behind the kernel's NAT: nothing comes in that was not asked for. */
export type HomeBehindNat = {
  /** The home's address outside. */
  gateway: string;
  /** The box's own. */
  inside: string;
  api: AcsApi;
  /** An API path of the box. */
  of: (path: string) => string;
  close: () => Promise<void>;
};

/** @param way what is left to reach the box by, beside its own CWMP sessions */
export async function openHomeBehindNat(way: "udp" | "usp"): Promise<HomeBehindNat> {
  const [gateway, inside] = ["198.18.77.2", "192.168.177.2"];
  const networks = new Networks();
  const folder = mkdtempSync(join(tmpdir(), "tonalite-nat-"));
  let acs: AcsProcess | undefined;
  let box: Child | undefined;
  const close = async (): Promise<void> => {
    await box?.stop();
    await acs?.stop();
    networks.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    networks.add("gateway");
    networks.add("home");
    const [, wan] = networks.connect("", `${outside}/24`, "gateway", `${gateway}/24`);
    networks.connect("gateway", "192.168.177.1/24", "home", `${inside}/24`);
    networks.run("home", "ip", ["route", "add", "default", "via", "192.168.177.1"]);
    networks.run("gateway", "sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
    acs = await startAcs({
      dataDir: join(folder, "acs"),
      host: outside,
      ports: way === "udp" ? { stun: 0 } : {},
    });
    writeFileSync(join(folder, "rules"), rules(wan, way === "udp" ? acs.ports.mqtt : undefined));
    networks.run("gateway", "nft", ["-f", join(folder, "rules")]);
    const { device, credentials } = await acs.api.post<{
      device: { id: string };
      credentials: { cwmpUsername: string; cwmpPassword: string };
    }>("/api/devices", {
      oui: "02544E",
      productClass: "virtual-ata",
      serialNumber: "NAT1",
      profile: "virtual/sim",
      provider: "ippi",
      region: "fr",
    });
    writeFileSync(join(folder, "password"), credentials.cwmpPassword, { mode: 0o600 });
    const flags = {
      state: join(folder, "box"),
      serial: "NAT1",
      acs: `http://${outside}:${acs.ports.cwmp}/`,
      "acs-user": credentials.cwmpUsername,
      "acs-password-file": join(folder, "password"),
    };
    const main = join(root, "agent/src/shell/main.ts");
    const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    box = networks.start("home", process.execPath, [main, ...words], "nodejs");
    const of = (path: string): string => `/api/devices/${encodeURIComponent(device.id)}${path}`;
    return { gateway, inside, api: acs.api, of, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param closedPort what the box cannot reach either */
const rules = (wan: string, closedPort: number | undefined): string =>
  [
    "table ip nat {",
    `  chain out { type nat hook postrouting priority 100; oifname "${wan}" masquerade random; }`,
    "}",
    "table ip filter {",
    "  chain through { type filter hook forward priority 0; policy drop;",
    "    ct state established,related accept",
    closedPort === undefined ? "" : `    oifname "${wan}" tcp dport ${closedPort} reject`,
    `    oifname "${wan}" accept`,
    "  }",
    "}",
  ].join("\n");

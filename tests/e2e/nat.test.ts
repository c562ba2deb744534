import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "@tonalite/acs/api";
import { startAcs } from "@tonalite/scripts/demo";
import type { AcsProcess } from "@tonalite/scripts/demo";
import type { Child } from "@tonalite/scripts/telephony";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Networks, networkTrouble } from "../simulators/networks.ts";
import { eventually } from "./stage.ts";

const root = join(import.meta.dirname, "../..");
const trouble = networkTrouble();

/* A box in a home of its own behind the kernel's NAT; the ACS outside can open no connection to it. */
describe.skipIf(trouble !== undefined)(
  `behind a NAT${trouble === undefined ? "" : ` (skipped: ${trouble})`}`,
  () => {
    // RFC 2544's addresses for tests: no one's network.
    const outside = "198.18.77.1";
    const gateway = "198.18.77.2";
    const networks = new Networks();
    let folder: string;
    let acs: AcsProcess;
    let box: Child;
    let deviceId: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "tonalite-nat-"));
      networks.add("gateway");
      networks.add("home");
      const [, wan] = networks.connect("", `${outside}/24`, "gateway", `${gateway}/24`);
      networks.connect("gateway", "192.168.177.1/24", "home", "192.168.177.2/24");
      networks.run("home", "ip", ["route", "add", "default", "via", "192.168.177.1"]);
      networks.run("gateway", "sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
      acs = await startAcs({ dataDir: join(folder, "acs"), host: outside, ports: { stun: 0 } });
      const rules = [
        "table ip nat {",
        `  chain out { type nat hook postrouting priority 100; oifname "${wan}" masquerade random; }`,
        "}",
        "table ip filter {",
        // Neither can anyone come in, nor the box reach the broker: what is left is CWMP and UDP.
        "  chain through { type filter hook forward priority 0; policy drop;",
        "    ct state established,related accept",
        `    oifname "${wan}" tcp dport ${acs.ports.mqtt} reject`,
        `    oifname "${wan}" accept`,
        "  }",
        "}",
      ].join("\n");
      writeFileSync(join(folder, "rules"), rules);
      networks.run("gateway", "nft", ["-f", join(folder, "rules")]);

      const registered = await acs.api.post<{
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
      deviceId = registered.device.id;
      const { cwmpPassword, cwmpUsername } = registered.credentials;
      writeFileSync(join(folder, "password"), cwmpPassword, { mode: 0o600 });
      const identity = ["--state", join(folder, "box"), "--serial", "NAT1", "--profile", "virtual/sim"];
      const management = [
        "--acs",
        `http://${outside}:${acs.ports.cwmp}/`,
        "--acs-user",
        cwmpUsername,
        "--acs-password-file",
        join(folder, "password"),
      ];
      box = networks.start(
        "home",
        process.execPath,
        [join(root, "agent/src/shell/main.ts"), ...identity, ...management],
        "nodejs",
      );
    });
    afterAll(async () => {
      await box?.stop();
      await acs?.stop();
      networks.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const of = (path: string): string => `/api/devices/${encodeURIComponent(deviceId)}${path}`;
    const value = async (name: string): Promise<string | undefined> => {
      const { items } = await acs.api.get<{ items: { path: string; value: string }[] }>(
        of("/parameters?under=Device.ManagementServer."),
      );
      return items.find(({ path }) => path === `Device.ManagementServer.${name}`)?.value;
    };

    it("the box finds out how it looks from outside and tells the ACS", async () => {
      await eventually(
        "the address of the UDP door",
        async () =>
          (await value("UDPConnectionRequestAddress"))?.startsWith(`${gateway}:`) ? true : undefined,
        60,
      );
      expect(await value("NATDetected")).toBe("true");
      expect(await value("ConnectionRequestURL")).toContain("192.168.177.2");
    });

    it("an order reaches it at once, by one signed datagram", async () => {
      const { id } = await acs.api.post<Command>(of("/commands"), {
        kind: "get",
        paths: ["Device.DeviceInfo.UpTime"],
      });
      // The next Inform of its own would be minutes away.
      const done = await eventually("the order's end", async () => {
        const { items } = await acs.api.get<{ items: Command[] }>(of("/commands"));
        return items.find((command) => command.id === id && command.state === "done");
      });
      expect(done.result).toMatchObject({ parameters: [{ path: "Device.DeviceInfo.UpTime" }] });
    });
  },
);

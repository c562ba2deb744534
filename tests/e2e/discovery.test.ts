import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeEnvelope, networkLease, readLease } from "@tonalite/agent/core/cwmp";
import type { MessageOf } from "@tonalite/agent/core/cwmp";
import type { Child } from "@tonalite/scripts/telephony";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Networks, networkTrouble } from "../simulators/networks.ts";
import { eventually } from "./stage.ts";

const root = join(import.meta.dirname, "../..");
const files = join(root, "scripts/firmware/board-image/files");
const missing = ["udhcpc", "dnsmasq"].find((program) => spawnSync(program, ["--help"]).error);
const trouble = networkTrouble() ?? (missing === undefined ? undefined : `${missing} is not installed`);

/* The board's own DHCP scripts on Debian's udhcpc, a real DHCP server, and the agent that follows their lease. */
describe.skipIf(trouble !== undefined)(
  `finding the ACS by DHCP${trouble === undefined ? "" : ` (skipped: ${trouble})`}`,
  () => {
    // RFC 2544's addresses for tests: no one's network.
    const outside = "198.18.78.1";
    const networks = new Networks();
    const running: Child[] = [];
    let folder: string;
    let interfaceName: string;
    let acsPort: number;
    let informs: MessageOf<"Inform">[];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        if (body === "") return;
        const { body: message } = decodeEnvelope(body);
        if (message.method === "Inform") informs.push(message);
        response.writeHead(503).end();
      });
    });

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "tonalite-dhcp-"));
      informs = [];
      networks.add("home");
      const [mine, theirs] = networks.connect("", `${outside}/24`, "home", undefined);
      interfaceName = theirs;
      await new Promise<void>((listening) => void server.listen(0, outside, listening));
      acsPort = (server.address() as AddressInfo).port;
      mkdirSync(join(folder, "factory"));
      writeFileSync(
        join(folder, "factory/identity.json"),
        JSON.stringify({
          oui: "02544E",
          serial: "DHCP1",
          productClass: "virtual-ata",
          profile: "virtual/sim",
          mac: "02:54:4e:0d:cb:01",
        }),
      );
      writeFileSync(join(folder, "noted"), "");
      // What the DHCP server tells about its clients (TR-069 Annex F).
      const note = join(folder, "note.sh");
      writeFileSync(
        note,
        `#!/bin/sh\necho "$2 $DNSMASQ_CPEWAN_OUI $DNSMASQ_CPEWAN_SERIAL $DNSMASQ_CPEWAN_CLASS" >>${folder}/noted\n`,
        { mode: 0o755 },
      );
      const options = [
        "--no-daemon --conf-file=/dev/null --port=0 --user=root --bind-interfaces --leasefile-ro --no-ping",
        `--interface=${mine} --dhcp-range=198.18.78.10,198.18.78.20,1h --dhcp-script=${note}`,
        // Only to those that ask as the standard says.
        "--dhcp-vendorclass=set:cpe,dslforum.org",
        `--dhcp-option=tag:cpe,encap:43,1,http://${outside}:${acsPort}/43`,
        `--dhcp-option=tag:cpe,encap:43,2,from-43`,
        `--dhcp-option=tag:cpe,vi-encap:3561,11,http://${outside}:${acsPort}/125`,
        "--dhcp-option=66,boot.example --dhcp-option=160,https://boot.example/{serial}",
      ];
      running.push(networks.start("", "dnsmasq", options.join(" ").split(" "), "dnsmasq-base"));
      const lease = join(folder, "lease.sh");
      const taken = `ip addr replace "$ip/$mask" dev "$interface"; sh ${files}/lease-options ${folder}/lease.json`;
      writeFileSync(lease, `#!/bin/sh\n[ "$1" != bound ] || { ${taken}; }\n`, { mode: 0o755 });
      const service = [join(files, "network-service"), interfaceName, lease, join(folder, "factory")];
      running.push(networks.start("home", "sh", service, "udhcpc"));
    });
    afterAll(async () => {
      for (const child of running.reverse()) await child.stop();
      server.close();
      server.closeAllConnections();
      networks.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it("the lease says what the server was told to say", async () => {
      const text = await eventually("the lease", () =>
        existsSync(join(folder, "lease.json")) ? readFileSync(join(folder, "lease.json"), "utf8") : undefined,
      );
      const lease = networkLease.parse(JSON.parse(text));
      expect(readLease(lease, "DHCP1")).toEqual({
        url: `http://${outside}:${acsPort}/125`,
        provisioningCode: "from-43",
      });
      const { bootServer, provisioningServer } = lease;
      const boot = networkLease.parse({ bootServer });
      expect(readLease(boot, "DHCP1")).toEqual({ bootstrapFile: "https://boot.example/DHCP1.json" });
      const file = networkLease.parse({ provisioningServer });
      expect(readLease(file, "DHCP1")).toEqual({ bootstrapFile: "https://boot.example/DHCP1" });
    });

    it("the server learns who the box is (option 125), by the address on its label", async () => {
      await eventually("the client's identity", () =>
        readFileSync(join(folder, "noted"), "utf8").includes("02:54:4e:0d:cb:01 02544E DHCP1 virtual-ata")
          ? true
          : undefined,
      );
    });

    it("the box introduces itself to the ACS that the network named", async () => {
      const agent = [
        join(root, "agent/src/shell/main.ts"),
        "--state",
        join(folder, "box"),
        "--serial",
        "DHCP1",
        "--lease",
        join(folder, "lease.json"),
      ];
      running.push(networks.start("home", process.execPath, agent, "nodejs"));
      const inform = await eventually("an Inform", () => informs[0]);
      expect(inform.events.map(({ eventCode }) => eventCode)).toContain("0 BOOTSTRAP");
      expect(inform.deviceId.serialNumber).toBe("DHCP1");
      const code = inform.parameters.find(({ path }) => path === "Device.DeviceInfo.ProvisioningCode");
      expect(code?.value).toBe("from-43");
    });
  },
);

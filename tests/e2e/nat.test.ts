import type { Command, Device } from "@tonalite/acs/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HomeBehindNat, openHomeBehindNat } from "../simulators/home-behind-nat.ts";
import { networkTrouble } from "../simulators/networks.ts";
import { eventually, sleep } from "./stage.ts";

const trouble = networkTrouble();
const skipped = trouble === undefined ? "" : ` (skipped: ${trouble})`;

/* A box in a home of its own behind the kernel's NAT; the ACS outside can open no connection to it. */
describe.skipIf(trouble !== undefined)(`behind a NAT, where only UDP and STUN are left${skipped}`, () => {
  let home: HomeBehindNat;
  beforeAll(async () => {
    home = await openHomeBehindNat("udp");
  });
  afterAll(() => home?.close());

  const value = async (name: string): Promise<string | undefined> => {
    const path = home.of("/parameters?under=Device.ManagementServer.");
    const { items } = await home.api.get<{ items: { path: string; value: string }[] }>(path);
    return items.find((item) => item.path === `Device.ManagementServer.${name}`)?.value;
  };

  it("the box finds out how it looks from outside and tells the ACS", async () => {
    const address = await eventually(
      "the address of the UDP door",
      async () => (await value("UDPConnectionRequestAddress")) || undefined,
      60,
    );
    expect(address).toMatch(new RegExp(`^${home.gateway}:`));
    expect(await value("NATDetected")).toBe("true");
    expect(await value("ConnectionRequestURL")).toContain(home.inside);
  });

  it("an order reaches it at once, by one signed datagram", async () => {
    const { id } = await home.api.post<Command>(home.of("/commands"), {
      kind: "get",
      paths: ["Device.DeviceInfo.UpTime"],
    });
    // The next Inform of its own would be minutes away.
    const done = await eventually("the order's end", async () => {
      const { items } = await home.api.get<{ items: Command[] }>(home.of("/commands"));
      return items.find((command) => command.id === id && command.state === "done");
    });
    expect(done.result).toMatchObject({ parameters: [{ path: "Device.DeviceInfo.UpTime" }] });
  });
});

describe.skipIf(trouble !== undefined)(`behind a NAT, with the broker in reach${skipped}`, () => {
  let home: HomeBehindNat;
  beforeAll(async () => {
    home = await openHomeBehindNat("usp");
  });
  afterAll(() => home?.close());

  it("the box is asked for a CWMP session over USP", async () => {
    const device = (): Promise<Device> => home.api.get<Device>(home.of(""));
    await eventually(
      "the box on USP",
      async () => ((await device()).connection === "usp" ? true : undefined),
      60,
    );
    // Its first sessions, with what they change, are over.
    let before = (await device()).lastInformAt;
    await eventually("quiet", async () => {
      await sleep(3000);
      const now = (await device()).lastInformAt;
      const quiet = now === before ? true : undefined;
      before = now;
      return quiet;
    });
    await home.api.post(home.of("/commands"), { kind: "wake" });
    await eventually("an Inform", async () => ((await device()).lastInformAt === before ? undefined : true));
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel, type DataModel } from "../../core/data-model/index.ts";
import { manageClock, posixZone } from "./clock-status.ts";
import { showDevice } from "./index.ts";
import { type BoardInterface, readCounter, readInterfaces } from "./interfaces.ts";
import { showLease } from "./lease-status.ts";
import { manageNameServers } from "./name-servers.ts";
import { showNetwork } from "./network-status.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Parameters<
  typeof showDevice
>[0]["log"];
let model: DataModel;
let state: string;
beforeEach(() => {
  model = createDeviceModel({ lines: 1 });
  state = mkdtempSync(join(tmpdir(), "tonalite-device-"));
});
afterEach(() => rmSync(state, { recursive: true }));
const write = (path: string, value: string) => model.write([{ path, value }], "cwmp");

describe("the board in the data model", () => {
  it("fills every object it opens, with values their declarations take", () => {
    showDevice({ model, state, version: "1.2.3", lease: undefined, log });
    const info = "Device.DeviceInfo.";
    expect(Number(model.value(`${info}MemoryStatus.Total`))).toBeGreaterThan(1024);
    expect(Number(model.value(`${info}MemoryStatus.FreePersistent`))).toBeGreaterThan(0);
    expect(Number(model.value(`${info}ProcessStatus.CPUUsage`))).toBeLessThanOrEqual(100);
    expect(model.value(`${info}FirstUseDate`)).toMatch(/^2\d{3}-/);
    expect(model.instances("Device.IP.Interface.")).not.toEqual([]);
    const loopback = model.read("Device.IP.Interface.").find(({ value }) => value === "127.0.0.1");
    expect(loopback).toBeDefined();
    expect(model.value("Device.DeviceInfo.VendorConfigFileNumberOfEntries")).toBe("1");
  });
});

describe("interfaces", () => {
  const eth: BoardInterface = {
    name: "eth0",
    index: 2,
    loopback: false,
    status: "Up",
    mac: "02:54:4e:00:00:01",
    mtu: 1500,
    speed: 100,
    ipv4: [{ address: "192.0.2.7", mask: "255.255.255.0" }],
    ipv6: ["2001:db8::7", "fe80::1"],
  };

  it("keep their rows while they come and go", () => {
    let found = [eth, { ...eth, name: "eth1", index: 3, ipv6: [] }];
    showNetwork(model, () => found);
    expect(model.value("Device.IP.Interface.1.IPv6Address.2.IPAddress")).toBe("fe80::1");
    expect(model.value("Device.IP.Interface.2.LowerLayers")).toBe("Device.Ethernet.Interface.2");
    found = [{ ...eth, name: "eth1", index: 3, status: "Down", ipv4: [], ipv6: [] }];
    expect(model.read("Device.Ethernet.").map(({ path }) => path)).not.toContain(
      "Device.Ethernet.Interface.1.Name",
    );
    expect(model.value("Device.IP.Interface.2.Status")).toBe("Down");
    expect(model.value("Device.IP.Interface.2.IPv4AddressNumberOfEntries")).toBe("0");
    found = [eth, ...found];
    model.read("Device.IP.Interface.");
    expect(model.value("Device.IP.Interface.1.Name")).toBe("eth0");
    expect(model.value("Device.IP.InterfaceNumberOfEntries")).toBe("2");
  });

  it("are read from the kernel's files, whatever is missing there", () => {
    const put = (name: string, file: string, text: string) => {
      mkdirSync(join(state, name, "statistics"), { recursive: true });
      writeFileSync(join(state, name, file), `${text}\n`);
    };
    put("eth7", "type", "1");
    put("eth7", "ifindex", "5");
    put("eth7", "operstate", "lowerlayerdown");
    put("eth7", "speed", "-1");
    put("eth7", "statistics/tx_bytes", "18446744073709551615");
    put("sit0", "type", "776");
    expect(readInterfaces(state)).toMatchObject([
      { name: "eth7", status: "LowerLayerDown", speed: 0, mtu: 0 },
    ]);
    expect(readCounter("eth7", "BytesSent", state)).toBe("18446744073709551615");
    expect(readCounter("eth7", "ErrorsSent", state)).toBe("0");
    expect(readCounter("eth7", "Nothing", state)).toBeUndefined();
    expect(readInterfaces(join(state, "nowhere"))).toEqual([]);
  });
});

describe("the lease", () => {
  const client = "Device.DHCPv4.Client.1.";
  const seen = () =>
    Object.fromEntries(model.read(client).map(({ path, value }) => [path.slice(client.length), value]));
  const good = {
    vendorSpecific: "",
    interface: "eth0",
    address: "192.0.2.7",
    mask: "255.255.255.0",
    routers: "192.0.2.1",
    nameServers: "192.0.2.53 192.0.2.54",
    server: "192.0.2.1",
    seconds: "3600",
    at: "100",
  };

  it("is what the board's client wrote, read when somebody looks", () => {
    const file = join(state, "lease.json");
    showLease(model, file, () => 700);
    expect(seen()).toMatchObject({ DHCPStatus: "Init", IPAddress: "" });
    writeFileSync(file, JSON.stringify(good));
    expect(seen()).toMatchObject({
      DHCPStatus: "Bound",
      IPAddress: "192.0.2.7",
      SubnetMask: "255.255.255.0",
      IPRouters: "192.0.2.1",
      DNSServers: "192.0.2.53,192.0.2.54",
      DHCPServer: "192.0.2.1",
      LeaseTimeRemaining: "3000",
    });
    writeFileSync(file, JSON.stringify({ ...good, seconds: "4294967295" }));
    expect(seen()).toMatchObject({ LeaseTimeRemaining: "-1" });
    writeFileSync(file, JSON.stringify({ ...good, seconds: "10" }));
    expect(seen()).toMatchObject({ LeaseTimeRemaining: "0", DHCPStatus: "Rebinding" });
  });

  it.each(["", "{", "[]", JSON.stringify({ address: 7 })])("that cannot be read is none: %s", (text) => {
    writeFileSync(join(state, "lease.json"), text);
    showLease(model, join(state, "lease.json"));
    expect(seen()).toMatchObject({ DHCPStatus: "Init", IPAddress: "" });
  });

  it("of a machine without such a client has no row", () => {
    showLease(model, undefined);
    expect(model.instances("Device.DHCPv4.Client.")).toEqual([]);
  });
});

describe("name servers", () => {
  const table = "Device.DNS.Client.Server.";
  const servers = () => readFileSync(join(state, "name-servers"), "utf8");
  let resolvConf: string;
  beforeEach(() => {
    resolvConf = join(state, "resolv.conf");
    writeFileSync(resolvConf, "search home\nnameserver 192.0.2.53\n");
    manageNameServers(model, state, log, resolvConf);
  });

  it("of the network are shown and cannot be changed", () => {
    expect(model.value(`${table}1.DNSServer`)).toBe("192.0.2.53");
    expect([model.value(`${table}1.Status`), model.value(`${table}2.Status`)]).toEqual([
      "Enabled",
      "Disabled",
    ]);
    expect(write(`${table}1.DNSServer`, "192.0.2.1")).toMatchObject({ ok: false, faults: [{ code: 9008 }] });
    expect(model.deleteRow(`${table}1.`)).toMatchObject({ ok: false, code: 9001 });
  });

  it("of management are kept for the network service, in use once it has taken them, and go with their row", () => {
    expect(model.addRow(table)).toEqual({ ok: true, instance: 4 });
    expect(write(`${table}4.DNSServer`, "name")).toMatchObject({ ok: false, faults: [{ code: 9007 }] });
    write(`${table}4.DNSServer`, "2001:db8::53");
    write(`${table}4.Enable`, "true");
    expect(servers()).toBe("2001:db8::53\n");
    expect(model.value(`${table}4.Status`)).toBe("Error");
    writeFileSync(resolvConf, "nameserver 2001:db8::53\nnameserver 192.0.2.53\n");
    expect(model.value(`${table}4.Status`)).toBe("Enabled");
    expect(model.value(`${table}1.DNSServer`)).toBe("192.0.2.53");
    model.deleteRow(`${table}4.`);
    expect(servers()).toBe("");
  });
});

describe("the clock", () => {
  const servers = () => readFileSync(join(state, "time-servers"), "utf8");

  it("stands as the board's NTP client says, whatever time it shows", () => {
    const standing = join(state, "clock");
    manageClock(model, state, log, () => new Date("2026-11-22T05:00:00Z"), standing);
    const status = (): string => model.value("Device.Time.Status");
    expect(status()).toBe("Synchronized");
    writeFileSync(standing, "Error_FailedToSynchronize\n");
    expect(status()).toBe("Error_FailedToSynchronize");
    writeFileSync(standing, "half a wo");
    expect(status()).toBe("Synchronized");
  });

  it("tells the board's client its servers, and that it is switched off", () => {
    manageClock(model, state, log);
    write("Device.Time.NTPServer2", "ntp.example");
    write("Device.Time.NTPServer1", "192.0.2.1");
    expect(servers()).toBe("192.0.2.1\nntp.example\n");
    write("Device.Time.Enable", "false");
    expect(servers()).toBe("disabled\n");
    expect(model.value("Device.Time.Status")).toBe("Disabled");
  });

  it("does not pretend to know a time that was never set", () => {
    manageClock(model, state, log, () => new Date("1970-01-01T00:01:00Z"));
    expect(model.value("Device.Time.CurrentLocalTime")).toBe("0001-01-01T00:00:00Z");
    expect(model.value("Device.DeviceInfo.FirstUseDate")).toBe("0001-01-01T00:00:00Z");
  });

  it("notes its first use once", () => {
    manageClock(model, state, log, () => new Date("2026-11-22T05:00:00Z"));
    manageClock(model, state, log, () => new Date("2027-11-22T05:00:00Z"));
    expect(model.value("Device.DeviceInfo.FirstUseDate")).toBe("2026-11-22T05:00:00Z");
    expect(model.snapshot()["Device.DeviceInfo.FirstUseDate"]).toBe("2026-11-22T05:00:00Z");
  });

  it.each([
    [0, "UTC0"],
    [60, "<+01>-1"],
    [330, "<+0530>-5:30"],
    [-210, "<-0330>3:30"],
  ])("writes %d minutes east as %s", (minutes, zone) => {
    expect(posixZone(minutes)).toBe(zone);
  });
});

import { describe, expect, it } from "vitest";
import { desiredParameters, parameterKeyOf } from "./desired.ts";
import { deviceIdOf } from "./identity.ts";
import type { LineRow } from "./repository.ts";

const device = { provider: "ippi", region: "fr", desired: {}, connection_request_username: "acs" };
const secrets = { connectionRequestPassword: "c", mqttPassword: "m", sip: new Map([[1, "s"]]) };
const mqtt = { host: "192.0.2.1", port: 1883, tls: false, username: "0011AA-S1" };
const acs = { periodicInformInterval: 300, mqtt };
const line = (change: Partial<LineRow> = {}): LineRow => ({
  device_id: "d",
  line: 1,
  directory_number: "0123",
  sip_user: "alice",
  auth_user: null,
  sip_password_sealed: null,
  domain: "sip.example.net",
  proxy_host: null,
  proxy_port: null,
  enabled: true,
  status: null,
  status_since: null,
  call_status: null,
  ...change,
});
const network = "Device.Services.VoiceService.1.SIP.Network.1.";
const values = (...lines: LineRow[]) =>
  Object.fromEntries(
    [...desiredParameters(device, lines, [], secrets, acs)].map(([path, { value }]) => [path, value]),
  );

describe("what a device shall be", () => {
  it("holds the terms, the account and the way to the ACS", () => {
    expect(values(line())).toMatchObject({
      "Device.X_TONALITE_Terms.Provider": "ippi",
      "Device.MQTT.Client.1.Username": "0011AA-S1",
      "Device.Services.VoiceService.1.SIP.Client.1.RegisterURI": "sip:alice@sip.example.net",
      "Device.Services.VoiceService.1.SIP.Client.1.AuthUserName": "alice",
      "Device.Services.VoiceService.1.SIP.Client.1.AuthPassword": "s",
      "Device.Services.VoiceService.1.CallControl.Line.1.DirectoryNumber": "0123",
    });
  });

  it.each([
    [{}, "sip.example.net", "0", "", "0"],
    [{ domain: "127.0.0.1:5070" }, "127.0.0.1", "5070", "", "0"],
    [
      { domain: "127.0.0.1", proxy_host: "127.0.0.1", proxy_port: 5070 },
      "127.0.0.1",
      "5070",
      "127.0.0.1",
      "5070",
    ],
    [
      { proxy_host: "proxy.example.net", proxy_port: 5080 },
      "sip.example.net",
      "0",
      "proxy.example.net",
      "5080",
    ],
    [{ domain: "[2001:db8::1]:5070" }, "[2001:db8::1]", "5070", "", "0"],
  ])("finds the SIP servers of %j", (change, registrar, registrarPort, proxy, proxyPort) => {
    const found = values(line(change));
    expect(found[`${network}RegistrarServer`]).toBe(registrar);
    expect(found[`${network}RegistrarServerPort`]).toBe(registrarPort);
    expect(found[`${network}ProxyServer`]).toBe(proxy);
    expect(found[`${network}ProxyServerPort`]).toBe(proxyPort);
  });

  it("lets overrides win", () => {
    const path = "Device.ManagementServer.PeriodicInformInterval";
    const desired = desiredParameters({ ...device, desired: { [path]: "60" } }, [], [], secrets, acs);
    expect(desired.get(path)).toEqual({ value: "60" });
  });

  it("switches a line off that was taken away", () => {
    const desired = desiredParameters(device, [], [2], secrets, acs);
    expect(desired.get("Device.Services.VoiceService.1.SIP.Client.2.Enable")).toEqual({ value: "false" });
  });

  it("has a key that changes with a secret, not with the order", () => {
    const fingerprint = (text: string): Buffer => Buffer.from(text.padEnd(32, "."));
    const desired = desiredParameters(device, [line()], [], secrets, acs);
    const key = (entries: Iterable<[string, { value: string }]>): string =>
      parameterKeyOf(new Map(entries), fingerprint);
    expect(key(desired).length).toBeLessThanOrEqual(32);
    expect(key([...desired].toReversed())).toBe(key(desired));
  });
});

describe("a device's id", () => {
  it.each([
    [{ oui: "0011AA", productClass: "box", serialNumber: "S1" }, "0011AA-box-S1"],
    [{ oui: "0011AA", productClass: "my-box", serialNumber: "é 1" }, "0011AA-my%2Dbox-%C3%A9%201"],
    [{ oui: "0011AA", productClass: "", serialNumber: "1" }, "0011AA--1"],
  ])("names %j %s", (identity, id) => expect(deviceIdOf(identity)).toBe(id));

  it("tells a device where lightweight notifications are heard, if they are", () => {
    const place = { ...acs, light: { host: "192.0.2.1", port: 7547 } };
    const desired = desiredParameters(device, [], [], secrets, place);
    const used = "Device.ManagementServer.LightweightNotificationProtocolsUsed";
    expect(desired.get(used)).toEqual({ value: "UDP" });
    expect(desiredParameters(device, [], [], secrets, acs).has(used)).toBe(false);
  });

  it("has a device keep its NAT open where the ACS can call through it", () => {
    const place = { ...acs, stun: { host: "192.0.2.1", port: 3478 } };
    const desired = desiredParameters(device, [], [], secrets, place);
    expect(desired.get("Device.ManagementServer.STUNEnable")).toEqual({ value: "true" });
    expect(desired.get("Device.ManagementServer.STUNServerPort")).toEqual({ value: "3478" });
    expect([...desiredParameters(device, [], [], secrets, acs).keys()].join()).not.toContain("STUN");
  });
});

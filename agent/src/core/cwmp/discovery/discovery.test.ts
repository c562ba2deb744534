import { describe, expect, it } from "vitest";
import {
  BootstrapError,
  judgeOffer,
  networkLease,
  readBootstrapFile,
  readLease,
  readVendorIdentifying,
  readVendorSpecific,
} from "./index.ts";

const ascii = (text: string): number[] => [...Buffer.from(text, "latin1")];
const sub = (code: number, value: string): number[] => [code, value.length, ...ascii(value)];
const url = "https://acs.example:7547/cwmp";
const v125 = (number: number, data: number[]): number[] => [
  0,
  0,
  number >> 8,
  number & 255,
  data.length,
  ...data,
];
const hex = (bytes: number[] | string): string => Buffer.from(bytes as number[]).toString("hex");

describe("DHCP options for the ACS (TR-069 3.1)", () => {
  const all43 = Uint8Array.from([...sub(1, url), ...sub(2, "site.12"), ...sub(3, "10"), ...sub(4, "3000")]);
  const expected = { url, provisioningCode: "site.12", retryMinimum: 10, retryMultiplier: 3000 };

  it("stand in option 43 as sub-options 1 to 4", () => {
    expect(readVendorSpecific(all43)).toEqual(expected);
  });

  it("stand in option 125 as sub-options 11 to 14, among other enterprises' data", () => {
    const ours = [...sub(11, url), ...sub(12, "site.12"), ...sub(13, "10"), ...sub(14, "3000")];
    const bytes = Uint8Array.from([...v125(9, [1, 2, 3]), ...v125(3561, ours), ...v125(4491, [])]);
    expect(readVendorIdentifying(bytes)).toEqual(expected);
    // Sub-options 1 to 6 are identities of device and gateway there.
    expect(readVendorIdentifying(Uint8Array.from(v125(3561, sub(1, url))))).toEqual({});
  });

  it.each([
    ["a bare URL", ascii(url), { url }],
    ["an end mark", sub(1, `${url}\0`), { url }],
    ["padding and the option's end", [0, 0, ...sub(1, url), 255, 9, 9], { url }],
    ["no URL", sub(1, "acs.example"), {}],
    ["another protocol", sub(1, "ftp://acs.example/"), {}],
    ["credentials in the URL", sub(1, "http://u:p@acs.example/"), {}],
    ["numbers out of range", [...sub(1, url), ...sub(3, "0"), ...sub(4, "999")], { url }],
    ["numbers that are none", [...sub(1, url), ...sub(3, "ten")], { url }],
    ["nothing", [], {}],
    ["a length beyond the end", [...sub(1, url), 2, 200, 1], {}],
  ])("with %s are read leniently or not at all", (_name, bytes, offer) => {
    expect(readVendorSpecific(Uint8Array.from(bytes))).toEqual(offer);
  });

  it("are never more than nothing when they are cut or noise", () => {
    const whole = Uint8Array.from(v125(3561, [...sub(11, url), ...sub(12, "code")]));
    for (let length = 0; length < whole.length; length += 1) {
      expect(readVendorIdentifying(whole.subarray(0, length))).toEqual({});
      expect(() => readVendorSpecific(whole.subarray(0, length))).not.toThrow();
    }
  });
});

describe("a lease", () => {
  const lease = (fields: object) => readLease(networkLease.parse(fields), "SN 1");

  it("names the ACS by option 125 rather than 43, and by either rather than a bootstrap file", () => {
    const other = "http://other.example/";
    const both = {
      vendorSpecific: hex([...sub(1, other), ...sub(2, "code")]),
      vendorIdentifying: hex(v125(3561, sub(11, url))),
      bootServer: hex(ascii("https://boot.example/x")),
    };
    expect(lease(both)).toEqual({ url, provisioningCode: "code" });
  });

  it("names a bootstrap file by option 160 or 66, with the box's serial number in it", () => {
    const boot = (address: string): string => hex(ascii(address));
    expect(lease({ bootServer: boot("https://boot.example/{serial}.json") })).toEqual({
      bootstrapFile: "https://boot.example/SN%201.json",
    });
    const both = { bootServer: boot("https://b.example/"), provisioningServer: boot("https://p.example/") };
    expect(lease(both)).toEqual({ bootstrapFile: "https://p.example/" });
    expect(lease({ bootServer: boot("boot.example") })).toEqual({
      bootstrapFile: "https://boot.example/SN%201.json",
    });
    for (const odd of ["", "bad host", "ftp://boot.example/", "-x", "a..b/c"])
      expect(lease({ bootServer: boot(odd) })).toEqual({});
  });

  it.each([{ vendorSpecific: "zz" }, { vendorSpecific: "123" }, { bootServer: 7 }, "text"])(
    "is refused as %j",
    (fields) => {
      expect(networkLease.safeParse(fields).success).toBe(false);
    },
  );
});

describe("a bootstrap file", () => {
  const file = { acs: { url, username: "box", password: "secret" }, provisioningCode: "site" };

  it("holds the ACS and, over TLS, the credentials", () => {
    expect(readBootstrapFile(JSON.stringify(file), true)).toEqual({
      url,
      username: "box",
      password: "secret",
      provisioningCode: "site",
    });
    expect(readBootstrapFile(JSON.stringify({ acs: { url } }), false)).toEqual({ url });
  });

  it.each([
    ["credentials without TLS", JSON.stringify(file), false, "without TLS"],
    ["no JSON", "<html>", true, "not JSON"],
    ["no URL", JSON.stringify({ acs: {} }), true, "acs.url"],
    ["something unknown", JSON.stringify({ ...file, firmware: 1 }), true, "firmware"],
  ])("with %s is refused in words without secrets", (_name, text, secure, words) => {
    expect(() => readBootstrapFile(text, secure)).toThrow(BootstrapError);
    expect(() => readBootstrapFile(text, secure)).toThrow(words);
    expect(() => readBootstrapFile(text, secure)).toThrow(/^(?!.*secret)/);
  });
});

describe("who decides about the ACS", () => {
  const factory = "https://factory.example/";
  const found = "https://found.example/";
  const table: [string, { current: string; discovered?: string }, string, boolean][] = [
    ["a box without any", { current: "" }, found, true],
    ["a box as the factory made it", { current: factory }, found, true],
    [
      "a box with another from the network",
      { current: found, discovered: found },
      "https://new.example/",
      true,
    ],
    ["a box that was configured", { current: "https://set.example/", discovered: found }, found, false],
    ["the same again", { current: found, discovered: found }, found, false],
    ["away from TLS", { current: factory }, "http://found.example/", false],
    ["without TLS, where there was none", { current: "" }, "http://found.example/", true],
  ];
  it.each(table)("%s", (_name, { current, discovered = "" }, offered, taken) => {
    const judged = judgeOffer({ current, discovered, factory }, { url: offered, provisioningCode: "p" });
    expect("settings" in judged).toBe(taken);
    if ("settings" in judged)
      expect(judged.settings).toEqual([
        { path: "Device.DeviceInfo.ProvisioningCode", value: "p" },
        { path: "Device.ManagementServer.URL", value: offered },
      ]);
  });

  it("changes nothing without an ACS in the offer", () => {
    expect(judgeOffer({ current: "", discovered: "", factory: "" }, { retryMinimum: 5 })).toHaveProperty(
      "ignored",
    );
  });
});

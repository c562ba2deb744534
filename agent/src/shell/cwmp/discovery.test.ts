import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel, type DataModel } from "../../core/data-model/index.ts";
import { discoverAcs } from "./discovery.ts";
import { type Answer, ScriptedAcs } from "./scripted-acs.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const urlPath = "Device.ManagementServer.URL";
const hex = (text: string): string => Buffer.from(text, "latin1").toString("hex");
const option43 = (url: string): object => ({
  vendorSpecific: hex(`\x01${String.fromCharCode(url.length)}${url}`),
});

describe("following the network's word about the ACS", () => {
  let folder: string;
  let model: DataModel;
  let stored: Map<string, unknown>;
  let timers: (() => void)[];
  let discovery: { stop(): void } | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "discovery-"));
    model = createDeviceModel({ lines: 1 });
    stored = new Map();
    timers = [];
  });
  afterEach(() => {
    discovery?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const lease = (content: object | string): void => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    writeFileSync(join(folder, "lease.new"), text);
    renameSync(join(folder, "lease.new"), join(folder, "lease.json"));
  };
  const start = (factoryUrl = ""): void => {
    discovery = discoverAcs({
      leaseFile: join(folder, "lease.json"),
      factoryUrl,
      serial: "S1",
      model,
      values: {
        get: (key) => stored.get(key),
        set: (key, value) => void stored.set(key, value),
        delete: (key) => void stored.delete(key),
      },
      clock: { now: () => 0, after: (_wait, task) => (timers.push(task), () => (timers = [])) },
      log: silent,
    });
  };
  const acs = (): string => model.value(urlPath);

  it("takes the ACS of a lease that is there, and of one that comes later", async () => {
    lease(option43("http://one.example/"));
    start();
    expect(acs()).toBe("http://one.example/");
    lease(option43("http://two.example/"));
    await expect.poll(acs).toBe("http://two.example/");
  });

  it("leaves an ACS alone that somebody set, also one that came from the network first", async () => {
    lease(option43("http://one.example/"));
    start();
    model.write([{ path: urlPath, value: "http://set.example/" }], "cwmp");
    lease(option43("http://two.example/"));
    lease({ ...option43("http://three.example/"), bootServer: "" });
    discovery?.stop();
    start();
    expect(acs()).toBe("http://set.example/");
  });

  it("knows after a restart which ACS came from the network", () => {
    lease(option43("http://one.example/"));
    start();
    discovery?.stop();
    lease(option43("http://two.example/"));
    start();
    expect(acs()).toBe("http://two.example/");
  });

  it("goes before the factory's ACS", () => {
    model.publish(urlPath, "http://factory.example/");
    lease(option43("http://one.example/"));
    start("http://factory.example/");
    expect(acs()).toBe("http://one.example/");
  });

  it.each(["", "{", "[]", '{"vendorSpecific":"xyz"}'])("does nothing about a lease like %j", (text) => {
    lease(text);
    start();
    expect(acs()).toBe("");
  });

  describe("by a bootstrap file", () => {
    let answers: Answer[];
    let files: ScriptedAcs;
    let url: string;
    beforeEach(async () => {
      answers = [];
      files = new ScriptedAcs(() => answers.shift() ?? { status: 404 });
      url = await files.listen();
    });
    afterEach(() => files.close());
    const body = JSON.stringify({ acs: { url: "http://boot.example/" }, provisioningCode: "site" });

    it("fetches the file for this box", async () => {
      answers = [{ body }];
      lease({ bootServer: hex(`${url}{serial}.json`) });
      start();
      await expect.poll(acs).toBe("http://boot.example/");
      expect(model.value("Device.DeviceInfo.ProvisioningCode")).toBe("site");
      expect(files.seen[0]?.url).toBe("/S1.json");
    });

    it("asks again, later and later, for a file that is missing or wrong", async () => {
      answers = [{ status: 500 }, { body: "<html>" }, { body }];
      lease({ provisioningServer: hex(url) });
      start();
      for (let asked = 1; asked <= 2; asked += 1) {
        await expect.poll(() => [files.seen.length, timers.length]).toEqual([asked, asked]);
        timers.at(-1)?.();
      }
      await expect.poll(acs).toBe("http://boot.example/");
    });

    it("does not take credentials from a file without TLS", async () => {
      answers = [{ body: JSON.stringify({ acs: { url: "http://boot.example/", password: "x" } }) }];
      lease({ bootServer: hex(url) });
      start();
      await expect.poll(() => timers.length).toBe(1);
      expect(acs()).toBe("");
    });

    it("is not asked for where an ACS is configured", () => {
      model.write([{ path: urlPath, value: "http://set.example/" }], "cli");
      lease({ bootServer: hex(url) });
      start();
      expect(files.seen).toEqual([]);
    });
  });
});

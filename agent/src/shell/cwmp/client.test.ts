import { createSocket } from "node:dgram";
import { once } from "node:events";
import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type CwmpMessage,
  decodeEnvelope,
  type Download,
  encodeEnvelope,
  type MessageOf,
  type StoredAttributes,
  type StoredEvent,
} from "../../core/cwmp/index.ts";
import { createDeviceModel, type DataModel } from "../../core/data-model/index.ts";
import { configurationFile } from "./configuration-file.ts";
import type { PendingTransfer } from "./transfers.ts";
import { createCwmpClient, type CwmpClient, type CwmpHooks } from "./index.ts";
import { digestResponse, parseChallenges } from "../net/digest.ts";
import { type Answer, ScriptedAcs } from "./scripted-acs.ts";

const server = "Device.ManagementServer.";
const status = "Device.Services.VoiceService.1.SIP.Client.1.Status";
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Timers that run when the test says so. */
class Clock {
  time = Date.UTC(2026, 10, 22);
  #timers: { at: number; task: () => void }[] = [];
  now = (): number => this.time;
  after = (milliseconds: number, task: () => void): (() => void) => {
    const timer = { at: this.time + milliseconds, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };
  advance(milliseconds: number): void {
    const until = this.time + milliseconds;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.time = next.at;
      next.task();
    }
    this.time = until;
  }
  get pending(): number[] {
    return this.#timers.map(({ at }) => at - this.time).sort((a, b) => a - b);
  }
}

let model: DataModel;
let clock: Clock;
let acs: ScriptedAcs;
let client: CwmpClient;
let store: StoredEvent[];
let pending: PendingTransfer[];
let busy: boolean;
let attributes: StoredAttributes;
let done: string[];
let downloads: Download[];
/** What the ACS asks in the coming sessions, and what the box said. */
let requests: CwmpMessage[];
let said: CwmpMessage[];
let trouble: ((index: number, body: string) => Answer | undefined) | undefined;

const hooks: CwmpHooks = {
  download: async (asked) => {
    if (busy) return { faultCode: 9001, faultString: "an update is under way" };
    downloads.push(asked);
    return { status: 1 };
  },
  reboot: (key) => done.push(`reboot ${key}`),
  factoryReset: () => done.push("factory reset"),
  loadEvents: () => structuredClone(store),
  saveEvents: (events) => {
    store = structuredClone(events);
  },
  loadAttributes: () => structuredClone(attributes),
  saveAttributes: (kept) => {
    attributes = structuredClone(kept);
  },
  loadTransfers: () => structuredClone(pending),
  saveTransfers: (kept) => {
    pending = structuredClone(kept);
  },
  cancelDownload: () => undefined,
  downloads: () => [],
  logFile: () => "what happened",
  takeSounds: (kind, bytes) => {
    if (bytes.length === 0) return "it is empty";
    done.push(`${kind} ${Buffer.from(bytes).toString()}`);
    return undefined;
  },
};
const reply = (body: CwmpMessage, id?: string): Answer => ({
  body: encodeEnvelope({ ...(id === undefined ? {} : { id }), namespace: "urn:dslforum-org:cwmp-1-2", body }),
});

beforeEach(async () => {
  store = [];
  attributes = {};
  pending = [];
  busy = false;
  done = [];
  downloads = [];
  requests = [];
  said = [];
  trouble = undefined;
  clock = new Clock();
  model = createDeviceModel({ lines: 1 });
  acs = new ScriptedAcs(({ body }, index) => {
    const bad = trouble?.(index, body);
    if (bad !== undefined) return bad;
    if (body !== "") {
      const { id, body: message } = decodeEnvelope(body);
      said.push(message);
      if (message.method === "Inform") return reply({ method: "InformResponse", maxEnvelopes: 1 }, id);
      if (message.method === "TransferComplete") return reply({ method: "TransferCompleteResponse" }, id);
    }
    const next = requests.shift();
    return next === undefined ? { status: 204 } : reply(next, `request-${requests.length}`);
  });
  const url = await acs.listen();
  for (const [name, value] of [
    ["DeviceInfo.Manufacturer", "Tonalite"],
    ["DeviceInfo.ManufacturerOUI", "00AABB"],
    ["DeviceInfo.ProductClass", "ATA"],
    ["DeviceInfo.SerialNumber", "0001"],
    ["ManagementServer.URL", url],
    ["ManagementServer.ConnectionRequestUsername", "knock"],
    ["ManagementServer.ConnectionRequestPassword", "knock-secret"],
  ] as const)
    model.publish(`Device.${name}`, value);
  client = createCwmpClient({
    model,
    hooks,
    log: silent,
    clock,
    random: () => 0.5,
    timeout: 2000,
    connectionRequest: { host: "127.0.0.1" },
  });
});
afterEach(async () => {
  await client.stop();
  await acs.close();
});

const informs = () => said.filter((message): message is MessageOf<"Inform"> => message.method === "Inform");
const codes = (index: number) => informs()[index]?.events.map(({ eventCode }) => eventCode);
/** Waits until the ACS has been asked so often and the box has nothing under way. */
const settle = (count: number) => expect.poll(() => acs.seen.length, { interval: 5 }).toBe(count);
const lastSaid = () => said.at(-1);

describe("the CWMP client", () => {
  it("introduces itself, over one connection, and is not forgotten by a restart", async () => {
    await client.start();
    await settle(2);
    expect(codes(0)).toEqual(["0 BOOTSTRAP", "1 BOOT"]);
    expect(informs()[0]).toMatchObject({
      deviceId: { manufacturer: "Tonalite", oui: "00AABB", productClass: "ATA", serialNumber: "0001" },
      currentTime: "2026-11-22T00:00:00Z",
      retryCount: 0,
    });
    expect(informs()[0]?.parameters.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "Device.RootDataModelVersion",
        "Device.DeviceInfo.SoftwareVersion",
        "Device.ManagementServer.ParameterKey",
        "Device.ManagementServer.ConnectionRequestURL",
        status,
      ]),
    );
    expect(acs.seen[1]).toMatchObject({ body: "", socket: 1 });
    await client.stop();
    client = createCwmpClient({
      model,
      hooks,
      log: silent,
      clock,
      random: () => 0.5,
      connectionRequest: { host: "127.0.0.1" },
    });
    await client.start();
    await settle(4);
    expect(codes(1)).toEqual(["1 BOOT"]);
  });

  it("answers the RPCs of the ACS one after another in one session", async () => {
    requests = [
      { method: "GetRPCMethods" },
      {
        method: "SetParameterValues",
        parameters: [{ path: `${server}PeriodicInformInterval`, value: "60", type: "unsignedInt" }],
        parameterKey: "k1",
      },
      { method: "GetParameterValues", names: [`${server}ParameterKey`, `${server}PeriodicInformInterval`] },
      { method: "GetParameterNames", path: "Device.", nextLevel: true },
    ];
    await client.start();
    await settle(6);
    expect(said.slice(1)).toMatchObject([
      {
        method: "GetRPCMethodsResponse",
        methods: expect.arrayContaining(["Download", "Reboot"]) as string[],
      },
      { method: "SetParameterValuesResponse", status: 0 },
      { method: "GetParameterValuesResponse", parameters: [{ value: "k1" }, { value: "60" }] },
      { method: "GetParameterNamesResponse" },
    ]);
    expect(decodeEnvelope(acs.seen[2]?.body ?? "").id).toBe("request-3");
  });

  it("hands a Download to the update engine and reports its outcome until it is confirmed", async () => {
    const asked: Download = {
      method: "Download",
      commandKey: "job",
      fileType: "1 Firmware Upgrade Image",
      url: "http://127.0.0.1/firmware/x",
      username: "u",
      password: "p",
      fileSize: 1,
      targetFileName: "",
      delaySeconds: 0,
      successUrl: "",
      failureUrl: "",
    };
    requests = [asked];
    await client.start();
    await settle(3);
    expect(downloads).toEqual([asked]);
    expect(lastSaid()).toMatchObject({ method: "DownloadResponse", status: 1 });

    // The outcome may still ride along in the session that asked for it: what fails is its first telling, wherever.
    let told = 0;
    trouble = (_index, body) =>
      body.includes("TransferComplete>") && told++ === 0 ? { status: 500 } : undefined;
    const outcome = {
      commandKey: "job",
      fault: { code: 9018, string: "hash differs" },
      startTime: "2026-11-22T00:00:00Z",
      completeTime: "2026-11-22T00:00:01Z",
    };
    client.transferComplete(outcome);
    expect(store).toContainEqual({ kind: "transfer", ...outcome });
    await expect.poll(() => clock.pending).toContain(7500);
    clock.advance(7500);
    await expect.poll(lastSaid).toEqual({ method: "TransferComplete", ...outcome });
    expect(told).toBe(2);
    expect(informs().at(-1)).toMatchObject({
      events: [{ eventCode: "7 TRANSFER COMPLETE" }, { eventCode: "M Download" }],
      retryCount: 1,
    });
    await expect.poll(() => store).toEqual([{ kind: "acs", url: model.value(`${server}URL`) }]);
  });

  it("reboots after the session, and tells why after the restart", async () => {
    requests = [{ method: "Reboot", commandKey: "why" }];
    await client.start();
    await expect.poll(() => done).toEqual(["reboot why"]);
    expect(lastSaid()).toEqual({ method: "RebootResponse" });
    await client.stop();
    client = createCwmpClient({
      model,
      hooks,
      log: silent,
      clock,
      random: () => 0.5,
      connectionRequest: { host: "127.0.0.1" },
    });
    await client.start();
    await settle(5);
    expect(informs()[1]?.events).toEqual([
      { eventCode: "1 BOOT", commandKey: "" },
      { eventCode: "M Reboot", commandKey: "why" },
    ]);
  });

  it("forgets everything when told to", async () => {
    requests = [{ method: "FactoryReset" }];
    await client.start();
    await expect.poll(() => done).toEqual(["factory reset"]);
  });

  describe("the queue of transfers", () => {
    const upload = (url: string, delaySeconds = 0): CwmpMessage => ({
      method: "Upload",
      commandKey: "up",
      fileType: "1 Vendor Configuration File",
      url,
      username: "u",
      password: "p",
      delaySeconds,
    });
    const idleWindow = { start: 10, end: 60, mode: "3 When Idle", userMessage: "", maxRetries: 0 };
    const scheduled: CwmpMessage = {
      method: "ScheduleDownload",
      commandKey: "down",
      fileType: "1 Firmware Upgrade Image",
      url: "http://acs.example/f",
      username: "",
      password: "",
      fileSize: 0,
      targetFileName: "",
      windows: [idleWindow],
    };
    const outcome = () => said.find(({ method }) => method === "TransferComplete");
    let files: ScriptedAcs;
    let fileServer: string;
    let received: string[];
    beforeEach(async () => {
      received = [];
      files = new ScriptedAcs(({ body, headers, method }) => {
        if (headers.authorization?.startsWith("Digest") !== true) {
          return { status: 401, headers: { "WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"' } };
        }
        received.push(`${method} ${body}`);
        return { status: 201 };
      });
      fileServer = await files.listen();
    });
    afterEach(() => files.close());

    it("brings the configuration without its secrets and tells that", async () => {
      requests = [upload(fileServer)];
      await client.start();
      await expect
        .poll(() => (clock.advance(0), outcome()))
        .toMatchObject({ commandKey: "up", fault: { code: 0 } });
      expect(received[0]).toMatch(/^PUT # Tonalite/);
      expect(received[0]).toContain('Device.ManagementServer.PeriodicInformInterval="300"');
      expect(received[0]).not.toContain("knock-secret");
      expect(received[0]).not.toContain("Password=");
      expect(
        informs()
          .at(-1)
          ?.events.map(({ eventCode }) => eventCode),
      ).toEqual(["7 TRANSFER COMPLETE", "M Upload"]);
      expect(pending).toEqual([]);
    });

    it.each([
      ["1-0", 9010],
      ["1-1", 9015],
      ["1-2", 9020],
    ] as const)("says in %s what that version has a code for", async (version, code) => {
      const failure = version === "1-2" ? 9020 : 9015;
      const namespace = `urn:dslforum-org:cwmp-${version}` as const;
      trouble = (_index, body) => {
        const { id = "", body: message } = body === "" ? { body: undefined } : decodeEnvelope(body);
        if (message?.method !== "Inform") return undefined;
        said.push(message);
        return {
          body: encodeEnvelope({ id, namespace, body: { method: "InformResponse", maxEnvelopes: 1 } }),
        };
      };
      await client.start();
      await settle(2);
      client.transferComplete({
        commandKey: "k",
        fault: { code: failure, string: "" },
        startTime: "2026-11-22T00:00:00Z",
        completeTime: "2026-11-22T00:00:00Z",
      });
      await expect.poll(() => outcome()).toMatchObject({ fault: { code } });
    });

    describe("a configuration file", () => {
      const interval = `${server}PeriodicInformInterval`;
      const fetch = (url: string, more: Partial<Download> = {}): CwmpMessage => ({
        method: "Download",
        commandKey: "conf",
        fileType: "3 Vendor Configuration File",
        url,
        username: "u",
        password: "p",
        fileSize: 0,
        targetFileName: "",
        delaySeconds: 0,
        successUrl: "",
        failureUrl: "",
        ...more,
      });
      const good = `# comment\r\n${interval}="900"\n\n${server}URL="http://elsewhere/"\n`;
      let file: string | Buffer;
      let status: number;
      let shelf: ScriptedAcs;
      let source: string;
      beforeEach(async () => {
        file = good;
        status = 200;
        shelf = new ScriptedAcs(({ headers }) =>
          headers.authorization === undefined
            ? { status: 401, headers: { "WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"' } }
            : { status, body: file },
        );
        source = await shelf.listen();
      });
      afterEach(() => shelf.close());
      const outcomeOf = async (request: CwmpMessage) => {
        requests = [request];
        await client.start();
        await expect.poll(() => (clock.advance(0), outcome())).toBeDefined();
        return outcome();
      };

      it("is applied and told of, and does not take the box to another ACS", async () => {
        const url = model.value(`${server}URL`);
        expect(await outcomeOf(fetch(source, { fileSize: Buffer.byteLength(good) }))).toMatchObject({
          commandKey: "conf",
          fault: { code: 0 },
        });
        expect(model.value(interval)).toBe("900");
        expect(model.value(`${server}URL`)).toBe(url);
        expect(pending).toEqual([]);
      });

      it("comes back from what was uploaded", async () => {
        file = configurationFile(model);
        model.write([{ path: interval, value: "77" }], "cli");
        expect(await outcomeOf(fetch(source))).toMatchObject({ fault: { code: 0 } });
        expect(model.value(interval)).toBe("300");
      });

      it.each([
        ["4 Tone File", "tones"],
        ["5 Ringer File", "ringing"],
      ])("may be a %s", async (fileType, kind) => {
        file = "{}";
        expect(await outcomeOf(fetch(source, { fileType }))).toMatchObject({ fault: { code: 0 } });
        expect(done).toEqual([`${kind} {}`]);
      });

      it.each([
        ["a tone file that cannot be used", "", 9018],
        ["a tone file that is too long", " ".repeat(65 * 1024), 9017],
      ])("changes nothing when it is %s", async (_name, content, code) => {
        file = content;
        expect(await outcomeOf(fetch(source, { fileType: "4 Tone File" }))).toMatchObject({
          fault: { code },
        });
        expect(done).toEqual([]);
      });

      const wrong: [string, () => void, Partial<Download>, number][] = [
        ["no such file", () => (status = 404), {}, 9016],
        ["credentials refused", () => (status = 401), {}, 9012],
        ["nobody there", () => (source = "http://127.0.0.1:9/"), {}, 9015],
        ["too long", () => (file = "x".repeat(300_000)), {}, 9017],
        ["another length than announced", () => undefined, { fileSize: 3 }, 9018],
        ["an unknown parameter", () => (file = `${good}Device.Nothing="1"`), {}, 9018],
        ["a value out of range", () => (file = `${good}${server}CWMPRetryMinimumWaitInterval="0"`), {}, 9018],
        ["a line that is none", () => (file = `${good}what is this`), {}, 9018],
        ["a value that is no text", () => (file = `${good}Device.A=1`), {}, 9018],
        ["a parameter twice", () => (file = good + good), {}, 9018],
        ["not text", () => (file = Buffer.from([0xff, 0xfe, 0x00])), {}, 9018],
        ["nothing", () => (file = "# empty"), {}, 9018],
      ];
      it.each(wrong)("changes nothing when it is %s", async (_name, prepare, more, code) => {
        prepare();
        expect(await outcomeOf(fetch(source, more))).toMatchObject({ fault: { code } });
        expect(model.value(interval)).toBe("300");
      });
    });

    it("waits for its delay, also over a restart; until then it can be listed and cancelled", async () => {
      requests = [upload(fileServer, 100), { method: "GetAllQueuedTransfers" }];
      await client.start();
      await settle(4);
      expect(lastSaid()).toMatchObject({ transfers: [{ commandKey: "up", state: 1, isDownload: false }] });
      await client.stop();
      requests = [
        { method: "CancelTransfer", commandKey: "up" },
        { method: "CancelTransfer", commandKey: "up" },
      ];
      client = createCwmpClient({
        model,
        hooks,
        log: silent,
        clock,
        connectionRequest: { host: "127.0.0.1" },
      });
      await client.start();
      await settle(8);
      expect(said.slice(-2)).toMatchObject([{ method: "CancelTransferResponse" }, { faultCode: 9001 }]);
      clock.advance(200_000);
      expect(received).toEqual([]);
      expect(pending).toEqual([]);
    });

    it.each<[string, (url: string) => Promise<string>, number]>([
      ["a server that is not there", async () => "http://127.0.0.1:9/", 9015],
      ["a server that has no room", async (url) => `${url}full`, 9011],
      ["credentials that are refused", async (url) => `${url}closed`, 9012],
    ])("tells of %s", async (_name, address, code) => {
      const broken = new ScriptedAcs(({ url }) =>
        url === "/full"
          ? { status: 507 }
          : { status: 401, headers: { "WWW-Authenticate": 'Digest realm="r", nonce="n"' } },
      );
      requests = [upload(await address(await broken.listen()))];
      await client.start();
      await expect
        .poll(() => (clock.advance(0), outcome()))
        .toMatchObject({ commandKey: "up", fault: { code } });
      await broken.close();
    });

    it("hands a download on in its window, and tells its outcome by its name", async () => {
      requests = [scheduled];
      await client.start();
      await settle(3);
      await Promise.resolve();
      expect(downloads).toEqual([]);
      await expect
        .poll(() => (clock.advance(1000), downloads))
        .toMatchObject([{ commandKey: "down", method: "Download" }]);
      await expect.poll(() => pending).toMatchObject([{ started: true }]);
      const times = { startTime: "2026-11-22T00:00:00Z", completeTime: "2026-11-22T00:01:00Z" };
      client.transferComplete({ commandKey: "down", fault: { code: 0, string: "" }, ...times });
      await expect.poll(outcome).toMatchObject({ commandKey: "down" });
      expect(
        informs()
          .at(-1)
          ?.events.map(({ eventCode }) => eventCode),
      ).toEqual(["7 TRANSFER COMPLETE", "M ScheduleDownload"]);
      expect(pending).toEqual([]);
    });

    it("forgets a download that was taken back by another door, and tells nothing", async () => {
      requests = [scheduled];
      await client.start();
      await settle(3);
      await expect.poll(() => (clock.advance(1000), pending)).toMatchObject([{ started: true }]);
      client.transferCancelled("down");
      expect(pending).toEqual([]);
      expect(outcome()).toBeUndefined();
    });

    it("gives a download up whose windows passed while another update was under way", async () => {
      busy = true;
      requests = [scheduled];
      await client.start();
      await settle(3);
      await expect
        .poll(() => (clock.advance(5000), outcome()))
        .toMatchObject({ commandKey: "down", fault: { code: 9020 } });
      expect(downloads).toEqual([]);
    });
  });

  it("opens the session that the ACS scheduled, after a restart too", async () => {
    requests = [{ method: "ScheduleInform", delaySeconds: 50, commandKey: "soon" }];
    await client.start();
    await settle(3);
    await client.stop();
    client = createCwmpClient({
      model,
      hooks,
      log: silent,
      clock,
      random: () => 0.5,
      connectionRequest: { host: "127.0.0.1" },
    });
    await client.start();
    await settle(5);
    clock.advance(49_000);
    expect(informs()).toHaveLength(2);
    clock.advance(1000);
    await settle(7);
    expect(informs()[2]?.events).toEqual([
      { eventCode: "3 SCHEDULED", commandKey: "" },
      { eventCode: "M ScheduleInform", commandKey: "soon" },
    ]);
  });

  it("tells what the ACS asked to be told over UDP, and opens no session for it", async () => {
    const heard: string[] = [];
    const ear = createSocket("udp4", (datagram) => void heard.push(datagram.toString()));
    ear.bind(0, "127.0.0.1");
    await once(ear, "listening");
    for (const [name, value] of [
      ["LightweightNotificationProtocolsUsed", "UDP"],
      ["UDPLightweightNotificationPort", String(ear.address().port)],
      ["Password", "proof"],
    ] as const)
      model.publish(server + name, value);
    requests = [{ method: "SetParameterAttributes", parameters: [{ path: status, notification: 5 }] }];
    await client.start();
    await settle(3);
    expect(lastSaid()).toEqual({ method: "SetParameterAttributesResponse" });
    model.publish(status, "Up");
    clock.advance(1000);
    await expect.poll(() => heard).toHaveLength(1);
    ear.close();
    expect(heard[0]).toContain(`<Name>${status}</Name>`);
    expect(informs()).toHaveLength(1);
  });

  it("tells what the ACS asked to be told, over a restart too, and no more what it switched off", async () => {
    const code = "Device.X_TONALITE_Terms.Provider";
    requests = [
      {
        method: "SetParameterAttributes",
        parameters: [
          { path: code, notification: 2 },
          { path: status, notification: 0 },
        ],
      },
    ];
    await client.start();
    await settle(3);
    expect(lastSaid()).toEqual({ method: "SetParameterAttributesResponse" });
    await client.stop();
    client = createCwmpClient({
      model,
      hooks,
      log: silent,
      clock,
      random: () => 0.5,
      connectionRequest: { host: "127.0.0.1" },
    });
    await client.start();
    await settle(5);
    model.publish(status, "Up");
    model.publish(code, "other");
    clock.advance(200);
    await settle(7);
    expect(codes(2)).toEqual(["4 VALUE CHANGE"]);
    expect(informs()[2]?.parameters).toContainEqual({ path: code, value: "other", type: "string" });
    model.publish(status, "Registering");
    clock.advance(10_000);
    expect(informs()).toHaveLength(3);
  });

  it("tells an active change by itself and a passive one with the next Inform", async () => {
    await client.start();
    await settle(2);
    model.publish(status, "Registering");
    model.publish(status, "Up");
    model.publish("Device.Services.VoiceService.1.CallControl.Line.1.CallStatus", "Dialing");
    clock.advance(200);
    await settle(4);
    expect(codes(1)).toEqual(["4 VALUE CHANGE"]);
    expect(informs()[1]?.parameters).toContainEqual({ path: status, value: "Up", type: "string" });
    expect(informs()[1]?.parameters.map(({ path }) => path)).toContain(
      "Device.Services.VoiceService.1.CallControl.Line.1.CallStatus",
    );
  });

  it("waits with an active change as long as the ACS asked it to, and lets it ride along", async () => {
    model.publish(`${server}DefaultActiveNotificationThrottle`, "60");
    await client.start();
    await settle(2);
    model.publish(status, "Registering");
    clock.advance(59_000);
    expect(acs.seen).toHaveLength(2);
    clock.advance(1000);
    await settle(4);
    expect(codes(1)).toEqual(["4 VALUE CHANGE"]);
    model.publish(status, "Up");
    client.informNow("8 DIAGNOSTICS COMPLETE");
    await settle(6);
    expect(codes(2)).toEqual(["4 VALUE CHANGE", "8 DIAGNOSTICS COMPLETE"]);
    clock.advance(120_000);
    expect(acs.seen).toHaveLength(6);
  });

  it("informs periodically, on the beat that the ACS set", async () => {
    model.publish(`${server}PeriodicInformTime`, "2026-11-22T00:00:30Z");
    model.publish(`${server}PeriodicInformInterval`, "60");
    await client.start();
    await settle(2);
    clock.advance(29_999);
    expect(acs.seen).toHaveLength(2);
    clock.advance(1);
    await settle(4);
    clock.advance(60_000);
    await settle(6);
    expect(codes(2)).toEqual(["2 PERIODIC"]);
    model.publish(`${server}PeriodicInformEnable`, "false");
    clock.advance(600_000);
    expect(acs.seen).toHaveLength(6);
  });

  it("comes when it is called, also during a session, but never twice at once", async () => {
    await client.start();
    await settle(2);
    await knock(client.connectionRequestUrl);
    await settle(4);
    expect(codes(1)).toEqual(["6 CONNECTION REQUEST"]);
    client.informNow("2 PERIODIC");
    client.informNow("6 CONNECTION REQUEST");
    await settle(8);
    expect(codes(2)).toEqual(["2 PERIODIC"]);
    expect(codes(3)).toEqual(["6 CONNECTION REQUEST"]);
  });

  it("moves to another ACS and introduces itself there", async () => {
    await client.start();
    await settle(2);
    model.write([{ path: `${server}URL`, value: `${model.value(`${server}URL`)}other` }], "cwmp");
    await settle(4);
    expect(acs.seen[2]?.url).toBe("/other");
    expect(codes(1)).toEqual(["0 BOOTSTRAP"]);
  });

  it("is quiet while CWMP is disabled", async () => {
    model.publish(`${server}EnableCWMP`, "false");
    await client.start();
    client.informNow("2 PERIODIC");
    expect(acs.seen).toHaveLength(0);
    model.publish(`${server}EnableCWMP`, "true");
    await settle(2);
    expect(codes(0)).toEqual(["0 BOOTSTRAP", "1 BOOT", "2 PERIODIC"]);
  });

  it.each<[string, Answer]>([
    ["an HTTP error", { status: 503 }],
    ["garbage", { body: "<html>" }],
    ["a page", { body: "<html/>" }],
    ["nothing", { status: 204 }],
    ["a dropped connection", { hangUp: true }],
    ["a body without end", { body: "x".repeat(5 * 1024 * 1024) }],
  ])("takes %s for a failure, and tries again with the same events", async (_name, bad) => {
    trouble = (index) => (index === 0 ? bad : undefined);
    await client.start();
    await expect.poll(() => clock.pending).toContain(7500);
    clock.advance(7500);
    await settle(3);
    expect(informs().at(-1)).toMatchObject({
      retryCount: 1,
      events: [{ eventCode: "0 BOOTSTRAP" }, { eventCode: "1 BOOT" }],
    });
  });

  it("answers an RPC it does not know with 9000", async () => {
    trouble = (index) =>
      index === 1
        ? {
            body: encodeEnvelope({
              id: "x",
              namespace: "urn:dslforum-org:cwmp-1-0",
              body: { method: "FactoryReset" },
            }).replaceAll("FactoryReset", "ChangeDUState"),
          }
        : undefined;
    await client.start();
    await settle(3);
    expect(lastSaid()).toMatchObject({ method: "Fault", faultCode: 9000, soapCode: "Server" });
    expect(decodeEnvelope(acs.seen[2]?.body ?? "").id).toBe("x");
  });
});

async function knock(url: string): Promise<void> {
  const { pathname } = new URL(url);
  const ask = (authorization?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = authorization === undefined ? {} : { authorization };
      request(url, { headers, agent: false }, (response) => {
        response.resume();
        resolve(String(response.headers["www-authenticate"]));
      })
        .on("error", reject)
        .end();
    });
  const [challenge] = parseChallenges([await ask()]);
  const realm = challenge?.fields.get("realm") ?? "";
  const nonce = challenge?.fields.get("nonce") ?? "";
  const input = { algorithm: "MD5", realm, nonce, method: "GET", uri: pathname };
  const proof = digestResponse({
    ...input,
    username: "knock",
    password: "knock-secret",
    protection: { nc: 1, cnonce: "c" },
  });
  await ask(
    `Digest username="knock", realm="${realm}", nonce="${nonce}", uri="${pathname}", qop=auth, nc=00000001, cnonce="c", response="${proof}"`,
  );
}

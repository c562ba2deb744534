import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createDeviceModel, type DataModel } from "@tonalite/agent/core/data-model";
import {
  agentTopic,
  type Clock,
  contentType,
  controllerTopic,
  createUspAgent,
  encodeMessage,
  encodeRecord,
  type Operate,
  type UspAgent,
  unknownCommand,
} from "@tonalite/agent/core/usp";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type Broker,
  createUspController,
  type DeviceNotify,
  startBroker,
  type UspController,
} from "./index.ts";

// The device's shell is not exported to the ACS, which must not build on it; the test runs the real one all the same.
type Connection = { readonly connected: boolean; stop(): Promise<void> };
type DeviceShell = {
  systemClock: Clock;
  createMqttConnection: (options: { model: DataModel; usp: UspAgent; log: Log }) => Connection;
};
const shellUrl = new URL("../../../agent/src/shell/mqtt/index.ts", import.meta.url).href;
const { createMqttConnection, systemClock } = (await import(shellUrl)) as DeviceShell;

type Log = Record<
  "debug" | "info" | "warn" | "error",
  ReturnType<typeof vi.fn<(fields: object, message: string) => void>>
>;
const newLog = (): Log => ({ debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() });

const password = "a-password-of-this-test-only";
let dataDir: string;
let broker: Broker;
let controller: UspController;
let onNotify: (endpointId: string, notify: DeviceNotify) => Promise<void> = async () => {};
const presence = new Map<string, boolean>();
const acsLog = newLog();
const cleanUps: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "tonalite-usp-"));
  broker = await startBroker({ dataDir, port: 0, log: acsLog });
  controller = createUspController({
    brokerUrl: broker.url,
    credentials: broker.controller,
    onNotify: (endpointId, notify) => onNotify(endpointId, notify),
    onPresence: (endpointId, online) => void presence.set(endpointId, online),
    log: acsLog,
    timeoutMs: 5000,
  });
  await controller.ready;
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  onNotify = async () => {};
});

afterAll(async () => {
  await controller.stop();
  await broker.stop();
  await rm(dataDir, { recursive: true, force: true });
});

type Box = { endpointId: string; model: DataModel; usp: UspAgent; connection: Connection; log: Log };
let boxes = 0;

async function newBox(
  operate: Operate = unknownCommand,
  secret = password,
  clock = systemClock,
): Promise<Box> {
  const endpointId = `os::0019B9-T%20${(boxes += 1)}`;
  await broker.setCredential(endpointId, password);
  const model = createDeviceModel({ lines: 1 });
  const log = newLog();
  let messages = 0;
  const newMessageId = (): string => `NOTIFY@${(messages += 1)}-${endpointId}`;
  const usp = createUspAgent({ model, endpointId, operate, log, clock, random: Math.random, newMessageId });
  const settings = {
    BrokerAddress: "127.0.0.1",
    BrokerPort: String(broker.port),
    Username: endpointId,
    Password: secret,
    Enable: "true",
  };
  const changes = Object.entries(settings).map(([name, value]) => ({
    path: `Device.MQTT.Client.1.${name}`,
    value,
  }));
  expect(model.write(changes, "cli")).toMatchObject({ ok: true });
  const connection = createMqttConnection({ model, usp, log });
  cleanUps.push(async () => {
    usp.stop();
    await connection.stop();
  });
  return { endpointId, model, usp, connection, log };
}

async function connectedBox(operate?: Operate, clock?: Clock): Promise<Box> {
  const box = await newBox(operate, password, clock);
  await vi.waitFor(() => expect(presence.get(box.endpointId)).toBe(true), { timeout: 5000 });
  return box;
}

/** Any MQTT client, with the credentials of a box. */
async function rawClient(endpointId: string, secret = password): Promise<MqttClient> {
  const username = endpointId.slice("os::".length);
  const options = {
    protocolVersion: 5,
    username,
    password: secret,
    clientId: "x",
    reconnectPeriod: 0,
  } as const;
  const client = await mqtt.connectAsync(broker.url, options);
  cleanUps.push(() => client.endAsync(true));
  return client;
}

const entryOf = (usp: UspAgent, id: string): Promise<void> =>
  usp.notifyEvent("Device.X_TONALITE_Journal.", "Entry!", { Id: id, Data: "{}" }, true);

describe("requests to a box", () => {
  it("Get: values, secrets hidden, faults by path", async () => {
    const { endpointId } = await connectedBox();
    const paths = ["Device.MQTT.Client.1.", "Device.Nothing."];
    const { values, faults } = await controller.get(endpointId, paths);
    expect(values).toContainEqual({ path: "Device.MQTT.Client.1.Status", value: "Connected" });
    expect(values).toContainEqual({ path: "Device.MQTT.Client.1.Password", value: "" });
    expect(faults).toMatchObject([{ path: "Device.Nothing.", code: 7026 }]);
  });

  it("Set: changes, or says what was wrong and changes nothing", async () => {
    const { endpointId, model } = await connectedBox();
    const path = "Device.ManagementServer.PeriodicInformInterval";
    expect(await controller.set(endpointId, [{ path, value: "0300" }])).toEqual({
      changed: [{ path, value: "300" }],
      faults: [],
    });
    expect(model.value(path)).toBe("300");
    const refused = controller.set(endpointId, [
      { path, value: "400" },
      { path: "Device.DeviceInfo.SerialNumber", value: "1" },
    ]);
    await expect(refused).rejects.toMatchObject({
      code: "DEVICE_ERROR",
      fault: 7004,
      parameters: [{ path: "Device.DeviceInfo.SerialNumber", code: 7013 }],
    });
    expect(model.value(path)).toBe("300");
  });

  it("Operate: done, refused by the box, and acting only after the answer is out", async () => {
    const order: string[] = [];
    const { endpointId } = await connectedBox((command) =>
      command === "Device.Reboot()"
        ? { state: "done", output: { Note: "soon" }, afterReply: () => void order.push("rebooting") }
        : unknownCommand(command),
    );
    const result = await controller.operate(endpointId, "Device.Reboot()");
    order.push("answered");
    expect(result).toEqual({ state: "done", output: { Note: "soon" } });
    await vi.waitFor(() => expect(order).toContain("rebooting"), { timeout: 20_000 });
    await expect(controller.operate(endpointId, "Device.Dance()")).rejects.toMatchObject({
      code: "DEVICE_ERROR",
      fault: 7026,
    });
    expect(await controller.supportedProtocols(endpointId)).toContain("1.3");
  });

  it("a box that is away: OFFLINE; one that was never seen: TIMEOUT; and its request is forgotten", async () => {
    const { endpointId, connection } = await connectedBox();
    await connection.stop();
    await vi.waitFor(() => expect(presence.get(endpointId)).toBe(false), { timeout: 20_000 });
    await expect(controller.get(endpointId, ["Device."])).rejects.toMatchObject({ code: "OFFLINE" });
    await expect(controller.get("os::0019B9-NEVER", ["Device."], { timeoutMs: 200 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    expect(controller.statistics.inFlight).toBe(0);
  });

  it("a box that moves to another password follows its own data model", async () => {
    const { endpointId, model, connection } = await connectedBox();
    await broker.setCredential(endpointId, "another-password");
    await vi.waitFor(() => expect(connection.connected).toBe(false), { timeout: 5000 });
    model.write([{ path: "Device.MQTT.Client.1.Password", value: "another-password" }], "cwmp");
    await vi.waitFor(() => expect(model.value("Device.MQTT.Client.1.Status")).toBe("Connected"), {
      timeout: 5000,
    });
    model.write([{ path: "Device.MQTT.Client.1.Enable", value: "false" }], "cwmp");
    await vi.waitFor(() => expect(model.value("Device.MQTT.Client.1.Status")).toBe("Disabled"), {
      timeout: 5000,
    });
  });

  it("round trip of a Get", async () => {
    const { endpointId } = await connectedBox();
    const times: number[] = [];
    for (let turn = 0; turn < 120; turn += 1) {
      const start = performance.now();
      await controller.get(endpointId, ["Device.DeviceInfo."]);
      if (turn >= 20) times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    console.info(`USP Get over MQTT: p50 ${times[50]?.toFixed(2)} ms, p95 ${times[95]?.toFixed(2)} ms`);
    // With Nagle's algorithm anywhere it would be 40 ms or more.
    expect(times[50]).toBeLessThan(20);
  });
});

describe("notifications", () => {
  it("are answered after the commit, not before", async () => {
    const { usp, endpointId } = await connectedBox();
    const kept = Promise.withResolvers<void>();
    const seen: [string, DeviceNotify][] = [];
    onNotify = async (...notify) => {
      seen.push(notify);
      await kept.promise;
    };
    let answered = false;
    const done = entryOf(usp, "e1").then(() => (answered = true));
    await vi.waitFor(() => expect(seen).toHaveLength(1), { timeout: 20_000 });
    await sleep(100);
    expect(answered).toBe(false);
    kept.resolve();
    await done;
    expect(seen).toMatchObject([
      [
        endpointId,
        {
          kind: "event",
          objectPath: "Device.X_TONALITE_Journal.",
          eventName: "Entry!",
          params: { Id: "e1", Data: "{}" },
        },
      ],
    ]);
  });

  it("a commit that fails is not answered: the box repeats, and it is kept in the end", async () => {
    const hasty: Clock = {
      now: () => systemClock.now(),
      after: (ms, task) => systemClock.after(ms / 50, task),
    };
    const { usp } = await connectedBox(undefined, hasty);
    const attempts = vi
      .fn<typeof onNotify>()
      .mockRejectedValueOnce(new Error("disk full"))
      .mockResolvedValue();
    onNotify = attempts;
    const before = controller.statistics.notifiesFailed;
    await entryOf(usp, "e2");
    expect(attempts).toHaveBeenCalledTimes(2);
    expect(attempts.mock.calls[0]).toEqual(attempts.mock.calls[1]);
    expect(controller.statistics.notifiesFailed).toBe(before + 1);
  });

  it("value changes and completed operations arrive as what they are", async () => {
    const { usp } = await connectedBox();
    const seen: DeviceNotify[] = [];
    onNotify = async (_, notify) => void seen.push(notify);
    await usp.notify({ sendResp: true, valueChange: { paramPath: "Device.X", paramValue: "1" } });
    const cmdFailure = { errCode: 7022, errMsg: "no" };
    await usp.notify({
      sendResp: true,
      operComplete: { objPath: "Device.", commandName: "F()", commandKey: "k", cmdFailure },
    });
    expect(seen).toMatchObject([
      { kind: "value-change", path: "Device.X", value: "1" },
      { kind: "operation-complete", command: "F()", commandKey: "k", failure: { code: 7022, message: "no" } },
    ]);
  });

  it("the broker is killed while one waits: everything recovers, and it is delivered once", async () => {
    const { usp, endpointId } = await connectedBox();
    const ids: string[] = [];
    const blocked = Promise.withResolvers<void>();
    onNotify = async (_, notify) => {
      if (notify.kind !== "event") return;
      await blocked.promise;
      ids.push(notify.params["Id"] ?? "");
    };
    // The first is on its way into the store, the second comes while there is no broker.
    const first = entryOf(usp, "before");
    await vi.waitFor(() => expect(controller.statistics.committing).toBe(1), { timeout: 20_000 });
    process.kill(broker.pid ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(presence.get(endpointId)).toBe(false), { timeout: 5000 });
    const second = entryOf(usp, "during");
    blocked.resolve();
    await Promise.all([first, second]);
    await sleep(300);
    expect(ids.toSorted()).toEqual(["before", "during"]);
    expect(await controller.get(endpointId, ["Device.MQTT.Client.1.Status"])).toMatchObject({
      values: [{ value: "Connected" }],
    });
    expect(acsLog.error).toHaveBeenCalledWith(
      expect.objectContaining({ signal: "SIGKILL" }),
      "broker: ended by itself",
    );
  });
});

describe("what a box may not do", () => {
  it("read or write another's topics, or the controller's", async () => {
    const victim = await connectedBox();
    const thief = "os::0019B9-THIEF";
    await broker.setCredential(thief, password);
    const client = await rawClient(thief);
    const heard: string[] = [];
    client.on("message", (topic) => heard.push(topic));
    await client.subscribeAsync(["#", "usp/#", agentTopic(victim.endpointId), "usp/controller/#", "$SYS/#"], {
      qos: 1,
    });
    await client.subscribeAsync(agentTopic(thief), { qos: 1 });
    await controller.get(victim.endpointId, ["Device.DeviceInfo."]);
    for (const topic of [
      controllerTopic(victim.endpointId),
      agentTopic(victim.endpointId),
      agentTopic(thief),
      "other",
    ]) {
      const publish = client.publishAsync(topic, "spoofed", { qos: 1 });
      await expect(publish).rejects.toThrow(/not authorized/i);
    }
    expect(heard).toEqual([]);
    // Its own topics work.
    await expect(controller.get(thief, ["Device."], { timeoutMs: 300 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    // More than once, for its subscriptions overlap.
    expect(new Set(heard)).toEqual(new Set([agentTopic(thief)]));
  });

  it("connect with a wrong password, without one, under no name, or once it is shut out", async () => {
    const { endpointId, model } = await newBox(unknownCommand, "wrong");
    await vi.waitFor(() => expect(model.value("Device.MQTT.Client.1.Status")).toBe("Error_Misconfigured"), {
      timeout: 5000,
    });
    await expect(rawClient(endpointId, "")).rejects.toThrow(/not authorized/i);
    await expect(mqtt.connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 0 })).rejects.toThrow(
      /not authorized/i,
    );
    const { endpointId: other, connection } = await connectedBox();
    await broker.removeCredential(other);
    await vi.waitFor(() => expect(connection.connected).toBe(false), { timeout: 5000 });
    await expect(rawClient(other)).rejects.toThrow(/not authorized/i);
    await expect(broker.setCredential("self::tonalite-acs", password)).rejects.toMatchObject({
      code: "BAD_ENDPOINT",
    });
    await expect(broker.setCredential("os::tonalite-acs", password)).rejects.toMatchObject({
      code: "BAD_ENDPOINT",
    });
  });

  it("harm the controller with garbage, another's name, or records of other kinds", async () => {
    const endpointId = "os::0019B9-GARBLER";
    await broker.setCredential(endpointId, password);
    const client = await rawClient(endpointId);
    const answers: string[] = [];
    client.on("message", (_topic, payload, packet) => {
      if (packet.properties?.contentType === contentType.error) answers.push(payload.toString());
    });
    await client.subscribeAsync(agentTopic(endpointId), { qos: 1 });
    const before = controller.statistics.garbage;
    const topic = controllerTopic(endpointId);
    const ends = { fromId: endpointId, toId: "self::tonalite-acs" };
    const notify = encodeMessage({
      msgId: "1",
      type: "Notify",
      body: { event: { objPath: "Device.", eventName: "X!" } },
    });
    const garbage: Uint8Array[] = [
      Buffer.from("hello"),
      Buffer.alloc(0),
      Buffer.alloc(100_000, 0xff),
      encodeRecord({ kind: "message", ...ends, payload: Buffer.from("hello") }),
      encodeRecord({ kind: "message", ...ends, fromId: "os::0019B9-OTHER", payload: notify }),
      encodeRecord({ kind: "message", ...ends, toId: "self::other", payload: notify }),
      encodeRecord({
        kind: "message",
        ...ends,
        payload: encodeMessage({ msgId: "1", type: "Notify", body: {} }),
      }),
    ];
    const properties = { contentType: contentType.message, responseTopic: agentTopic(endpointId) };
    for (const payload of garbage)
      await client.publishAsync(topic, Buffer.from(payload), { qos: 1, properties });
    await client.publishAsync(topic, Buffer.from("err_code:7100"), {
      qos: 1,
      properties: { contentType: contentType.error },
    });
    await vi.waitFor(() => expect(controller.statistics.garbage).toBe(before + garbage.length + 1), {
      timeout: 20_000,
    });
    await vi.waitFor(() => expect(answers).toHaveLength(4), { timeout: 20_000 });
    expect(answers[0]).toMatch(/^err_code:7100\nerr_msg:/);
    expect(acsLog.warn).toHaveBeenCalledWith(
      expect.objectContaining({ topic }),
      "usp: a message was refused",
    );
    const closed = new Promise<void>((resolve) => client.on("error", () => {}).once("close", resolve));
    client.publish(topic, Buffer.alloc(600_000));
    await closed;
    const { endpointId: sane } = await connectedBox();
    expect((await controller.get(sane, ["Device.DeviceInfo.SerialNumber"])).faults).toEqual([]);
  });

  it("harm the broker with bytes that are no MQTT", async () => {
    const pid = broker.pid;
    for (const bytes of [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.alloc(4096, 0xff),
      Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]),
    ]) {
      const socket = connectTcp({ port: broker.port, host: "127.0.0.1" });
      socket.on("error", () => {});
      socket.end(bytes);
      await sleep(50);
      socket.destroy();
    }
    await connectedBox();
    expect(broker.pid).toBe(pid);
  });
});

describe("the broker", () => {
  it("runs unprivileged, keeps its files to itself and no password in clear", async () => {
    const status = await readFile(`/proc/${broker.pid}/status`, "utf8");
    expect(status).not.toMatch(/^Uid:\t0/m);
    const passwords = join(dataDir, "broker", "passwords");
    expect((await stat(passwords)).mode & 0o777).toBe(0o600);
    const text = await readFile(passwords, "utf8");
    expect(text).toMatch(/^tonalite-acs:\$7\$101\$/m);
    expect(text).not.toContain(password);
    const logged = JSON.stringify(Object.values(acsLog).flatMap((level) => level.mock.calls));
    expect(logged).not.toContain(password);
    expect(logged).not.toContain(broker.controller.password);
  });

  it("says why it does not start, and takes over what a killed ACS left behind", async () => {
    await expect(
      startBroker({ dataDir: join(dataDir, "second"), port: broker.port, log: newLog() }),
    ).rejects.toThrow(/in use/);
    const leftOver = await startBroker({ dataDir: join(dataDir, "third"), port: 0, log: newLog() });
    await leftOver.setCredential("os::0019B9-KEPT", password);
    const next = await startBroker({ dataDir: join(dataDir, "third"), port: leftOver.port, log: newLog() });
    cleanUps.push(
      () => next.stop(),
      () => leftOver.stop(),
    );
    const options = { protocolVersion: 5, username: "0019B9-KEPT", password, reconnectPeriod: 0 } as const;
    const client = await mqtt.connectAsync(next.url, options);
    await client.endAsync();
  });

  it("many credentials at once cost few reloads, and nobody's connection", async () => {
    const box = await connectedBox();
    const reloads = (): number =>
      acsLog.debug.mock.calls.filter(([fields]) => JSON.stringify(fields).includes("Reloading")).length;
    const before = reloads();
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => broker.setCredential(`os::0019B9-M${index}`, password)),
    );
    expect(reloads() - before).toBeLessThanOrEqual(5);
    await rawClient("os::0019B9-M199");
    await controller.get(box.endpointId, ["Device.DeviceInfo."]);
    expect(box.log.warn).not.toHaveBeenCalled();
  });
});

import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDeviceModel } from "@tonalite/agent/core/data-model";
import {
  agentTopic,
  contentType,
  controllerEndpointId,
  controllerTopic,
  decodeMessage,
  decodeRecord,
  encodeMessage,
  encodeRecord,
  mqttUsername,
} from "@tonalite/agent/core/usp";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Acs, createAcs } from "./app.ts";
import { silentLog } from "./log.ts";
import { ScriptedCpe } from "./sessions/scripted-cpe.ts";
import { openLaboratoryCertificates, opensslIsMissing } from "./tls/laboratory-certificates.ts";

const identity = { manufacturer: "Test", oui: "0011AA", productClass: "box", serialNumber: "A1" };
const endpointId = "os::0011AA-A1";
const deviceId = "0011AA-box-A1";

describe("the ACS as a whole", () => {
  let dataDir: string;
  let acs: Acs;
  let cpe: ScriptedCpe;
  const start = () =>
    createAcs({ dataDir, host: "127.0.0.1", httpPort: 0, cwmpPort: 0, mqttPort: 0, log: silentLog });
  const api = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const token = readFileSync(acs.adminTokenFile ?? "", "utf8").trim();
    const response = await fetch(`http://127.0.0.1:${acs.ports.http}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "tonalite-acs-"));
    acs = await start();
    const { credentials } = await api<{ credentials: { cwmpUsername: string; cwmpPassword: string } }>(
      "POST",
      "/devices",
      {
        ...identity,
        profile: "virtual/sim",
        provider: "ippi",
        region: "fr",
        lines: [
          {
            line: 1,
            directoryNumber: "0123",
            sipUser: "alice",
            sipPassword: "a sip password",
            domain: "sip.ippi.com",
          },
        ],
      },
    );
    cpe = new ScriptedCpe(`http://127.0.0.1:${acs.ports.cwmp}/`);
    Object.assign(cpe.identity, identity);
    cpe.username = credentials.cwmpUsername;
    cpe.password = credentials.cwmpPassword;
    // A box with the product's own data model, read from its one declaration.
    for (const { path, value, type, writable } of createDeviceModel({ lines: 1 }).read("Device."))
      cpe.define(path, value, { type, writable, secret: path.endsWith("Password") });
    for (const path of ["SIP.Client.1.Status"]) cpe.informed.add(`Device.Services.VoiceService.1.${path}`);
    for (const path of ["Device.ManagementServer.ParameterKey", "Device.DeviceInfo.SoftwareVersion"])
      cpe.informed.add(path);
  });
  afterAll(async () => {
    await acs?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("provisions a registered box, which then is let in by the broker", async () => {
    expect(await cpe.session(["0 BOOTSTRAP", "1 BOOT"])).toBe(204);
    expect(cpe.value("Device.X_TONALITE_Terms.Provider")).toBe("ippi");
    expect(cpe.value("Device.Services.VoiceService.1.SIP.Client.1.AuthPassword")).toBe("a sip password");
    expect(cpe.value("Device.MQTT.Client.1.Username")).toBe(mqttUsername(endpointId));
    expect(await api("GET", `/devices/${deviceId}`)).toMatchObject({ connection: "cwmp", faults: [] });
  });

  it("takes a box's news over USP: presence, journal once, line status", async () => {
    const client = await connectBox(cpe);
    const answered = new Set<string>();
    client.on("message", (_topic, payload) => {
      const record = decodeRecord(payload);
      if (record.kind === "message") answered.add(decodeMessage(record.payload).msgId);
    });
    const id = randomUUID();
    const entry = {
      Id: id,
      Sequence: "1",
      Kind: "system",
      Time: "2026-01-01T00:00:00Z",
      Data: JSON.stringify({ what: "boot", detail: "test" }),
    };
    const event = { objPath: "Device.X_TONALITE_Journal.", eventName: "Entry!", params: entry };
    for (const msgId of ["first", "again"]) notify(client, msgId, { event });
    const path = "Device.Services.VoiceService.1.SIP.Client.1.Status";
    notify(client, "status", { valueChange: { paramPath: path, paramValue: "Up" } });
    await vi.waitFor(() => expect([...answered].sort()).toEqual(["again", "first", "status"]), {
      timeout: 5000,
    });
    const journal = await api<{ items: { id: string }[] }>("GET", `/devices/${deviceId}/journal`);
    expect(journal.items.filter((item) => item.id === id)).toHaveLength(1);
    await vi.waitFor(async () =>
      expect(await api("GET", `/devices/${deviceId}`)).toMatchObject({
        connection: "usp",
        lines: [{ status: "Up" }],
      }),
    );
    await client.endAsync();
  });

  it("remembers everything over a restart, and the broker its boxes", async () => {
    await acs.stop();
    acs = await start();
    const moved = new ScriptedCpe(`http://127.0.0.1:${acs.ports.cwmp}/`);
    Object.assign(moved, {
      username: cpe.username,
      password: cpe.password,
      parameters: cpe.parameters,
      informed: cpe.informed,
    });
    Object.assign(moved.identity, identity);
    expect(await moved.session()).toBe(204);
    expect(moved.value("Device.MQTT.Client.1.BrokerPort")).toBe(String(acs.ports.mqtt));
    await (await connectBox(moved)).endAsync();
  });

  it("starts nothing that it cannot finish: a port in use stops the rest", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "tonalite-acs-"));
    const options = { dataDir: elsewhere, host: "127.0.0.1", httpPort: 0, mqttPort: 0, log: silentLog };
    await expect(createAcs({ ...options, cwmpPort: acs.ports.cwmp })).rejects.toThrow(/EADDRINUSE/);
    rmSync(elsewhere, { recursive: true });
  });

  async function connectBox(box: ScriptedCpe): Promise<MqttClient> {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${acs.ports.mqtt}`, {
      protocolVersion: 5,
      clientId: endpointId,
      username: box.value("Device.MQTT.Client.1.Username") ?? "",
      password: box.value("Device.MQTT.Client.1.Password") ?? "",
    });
    await client.subscribeAsync(agentTopic(endpointId), { qos: 1 });
    const from = { toId: controllerEndpointId, fromId: endpointId };
    const connected = encodeRecord({
      kind: "mqtt-connect",
      ...from,
      subscribedTopic: agentTopic(endpointId),
    });
    client.publish(controllerTopic(endpointId), Buffer.from(connected), {
      qos: 1,
      properties: { contentType: contentType.message, responseTopic: agentTopic(endpointId) },
    });
    return client;
  }

  function notify(client: MqttClient, msgId: string, what: object): void {
    const payload = encodeMessage({
      msgId,
      type: "Notify",
      body: { subscriptionId: "s", sendResp: true, ...what },
    });
    const record = encodeRecord({ kind: "message", toId: controllerEndpointId, fromId: endpointId, payload });
    client.publish(controllerTopic(endpointId), Buffer.from(record), {
      qos: 1,
      properties: { contentType: contentType.message, responseTopic: agentTopic(endpointId) },
    });
  }
});

describe.skipIf(opensslIsMissing)("the ACS over TLS", () => {
  const made = openLaboratoryCertificates();
  afterAll(() => made.close());
  const start = (key: string) =>
    createAcs({
      dataDir: join(made.folder, "acs"),
      host: "127.0.0.1",
      httpPort: 0,
      cwmpPort: 0,
      mqttPort: 0,
      tls: {
        certificate: made.path("acs.crt"),
        key: made.path(key),
        boxAuthorities: undefined,
        clearCwmpPort: 0,
      },
      log: silentLog,
    });

  it("does not start with another's key, and takes boxes that have yet to move on a port of their own", async () => {
    made.authority("ca");
    made.issue("acs", "ca", "acs.example");
    await expect(start("ca.key")).rejects.toThrow(/ca\.key is not that of the certificate/);
    const acs = await start("acs.key");
    try {
      const ask = (port: number | undefined) => fetch(`http://127.0.0.1:${port}/`, { method: "POST" });
      const answer = await ask(acs.ports.clearCwmp);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toContain("Digest");
      await expect(ask(acs.ports.cwmp)).rejects.toThrow();
    } finally {
      await acs.stop();
    }
    expect(existsSync(join(made.folder, "acs/broker/server.key"))).toBe(true);
    const clear = { httpPort: 0, cwmpPort: 0, mqttPort: 0, log: silentLog };
    await (await createAcs({ dataDir: join(made.folder, "acs"), host: "127.0.0.1", ...clear })).stop();
    expect(existsSync(join(made.folder, "acs/broker/server.key"))).toBe(false);
  });
});

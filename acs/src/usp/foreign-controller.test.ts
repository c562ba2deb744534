import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDeviceModel } from "@tonalite/agent/core/data-model";
import {
  agentTopic,
  controllerEndpointId,
  controllerTopic,
  createUspAgent,
  mqttUsername,
} from "@tonalite/agent/core/usp";
import mqtt from "mqtt";
import { mqttConnect } from "usp-js";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Broker, startBroker } from "./index.ts";

// A controller that is not ours (usp-js, over MQTT 3.1.1) works a box through our broker.
const endpointId = "os::0019B9-FOREIGN";
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
let dataDir: string;
let broker: Broker;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "tonalite-usp-"));
  broker = await startBroker({ dataDir, port: 0, log });
});
afterAll(async () => {
  await broker.stop();
  await rm(dataDir, { recursive: true, force: true });
});

it("usp-js gets, sets and operates", async () => {
  await broker.setCredential(endpointId, "of-this-test-only");
  const model = createDeviceModel({ lines: 1 });
  const clock = { now: () => performance.now(), after: () => () => {} };
  const operate = vi.fn(() => ({ state: "done", output: { Done: "yes" } }) as const);
  const usp = createUspAgent({
    model,
    endpointId,
    operate,
    log,
    clock,
    random: Math.random,
    newMessageId: () => "NOTIFY@1",
  });
  const box = await mqtt.connectAsync(broker.url, {
    protocolVersion: 5,
    username: mqttUsername(endpointId),
    password: "of-this-test-only",
  });
  box.on("message", (_topic, payload) => {
    void usp.handle(payload).then((replies) => {
      for (const reply of replies) {
        if (reply.kind === "record")
          box.publish(controllerTopic(endpointId), Buffer.from(reply.bytes), { qos: 1 });
      }
    });
  });
  await box.subscribeAsync(agentTopic(endpointId), { qos: 1 });

  const controller = await mqttConnect({
    host: "127.0.0.1",
    port: broker.port,
    protocol: "mqtt",
    username: mqttUsername(controllerEndpointId),
    password: broker.controller.password,
    fromId: controllerEndpointId,
    toId: endpointId,
    publishEndpoint: agentTopic(endpointId),
    subscribeEndpoint: controllerTopic(endpointId),
  });
  try {
    expect(await controller.get("Device.MQTT.Client.1.BrokerPort")).toBe("1883");
    await controller.set("Device.DeviceInfo.ProvisioningCode", "FOREIGN");
    expect(model.value("Device.DeviceInfo.ProvisioningCode")).toBe("FOREIGN");
    await expect(controller.get("Device.Nothing.")).rejects.toMatchObject({ errCode: 7026 });
    // Its `operate` wants to subscribe first, which this agent does not know; the message itself is the same.
    const result: unknown = await controller._operate("Device.Reboot()", "OPERATE@1", true, {
      Cause: "test",
    });
    expect(JSON.stringify(result)).toContain("Done");
    expect(operate).toHaveBeenCalledWith(
      "Device.Reboot()",
      expect.objectContaining({ Cause: "test" }),
      expect.any(String),
    );
  } finally {
    await controller.disconnect();
    await box.endAsync(true);
  }
});

import { describe, expect, it } from "vitest";
import { createDeviceModel } from "../../core/data-model/index.ts";
import { reconnectDelay } from "./back-off.ts";
import { clientPath, wantedConnection } from "./settings.ts";

const endpointId = "os::0019B9-S1";

function wanted(settings: Record<string, string>): ReturnType<typeof wantedConnection> {
  const model = createDeviceModel({ lines: 1 });
  const changes = Object.entries(settings).map(([name, value]) => ({ path: clientPath + name, value }));
  expect(model.write(changes, "cli")).toMatchObject({ ok: true });
  return wantedConnection(model, endpointId);
}

describe("what the data model wants", () => {
  it("nothing, or something that cannot be", () => {
    expect(wanted({ BrokerAddress: "broker.example" })).toEqual({ state: "disabled" });
    expect(wanted({ Enable: "true" })).toEqual({ state: "misconfigured", reason: "no broker address" });
  });

  it("a connection, under the box's own names unless others are given", () => {
    const own = { clientId: endpointId, username: "0019B9-S1", port: 1883, tls: false, keepAliveSeconds: 60 };
    const broker = { Enable: "true", BrokerAddress: "broker.example", Password: "p" };
    expect(wanted(broker)).toMatchObject({ state: "enabled", settings: own });
    expect(wanted({ ...broker, Username: endpointId })).toMatchObject({ settings: own });
    expect(
      wanted({ ...broker, Username: "u", ClientID: "c", TransportProtocol: "TLS", BrokerPort: "8883" }),
    ).toMatchObject({ settings: { clientId: "c", username: "u", port: 8883, tls: true } });
  });
});

describe("reconnection", () => {
  it("waits longer each time, never beyond a minute, and not all boxes alike", () => {
    expect([1, 2, 3, 7, 8, 1000].map((failures) => reconnectDelay(failures, 0))).toEqual([
      500, 1000, 2000, 30_000, 30_000, 30_000,
    ]);
    expect([1, 2, 7, 1000].map((failures) => reconnectDelay(failures, 0.9999))).toEqual([
      1000, 2000, 59_997, 59_997,
    ]);
  });
});

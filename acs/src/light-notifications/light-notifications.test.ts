import { createHmac } from "node:crypto";
import { createSocket } from "node:dgram";
import { encodeLightNotification, lightHeader } from "@tonalite/agent/core/cwmp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { saveParameters } from "../devices/repository.ts";
import { openTestEndpoint } from "../sessions/test-endpoint.ts";
import { createLightIntake } from "./light-intake.ts";
import { startLightServer } from "./light-server.ts";

const path = "Device.Services.VoiceService.1.CallControl.Line.1.CallStatus";
const at = Date.parse("2026-11-22T09:00:00Z");

describe("lightweight notifications", () => {
  let acs: Awaited<ReturnType<typeof openTestEndpoint>>;
  let box: Awaited<ReturnType<(typeof acs)["box"]>>;
  let now: number;
  let take: ReturnType<typeof createLightIntake>;
  beforeAll(async () => {
    acs = await openTestEndpoint();
  });
  afterAll(() => acs.close());
  beforeEach(async () => {
    box = await acs.box();
    now = at;
    take = createLightIntake(acs.southbound, () => now);
    await saveParameters(acs.store.pool, box.id, [{ path, value: "Idle", type: "string" }]);
  });

  let messages = 0;
  function datagram(
    change: { value?: string; username?: string; serialNumber?: string; time?: number } = {},
    password = box.cpe.password,
  ) {
    const body = Buffer.from(
      encodeLightNotification({
        timestamp: Math.floor((change.time ?? now) / 1000),
        username: change.username ?? box.cpe.username,
        cnonce: `nonce ${++messages}`,
        deviceId: { ...box.cpe.identity, serialNumber: change.serialNumber ?? box.cpe.identity.serialNumber },
        parameters: [
          { path, value: change.value ?? "Connected", type: "string" },
          { path: "Device.Unheard.Of", value: "1", type: "string" },
        ],
      }),
    );
    const signature = createHmac("sha1", password).update(body).digest("hex").toUpperCase();
    return Buffer.concat([Buffer.from(lightHeader("127.0.0.1", body.length, signature)), body]);
  }
  const stored = async () =>
    await acs.store.db
      .selectFrom("device_parameters")
      .select(["path", "value"])
      .where("device_id", "=", box.id)
      .execute();

  it("change what is known of the box, and nothing that is not", async () => {
    expect(await take(datagram())).toBe("taken");
    expect(await stored()).toEqual([{ path, value: "Connected" }]);
  });

  it("are believed by their signature alone", async () => {
    expect(await take(datagram({}, "another password"))).toBe("wrong signature");
    expect(await take(datagram({ username: "nobody" }))).toBe("unknown sender");
    expect(await take(datagram({ serialNumber: "S999" }))).toBe("unknown sender");
    expect(await take(Buffer.from("hello"))).toBe("not ours");
    expect(await stored()).toEqual([{ path, value: "Idle" }]);
  });

  it("count once, in their order, and not when they are old", async () => {
    const first = datagram();
    expect(await take(first)).toBe("taken");
    expect(await take(first)).toBe("not new");
    expect(await take(datagram({ value: "Idle" }))).toBe("taken");
    expect(await take(datagram({ time: at - 1000, value: "Ringing" }))).toBe("not new");
    now = at + 700_000;
    expect(await take(datagram({ time: at + 1000 }))).toBe("not new");
    expect(await stored()).toEqual([{ path, value: "Idle" }]);
  });

  it("come by UDP, and a storm of them is not looked at whole", async () => {
    const server = await startLightServer({ host: "127.0.0.1", port: 0, take, log: acs.southbound.log });
    const socket = createSocket("udp4");
    socket.send(datagram(), server.port, "127.0.0.1");
    await expect.poll(stored, { timeout: 10_000 }).toEqual([{ path, value: "Connected" }]);
    const verdicts = await Promise.all(
      Array.from({ length: 100 }, () => take(datagram({ username: "nobody" }))),
    );
    expect(verdicts.filter((verdict) => verdict === "too many")).toHaveLength(68);
    expect(await take(datagram({ value: "Idle" }))).toBe("taken");
    socket.close();
    await server.stop();
  });
});

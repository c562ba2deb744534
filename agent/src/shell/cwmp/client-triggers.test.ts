import { createSocket } from "node:dgram";
import { once } from "node:events";
import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestResponse, parseChallenges } from "../net/digest.ts";
import { ClientRig, knocker, server, status } from "./client-rig.ts";

let box: ClientRig;
beforeEach(async () => {
  box = new ClientRig();
  await box.open();
});
afterEach(() => box.close());

describe("the CWMP client opens a session when it is due, and", () => {
  it("opens the session that the ACS scheduled, after a restart too", async () => {
    box.requests = [{ method: "ScheduleInform", delaySeconds: 50, commandKey: "soon" }];
    await box.client.start();
    await box.settle(3);
    await box.client.stop();
    box.renew();
    await box.client.start();
    await box.settle(5);
    box.clock.advance(49_000);
    expect(box.informs).toHaveLength(2);
    box.clock.advance(1000);
    await box.settle(7);
    expect(box.informs[2]?.events).toEqual([
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
      box.model.publish(server + name, value);
    box.requests = [{ method: "SetParameterAttributes", parameters: [{ path: status, notification: 5 }] }];
    await box.client.start();
    await box.settle(3);
    expect(box.lastSaid).toEqual({ method: "SetParameterAttributesResponse" });
    box.model.publish(status, "Up");
    box.clock.advance(1000);
    await expect.poll(() => heard).toHaveLength(1);
    ear.close();
    expect(heard[0]).toContain(`<Name>${status}</Name>`);
    expect(box.informs).toHaveLength(1);
  });

  it("tells what the ACS asked to be told, over a restart too, and no more what it switched off", async () => {
    const code = "Device.X_TONALITE_Terms.Provider";
    box.requests = [
      {
        method: "SetParameterAttributes",
        parameters: [
          { path: code, notification: 2 },
          { path: status, notification: 0 },
        ],
      },
    ];
    await box.client.start();
    await box.settle(3);
    expect(box.lastSaid).toEqual({ method: "SetParameterAttributesResponse" });
    await box.client.stop();
    box.renew();
    await box.client.start();
    await box.settle(5);
    box.model.publish(status, "Up");
    box.model.publish(code, "other");
    box.clock.advance(200);
    await box.settle(7);
    expect(box.codes(2)).toEqual(["4 VALUE CHANGE"]);
    expect(box.informs[2]?.parameters).toContainEqual({ path: code, value: "other", type: "string" });
    box.model.publish(status, "Registering");
    box.clock.advance(10_000);
    expect(box.informs).toHaveLength(3);
  });

  it("tells an active change by itself and a passive one with the next Inform", async () => {
    await box.client.start();
    await box.settle(2);
    box.model.publish(status, "Registering");
    box.model.publish(status, "Up");
    box.model.publish("Device.Services.VoiceService.1.CallControl.Line.1.CallStatus", "Dialing");
    box.clock.advance(200);
    await box.settle(4);
    expect(box.codes(1)).toEqual(["4 VALUE CHANGE"]);
    expect(box.informs[1]?.parameters).toContainEqual({ path: status, value: "Up", type: "string" });
    expect(box.informs[1]?.parameters.map(({ path }) => path)).toContain(
      "Device.Services.VoiceService.1.CallControl.Line.1.CallStatus",
    );
  });

  it("waits with an active change as long as the ACS asked it to, and lets it ride along", async () => {
    box.model.publish(`${server}DefaultActiveNotificationThrottle`, "60");
    await box.client.start();
    await box.settle(2);
    box.model.publish(status, "Registering");
    box.clock.advance(59_000);
    expect(box.acs.seen).toHaveLength(2);
    box.clock.advance(1000);
    await box.settle(4);
    expect(box.codes(1)).toEqual(["4 VALUE CHANGE"]);
    box.model.publish(status, "Up");
    box.client.informNow("8 DIAGNOSTICS COMPLETE");
    await box.settle(6);
    expect(box.codes(2)).toEqual(["4 VALUE CHANGE", "8 DIAGNOSTICS COMPLETE"]);
    box.clock.advance(120_000);
    expect(box.acs.seen).toHaveLength(6);
  });

  it("informs periodically, on the beat that the ACS set", async () => {
    box.model.publish(`${server}PeriodicInformTime`, "2026-11-22T00:00:30Z");
    box.model.publish(`${server}PeriodicInformInterval`, "60");
    await box.client.start();
    await box.settle(2);
    box.clock.advance(29_999);
    expect(box.acs.seen).toHaveLength(2);
    box.clock.advance(1);
    await box.settle(4);
    box.clock.advance(60_000);
    await box.settle(6);
    expect(box.codes(2)).toEqual(["2 PERIODIC"]);
    box.model.publish(`${server}PeriodicInformEnable`, "false");
    box.clock.advance(600_000);
    expect(box.acs.seen).toHaveLength(6);
  });

  it("comes when it is called, also during a session, but never twice at once", async () => {
    await box.client.start();
    await box.settle(2);
    await knock(box.client.connectionRequestUrl);
    await box.settle(4);
    expect(box.codes(1)).toEqual(["6 CONNECTION REQUEST"]);
    box.client.informNow("2 PERIODIC");
    box.client.informNow("6 CONNECTION REQUEST");
    await box.settle(8);
    expect(box.codes(2)).toEqual(["2 PERIODIC"]);
    expect(box.codes(3)).toEqual(["6 CONNECTION REQUEST"]);
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
    ...knocker,
    protection: { nc: 1, cnonce: "c" },
  });
  await ask(
    `Digest username="${knocker.username}", realm="${realm}", nonce="${nonce}", uri="${pathname}", qop=auth, nc=00000001, cnonce="c", response="${proof}"`,
  );
}

import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeUdpRequest, signedText } from "@tonalite/agent/core/cwmp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../log.ts";
import { createSealer } from "../secrets/seal.ts";
import { createDigestGuard, readDigest } from "../sessions/digest.ts";
import { cwmpHa1, cwmpRealm } from "../secrets/credentials.ts";
import { openTestStore } from "../store/test-store.ts";
import { createWakeService, type WakeService, type WakeWays } from "./wake.ts";

describe("a connection request", () => {
  let store: Awaited<ReturnType<typeof openTestStore>>;
  let service: WakeService;
  let requests = 0;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const server = createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  const guard = createDigestGuard();
  const withDigest = (request: IncomingMessage, response: ServerResponse): void => {
    const credentials = readDigest(request.headers.authorization);
    const ok =
      credentials && guard.verify(credentials, cwmpHa1("acs", "wake up"), "GET", request.url ?? "") === "ok";
    if (ok) response.writeHead(204).end();
    else response.writeHead(401, { "www-authenticate": guard.challenge(false) }).end();
  };
  const setUrl = (url: string | null) =>
    store.db.updateTable("devices").set({ connection_request_url: url }).where("id", "=", "box").execute();

  let base: string;
  beforeAll(async () => {
    store = await openTestStore();
    const sealer = createSealer(store.dataDir);
    service = createWakeService({ db: store.db, sealer, log: silentLog });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await store.db
      .insertInto("devices")
      .values({
        id: "box",
        oui: "0011AA",
        product_class: "",
        serial_number: "1",
        connection_request_username: "acs",
        connection_request_password_sealed: sealer.seal("wake up"),
      })
      .execute();
  });
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await store?.close();
  });
  beforeEach(async () => {
    requests = 0;
    answer = withDigest;
    await setUrl(`${base}/cr?x=1`);
  });

  it("wakes a device that checks the digest", async () => {
    expect(cwmpRealm).not.toBe("");
    expect(await service.wake("box")).toEqual({ woken: true, by: "http" });
    expect(requests).toBe(2);
  });

  it("is sent once for callers that ask together", async () => {
    const outcomes = await Promise.all([service.wake("box"), service.wake("box"), service.wake("box")]);
    expect(outcomes.every(({ woken }) => woken)).toBe(true);
    expect(requests).toBe(2);
    await service.wake("box");
    expect(requests).toBe(4);
  });

  it("follows no redirect", async () => {
    answer = (_request, response) => void response.writeHead(302, { location: `${base}/elsewhere` }).end();
    expect(await service.wake("box")).toMatchObject({ woken: false, reason: "refused" });
    expect(requests).toBe(1);
  });

  it.each(["file:///etc/passwd", "ftp://127.0.0.1/", "http://user:word@127.0.0.1/", "not a url"])(
    "is not sent to %s",
    async (url) => {
      await setUrl(url);
      expect(await service.wake("box")).toMatchObject({ woken: false, reason: "refused-address" });
    },
  );

  it("says why when nobody answers, nobody is known, or there is no address", async () => {
    await setUrl("http://127.0.0.1:9/");
    expect(await service.wake("box")).toMatchObject({ reason: "unreachable" });
    await setUrl(null);
    expect(await service.wake("box")).toMatchObject({ reason: "no-address" });
    expect(await service.wake("nobody")).toMatchObject({ reason: "unknown-device" });
  });

  it("gives up a wrong password after one try", async () => {
    answer = (_request, response) =>
      void response.writeHead(401, { "www-authenticate": guard.challenge(false) }).end();
    expect(await service.wake("box")).toMatchObject({ reason: "refused" });
    expect(requests).toBe(2);
  });

  describe("by other ways", () => {
    const endpointId = "os::0011AA-1";
    const tell = async (address: string, detected: string): Promise<void> => {
      for (const [name, value] of [
        ["UDPConnectionRequestAddress", address],
        ["NATDetected", detected],
      ] as const)
        await store.db
          .insertInto("device_parameters")
          .values({
            device_id: "box",
            path: `Device.ManagementServer.${name}`,
            value,
            type: "string",
            writable: false,
          })
          .onConflict((on) => on.columns(["device_id", "path"]).doUpdateSet({ value }))
          .execute();
    };
    const presence = (online: boolean) =>
      store.db
        .updateTable("devices")
        .set({ endpoint_id: endpointId, online_usp: online })
        .where("id", "=", "box")
        .execute();
    const open = (ways: WakeWays): WakeService =>
      createWakeService({
        db: store.db,
        sealer: createSealer(store.dataDir),
        log: silentLog,
        ways: () => ways,
      });
    beforeEach(async () => {
      await presence(false);
      await tell("", "false");
    });

    it("goes over USP while the device is there, and on by HTTP when it does not answer", async () => {
      await presence(true);
      const asked: string[] = [];
      const usp = async (id: string): Promise<void> => void asked.push(id);
      expect(await open({ usp }).wake("box")).toEqual({ woken: true, by: "usp" });
      expect(asked).toEqual([endpointId]);
      expect(requests).toBe(0);
      const silent = open({ usp: () => Promise.reject(new Error("no answer")) });
      expect(await silent.wake("box")).toEqual({ woken: true, by: "http" });
    });

    it("sends signed copies of one datagram to a device behind a NAT, and no HTTP", async () => {
      await tell("203.0.113.5:40000", "true");
      const sent: [string, string, number][] = [];
      const service = open({ udp: (...datagram) => void sent.push(datagram) });
      expect(await service.wake("box")).toEqual({ woken: true, by: "udp" });
      expect(requests).toBe(0);
      expect(new Set(sent.map(([datagram]) => datagram)).size).toBe(1);
      expect(sent.length).toBeGreaterThan(1);
      expect(sent[0]?.slice(1)).toEqual(["203.0.113.5", 40_000]);
      const request = decodeUdpRequest(sent[0]?.[0] ?? "");
      if (!request) throw new Error("not a UDP connection request");
      expect(request.username).toBe("acs");
      expect(request.signature).toBe(createHmac("sha1", "wake up").update(signedText(request)).digest("hex"));
      expect(sent[0]?.[0]).not.toContain("wake up");
    });

    it("tries a datagram when HTTP leads nowhere", async () => {
      await setUrl("http://127.0.0.1:9/");
      await tell("198.51.100.7:1234", "false");
      const sent: string[] = [];
      const service = open({ udp: (_datagram, address) => void sent.push(address) });
      expect(await service.wake("box")).toEqual({ woken: true, by: "udp" });
      expect(sent[0]).toBe("198.51.100.7");
    });

    it.each([
      "",
      "acs.example:80",
      "255.255.255.255:9",
      "224.0.0.1:9",
      "0.0.0.0:9",
      "192.0.2.1:0",
      "192.0.2.1:70000",
    ])("sends nothing to %j", async (address) => {
      await tell(address, "true");
      const service = open({ udp: () => expect.unreachable() });
      expect(await service.wake("box")).toEqual({ woken: true, by: "http" });
    });
  });
});

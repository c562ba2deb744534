import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../log.ts";
import { createSealer } from "../secrets/seal.ts";
import { createDigestGuard, readDigest } from "../sessions/digest.ts";
import { cwmpHa1, cwmpRealm } from "../secrets/credentials.ts";
import { openTestStore } from "../store/test-store.ts";
import { createWakeService, type WakeService } from "./wake.ts";

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
    expect(await service.wake("box")).toEqual({ woken: true });
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
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CwmpMessage, decodeEnvelope, encodeEnvelope } from "../../core/cwmp/index.ts";
import { ClientRig } from "./client-rig.ts";
import { ScriptedAcs } from "./scripted-acs.ts";

let box: ClientRig;
beforeEach(async () => {
  box = new ClientRig();
  await box.open();
});
afterEach(() => box.close());

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
    box.requests = [upload(fileServer)];
    await box.client.start();
    await expect
      .poll(() => (box.clock.advance(0), box.outcome))
      .toMatchObject({ commandKey: "up", fault: { code: 0 } });
    expect(received[0]).toMatch(/^PUT # Tonalite/);
    expect(received[0]).toContain('Device.ManagementServer.PeriodicInformInterval="300"');
    expect(received[0]).not.toContain("knock-secret");
    expect(received[0]).not.toContain("Password=");
    expect(box.codes(-1)).toEqual(["7 TRANSFER COMPLETE", "M Upload"]);
    expect(box.pending).toEqual([]);
  });

  it.each([
    ["1-0", 9010],
    ["1-1", 9015],
    ["1-2", 9020],
  ] as const)("says in %s what that version has a code for", async (version, code) => {
    const failure = version === "1-2" ? 9020 : 9015;
    const namespace = `urn:dslforum-org:cwmp-${version}` as const;
    box.trouble = (_index, body) => {
      const { id = "", body: message } = body === "" ? { body: undefined } : decodeEnvelope(body);
      if (message?.method !== "Inform") return undefined;
      box.said.push(message);
      return {
        body: encodeEnvelope({ id, namespace, body: { method: "InformResponse", maxEnvelopes: 1 } }),
      };
    };
    await box.client.start();
    await box.settle(2);
    box.client.transferComplete({
      commandKey: "k",
      fault: { code: failure, string: "" },
      startTime: "2026-11-22T00:00:00Z",
      completeTime: "2026-11-22T00:00:00Z",
    });
    await expect.poll(() => box.outcome).toMatchObject({ fault: { code } });
  });

  it("waits for its delay, also over a restart; until then it can be listed and cancelled", async () => {
    box.requests = [upload(fileServer, 100), { method: "GetAllQueuedTransfers" }];
    await box.client.start();
    await box.settle(4);
    expect(box.lastSaid).toMatchObject({ transfers: [{ commandKey: "up", state: 1, isDownload: false }] });
    await box.client.stop();
    box.requests = [
      { method: "CancelTransfer", commandKey: "up" },
      { method: "CancelTransfer", commandKey: "up" },
    ];
    box.renew();
    await box.client.start();
    await box.settle(8);
    expect(box.said.slice(-2)).toMatchObject([{ method: "CancelTransferResponse" }, { faultCode: 9001 }]);
    box.clock.advance(200_000);
    expect(received).toEqual([]);
    expect(box.pending).toEqual([]);
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
    box.requests = [upload(await address(await broken.listen()))];
    await box.client.start();
    await expect
      .poll(() => (box.clock.advance(0), box.outcome))
      .toMatchObject({ commandKey: "up", fault: { code } });
    await broken.close();
  });

  it("hands a download on in its window, and tells its outcome by its name", async () => {
    box.requests = [scheduled];
    await box.client.start();
    await box.settle(3);
    await Promise.resolve();
    expect(box.downloads).toEqual([]);
    await expect
      .poll(() => (box.clock.advance(1000), box.downloads))
      .toMatchObject([{ commandKey: "down", method: "Download" }]);
    await expect.poll(() => box.pending).toMatchObject([{ started: true }]);
    const times = { startTime: "2026-11-22T00:00:00Z", completeTime: "2026-11-22T00:01:00Z" };
    box.client.transferComplete({ commandKey: "down", fault: { code: 0, string: "" }, ...times });
    await expect.poll(() => box.outcome).toMatchObject({ commandKey: "down" });
    expect(box.codes(-1)).toEqual(["7 TRANSFER COMPLETE", "M ScheduleDownload"]);
    expect(box.pending).toEqual([]);
  });

  it("forgets a download that was taken back by another door, and tells nothing", async () => {
    box.requests = [scheduled];
    await box.client.start();
    await box.settle(3);
    await expect.poll(() => (box.clock.advance(1000), box.pending)).toMatchObject([{ started: true }]);
    box.client.transferCancelled("down");
    expect(box.pending).toEqual([]);
    expect(box.outcome).toBeUndefined();
  });

  it("gives a download up whose windows passed while another update was under way", async () => {
    box.busy = true;
    box.requests = [scheduled];
    await box.client.start();
    await box.settle(3);
    await expect
      .poll(() => (box.clock.advance(5000), box.outcome))
      .toMatchObject({ commandKey: "down", fault: { code: 9020 } });
    expect(box.downloads).toEqual([]);
  });
});

import { randomUUID } from "node:crypto";
import { type CwmpMessage, decodeEnvelope, encodeEnvelope, type MessageOf } from "@tonalite/agent/core/cwmp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fault } from "./scripted-cpe.ts";
import { openTestEndpoint } from "./test-endpoint.ts";

type Endpoint = Awaited<ReturnType<typeof openTestEndpoint>>;
const informOf = ({ identity }: Awaited<ReturnType<Endpoint["box"]>>["cpe"]): MessageOf<"Inform"> => ({
  method: "Inform",
  deviceId: identity,
  events: [{ eventCode: "2 PERIODIC", commandKey: "" }],
  maxEnvelopes: 1,
  currentTime: "2026-11-22T00:00:00Z",
  retryCount: 0,
  parameters: [],
});
const managed = "Device.ManagementServer.";
const sip = "Device.Services.VoiceService.1.SIP.";

describe("a CWMP session", () => {
  let acs: Endpoint;
  beforeAll(async () => {
    acs = await openTestEndpoint({ mqttPort: 1883 });
  });
  afterAll(() => acs?.close());

  const asked = (box: { asked: { method: string }[] }): string[] => box.asked.map(({ method }) => method);
  const device = (id: string) =>
    acs.store.db.selectFrom("devices").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  const command = async (deviceId: string, kind: string, args: unknown = {}): Promise<string> => {
    const id = randomUUID();
    await acs.store.db
      .insertInto("commands")
      .values({ id, device_id: deviceId, kind, arguments: JSON.stringify(args) })
      .execute();
    return id;
  };
  const commandState = async (id: string) =>
    await acs.store.db
      .selectFrom("commands")
      .select(["state", "result"])
      .where("id", "=", id)
      .executeTakeFirstOrThrow();

  it("chooses the newest version that the device offers, and takes its unasked transfers", async () => {
    const { cpe } = await acs.box();
    const namespace = "urn:dslforum-org:cwmp-1-2" as const;
    const inform = await cpe.inform(["10 AUTONOMOUS TRANSFER COMPLETE"]);
    expect(inform.text).not.toContain("UseCWMPVersion");
    const answer = await cpe.post(
      encodeEnvelope({ id: "i", supportedVersions: ["1.0", "1.4"], namespace, body: informOf(cpe) }),
    );
    expect(decodeEnvelope(answer.text)).toMatchObject({
      useVersion: "1.4",
      body: { method: "InformResponse" },
    });
    const told = await cpe.post(
      encodeEnvelope({
        namespace,
        body: {
          method: "AutonomousTransferComplete",
          announceUrl: "",
          transferUrl: "http://files/x",
          isDownload: true,
          fileType: "1 Firmware Upgrade Image",
          fileSize: 0,
          targetFileName: "",
          fault: { code: 0, string: "" },
          startTime: "2026-11-22T00:00:00Z",
          completeTime: "2026-11-22T00:01:00Z",
        },
      }),
    );
    expect(decodeEnvelope(told.text).body.method).toBe("AutonomousTransferCompleteResponse");
  });

  const provisioned = async () => {
    const { cpe, id } = await acs.box();
    cpe
      .define(`${managed}PeriodicInformEnable`, "true", { type: "boolean", writable: true })
      .define(`${managed}PeriodicInformInterval`, "86400", { type: "unsignedInt", writable: true })
      .define(`${managed}ConnectionRequestPassword`, "", { writable: true, secret: true })
      .define(`${sip}Client.1.AuthUserName`, "", { writable: true })
      .define(`${sip}Client.1.AuthPassword`, "", { writable: true, secret: true })
      .define(`${sip}Client.1.Enable`, "false", { type: "boolean", writable: true })
      .define(`${sip}Client.1.Status`, "Disabled", { informed: true })
      .define(`${sip}Network.1.RegistrarServer`, "", { writable: true })
      .define("Device.MQTT.Client.1.BrokerAddress", "", { writable: true })
      .define("Device.MQTT.Client.1.Password", "", { writable: true, secret: true });
    await acs.store.db
      .insertInto("lines")
      .values({
        device_id: id,
        line: 1,
        sip_user: "alice",
        sip_password_sealed: acs.southbound.sealer.seal("sip secret"),
        domain: "sip.example.net",
      })
      .execute();
    return { cpe, id };
  };

  it("reads a new device once, configures it with its secrets, and then leaves it in peace", async () => {
    const { cpe, id } = await provisioned();
    expect(await cpe.session(["0 BOOTSTRAP", "1 BOOT"])).toBe(204);
    expect(asked(cpe)).toEqual(["GetParameterNames", "GetParameterValues", "SetParameterValues"]);
    expect(cpe.value(`${sip}Client.1.AuthPassword`)).toBe("sip secret");
    expect(cpe.value(`${sip}Network.1.RegistrarServer`)).toBe("sip.example.net");
    expect(cpe.value(`${managed}PeriodicInformInterval`)).toBe("300");
    expect(cpe.value("Device.MQTT.Client.1.BrokerAddress")).toBe("127.0.0.1");
    expect(cpe.value("Device.MQTT.Client.1.Password")?.length).toBeGreaterThan(20);

    expect(await cpe.session()).toBe(204);
    expect(asked(cpe)).toEqual([]);
    const row = await device(id);
    expect(row.parameter_key).toBe(cpe.value(`${managed}ParameterKey`));
    expect(row.discovered_version).toBe("1.0.0");
    expect(row.last_boot_at).not.toBeNull();
    const stored = await acs.store.db
      .selectFrom("device_parameters")
      .selectAll()
      .where("device_id", "=", id)
      .execute();
    expect(stored.length).toBe(cpe.parameters.size);
    expect(JSON.stringify(stored)).not.toContain("sip secret");
  });

  it("sends only what changed, and everything secret when the key is lost", async () => {
    const { cpe, id } = await provisioned();
    await cpe.session(["0 BOOTSTRAP"]);
    await acs.store.db
      .updateTable("lines")
      .set({ auth_user: "alice2" })
      .where("device_id", "=", id)
      .execute();
    await cpe.session();
    expect(asked(cpe)).toEqual(["SetParameterValues"]);
    const set = cpe.asked[0];
    const paths = set?.method === "SetParameterValues" ? set.parameters.map(({ path }) => path) : [];
    expect(paths).toContain(`${sip}Client.1.AuthUserName`);
    expect(paths).not.toContain(`${sip}Network.1.RegistrarServer`);

    cpe.define(`${managed}ParameterKey`, "somebody else's", { informed: true });
    cpe.define(`${sip}Client.1.AuthPassword`, "", { writable: true, secret: true });
    await cpe.session();
    expect(cpe.value(`${sip}Client.1.AuthPassword`)).toBe("sip secret");
  });

  it("switches a line off when it is taken away, and on when it comes back", async () => {
    const { cpe, id } = await provisioned();
    await cpe.session(["0 BOOTSTRAP"]);
    expect(cpe.value(`${sip}Client.1.Enable`)).toBe("true");
    await acs.store.db.deleteFrom("lines").where("device_id", "=", id).execute();
    await cpe.session();
    expect(cpe.value(`${sip}Client.1.Enable`)).toBe("false");
    await acs.store.db
      .insertInto("lines")
      .values({ device_id: id, line: 1, domain: "sip.example.net" })
      .execute();
    await cpe.session();
    expect(cpe.value(`${sip}Client.1.Enable`)).toBe("true");
  });

  it("leaves out a parameter that the device refuses, and does not ask again until the wish changes", async () => {
    const { cpe, id } = await provisioned();
    const bad = `${sip}Network.1.RegistrarServer`;
    cpe.overrides.set("SetParameterValues", (message) =>
      message.method === "SetParameterValues" && message.parameters.some(({ path }) => path === bad)
        ? fault(9003, "Invalid arguments", bad)
        : cpe.answer(message),
    );
    await cpe.session(["0 BOOTSTRAP"]);
    expect(asked(cpe).filter((method) => method === "SetParameterValues")).toHaveLength(2);
    expect((await device(id)).faults?.items).toEqual([
      { path: bad, code: 9007, message: "Invalid parameter value" },
    ]);
    await cpe.session();
    expect(asked(cpe)).toEqual([]);
    await acs.store.db
      .updateTable("lines")
      .set({ domain: "other.example.net" })
      .where("device_id", "=", id)
      .execute();
    await cpe.session();
    expect(asked(cpe)).toContain("SetParameterValues");
  });

  it("stops after a refusal that names nothing", async () => {
    const { cpe, id } = await provisioned();
    cpe.overrides.set("SetParameterValues", () => fault(9002, "Internal error"));
    expect(await cpe.session(["0 BOOTSTRAP"])).toBe(204);
    expect(asked(cpe).filter((method) => method === "SetParameterValues")).toHaveLength(1);
    expect((await device(id)).faults?.blocked).toBe(true);
    await cpe.session();
    expect(asked(cpe)).toEqual([]);
  });

  it("does not configure a device for ever that forgets its ParameterKey", async () => {
    const { cpe } = await provisioned();
    cpe.overrides.set("SetParameterValues", (message) => {
      const answer = cpe.answer(message);
      cpe.define(`${managed}ParameterKey`, "", { informed: true });
      return answer;
    });
    await cpe.session(["0 BOOTSTRAP"]);
    for (let round = 0; round < 4; round++) await cpe.session();
    expect(asked(cpe)).toEqual([]);
  });

  it("does commands in order, what restarts the box last, and reports their results", async () => {
    const { cpe, id } = await provisioned();
    await cpe.session(["0 BOOTSTRAP"]);
    const reboot = await command(id, "reboot");
    const get = await command(id, "get", { paths: ["Device.DeviceInfo."] });
    const bad = await command(id, "get", { paths: ["Device.Nowhere"] });
    const nonsense = await command(id, "get", { wrong: true });
    const download = await command(id, "download", {
      commandKey: "k1",
      fileType: "1 Firmware Upgrade Image",
      path: "/firmware/1/image.bin",
      fileSize: 10,
      targetFileName: "image.bin",
    });
    await cpe.session();
    expect(asked(cpe)).toEqual(["GetParameterValues", "GetParameterValues", "Download", "Reboot"]);
    expect(cpe.rebooted).toBe(true);
    expect((await commandState(get)).result).toEqual({
      parameters: [{ path: "Device.DeviceInfo.SoftwareVersion", value: "1.0.0", type: "string" }],
    });
    expect(await commandState(bad)).toMatchObject({ state: "failed", result: { faultCode: 9005 } });
    expect((await commandState(nonsense)).state).toBe("failed");
    expect((await commandState(reboot)).state).toBe("done");
    expect((await commandState(download)).state).toBe("done");
    const rpc = cpe.asked.find((message) => message.method === "Download");
    expect(rpc).toMatchObject({
      url: `${acs.url}/firmware/1/image.bin`,
      username: id,
      password: cpe.password,
    });
  });

  it("repeats a command whose answer was lost, and takes a restart as proof of a reboot", async () => {
    const { cpe, id } = await provisioned();
    await cpe.session(["0 BOOTSTRAP"]);
    const get = await command(id, "get", { paths: ["Device.DeviceInfo."] });
    await cpe.inform(["2 PERIODIC"]);
    await cpe.post(""); // the RPC goes out, the power too
    expect((await commandState(get)).state).toBe("sent");
    await cpe.session(["1 BOOT"]);
    expect((await commandState(get)).state).toBe("done");

    const reboot = await command(id, "reboot");
    cpe.cookie = "";
    await cpe.inform(["2 PERIODIC"]);
    await cpe.post("");
    await cpe.session(["1 BOOT", { eventCode: "M Reboot", commandKey: reboot.replaceAll("-", "") }]);
    expect(asked(cpe)).not.toContain("Reboot");
    expect((await commandState(reboot)).state).toBe("done");
  });

  it("reads what a test of the network found when the device says that it is over", async () => {
    const { cpe, id } = await provisioned();
    const path = "Device.IP.Diagnostics.IPPing.SuccessCount";
    cpe.define(path, "0", { type: "unsignedInt" });
    await cpe.session(["0 BOOTSTRAP"]);
    cpe.define(path, "3", { type: "unsignedInt" });
    await cpe.session(["8 DIAGNOSTICS COMPLETE"]);
    expect(cpe.asked[0]).toMatchObject({
      method: "GetParameterValues",
      names: expect.arrayContaining(["Device.IP.Diagnostics."]) as string[],
    });
    const stored = await acs.store.db
      .selectFrom("device_parameters")
      .select("value")
      .where("device_id", "=", id)
      .where("path", "=", path)
      .executeTakeFirst();
    expect(stored).toEqual({ value: "3" });
  });

  it("gives up a command that never gets an answer", async () => {
    const { cpe, id } = await provisioned();
    await cpe.session(["0 BOOTSTRAP"]);
    const get = await command(id, "get", { paths: ["Device.DeviceInfo."] });
    for (let round = 0; round < 3; round++) {
      cpe.cookie = "";
      await cpe.inform(["2 PERIODIC"]);
      await cpe.post("");
    }
    await cpe.session();
    expect(asked(cpe)).toEqual([]);
    expect((await commandState(get)).state).toBe("failed");
  });

  it("collects the journal before it acknowledges, and keeps what it cannot read", async () => {
    const { cpe, id } = await provisioned();
    await cpe.session(["0 BOOTSTRAP"]);
    const journal = "Device.X_TONALITE_Journal.";
    const entryId = randomUUID();
    const rows = [
      [entryId, "7", "system", JSON.stringify({ what: "boot", detail: "power" })],
      [randomUUID(), "8", "telepathy", "{}"],
    ];
    for (const [row, [entry, sequence, kind, data]] of rows.entries()) {
      const path = `${journal}Entry.${row + 1}.`;
      cpe
        .define(`${path}Id`, entry ?? "")
        .define(`${path}Sequence`, sequence ?? "")
        .define(`${path}Kind`, kind ?? "")
        .define(`${path}Time`, "2026-01-01T00:00:00Z")
        .define(`${path}Data`, data ?? "");
    }
    cpe.define(`${journal}Acknowledge`, "0", { type: "unsignedLong", writable: true });
    cpe.define(`${journal}PendingEntries`, "2", { type: "unsignedInt", informed: true });
    const key = cpe.value(`${managed}ParameterKey`);
    await cpe.session();
    expect(asked(cpe)).toEqual(["GetParameterValues", "SetParameterValues"]);
    expect(cpe.value(`${journal}Acknowledge`)).toBe("8");
    expect(cpe.value(`${managed}ParameterKey`)).toBe(key);
    expect(acs.heard.entries).toContainEqual({ deviceId: id, id: entryId });
    const kept = await acs.store.db
      .selectFrom("journal_entries")
      .select(["kind", "data"])
      .where("device_id", "=", id)
      .execute();
    expect(kept).toMatchObject([{ kind: "unreadable", data: { Kind: "telepathy" } }]);
  });

  it("takes a TransferComplete and tells who waits for it", async () => {
    const { cpe } = await provisioned();
    await cpe.session(
      ["7 TRANSFER COMPLETE"],
      [
        {
          method: "TransferComplete",
          commandKey: "key-9",
          fault: { code: 9010, string: "Download failure" },
          startTime: "2026-01-01T00:00:00Z",
          completeTime: "2026-01-01T00:01:00Z",
        },
      ],
    );
    expect(acs.heard.transfers).toContainEqual({
      commandKey: "key-9",
      fault: { code: 9010, string: "Download failure" },
    });
  });

  it("hears a device ask for firmware, and denies other files", async () => {
    const { cpe, id } = await provisioned();
    await cpe.inform(["9 REQUEST DOWNLOAD"]);
    const ask = async (fileType: string) => {
      const body: CwmpMessage = { method: "RequestDownload", fileType, arguments: [] };
      const answer = await cpe.post(encodeEnvelope({ namespace: "urn:dslforum-org:cwmp-1-2", body }));
      return decodeEnvelope(answer.text).body;
    };
    expect(await ask("2 Web Content")).toMatchObject({ method: "Fault", faultCode: 8001 });
    expect(acs.heard.asked).toEqual([]);
    expect(await ask("1 Firmware Upgrade Image")).toEqual({ method: "RequestDownloadResponse" });
    expect(acs.heard.asked).toEqual([id]);
  });

  it("follows a line's registration from the Informs", async () => {
    const { cpe, id } = await provisioned();
    await cpe.session(["0 BOOTSTRAP"]);
    cpe.define(`${sip}Client.1.Status`, "Up", { informed: true });
    await cpe.session(["4 VALUE CHANGE"]);
    const line = await acs.store.db
      .selectFrom("lines")
      .selectAll()
      .where("device_id", "=", id)
      .executeTakeFirstOrThrow();
    expect(line.status).toBe("Up");
    expect(line.status_since).not.toBeNull();
  });
});

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newDevice, openLaboratory, type Laboratory } from "./laboratory.ts";
import { Command, Device, DeviceSummary, page, Problem, RegisteredDevice, Terms } from "./schemas.ts";

let lab: Laboratory;
beforeAll(async () => {
  lab = await openLaboratory();
});
afterAll(() => lab.close());

async function register(change: object = {}) {
  const answer = await lab.call("POST", "/api/devices", newDevice(change));
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return RegisteredDevice.parse(answer.body);
}
const path = (id: string, rest = "") => `/api/devices/${encodeURIComponent(id)}${rest}`;

describe("devices", () => {
  it("are registered with credentials that are told once", async () => {
    const { device, credentials } = await register({ label: "Mme Martin" });
    expect(credentials.cwmpPassword.length).toBeGreaterThanOrEqual(20);
    expect(device).toMatchObject({ connection: "never", label: "Mme Martin", provider: "ippi" });
    expect(device.lines).toMatchObject([
      { line: 1, sipUser: "alice", domain: "sip.example.test", enabled: true },
    ]);
    const read = JSON.stringify((await lab.call("GET", path(device.id))).body);
    expect(read).not.toContain(credentials.cwmpPassword);
    expect(read).not.toContain("s3cret-of-alice");
    expect(lab.events).toContainEqual({ type: "device", deviceId: device.id, what: "registered" });
  });

  it("are not registered twice, not even at the same moment, nor under another's user name", async () => {
    const wanted = newDevice();
    const answers = await Promise.all([1, 2, 3].map(() => lab.call("POST", "/api/devices", wanted)));
    expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([201, 409, 409]);
    const clash = await lab.call("POST", "/api/devices", newDevice({ cwmpUsername: deviceId(wanted) }));
    expect(clash.status).toBe(409);
    expect(Problem.parse(clash.body).remedy).toBeDefined();
  });

  it.each([
    ["an unknown provider", { provider: "nobody" }, 422],
    ["an unknown profile", { profile: "virtual/none" }, 422],
    ["a line without a port", { lines: [{ ...newDevice().lines[0], line: 2 }] }, 422],
    ["a line twice", { lines: [newDevice().lines[0], newDevice().lines[0]] }, 400],
    ["a line break in a user name", { lines: [{ ...newDevice().lines[0], sipUser: "a\r\nVia: x" }] }, 400],
    ["NUL in the serial number", { serialNumber: "a\0b" }, 400],
    ["a lower-case OUI", { oui: "02544e" }, 400],
    ["a short password", { cwmpPassword: "short" }, 400],
  ])("are refused with %s", async (_case, change, status) => {
    const answer = await lab.call("POST", "/api/devices", newDevice(change));
    expect(answer.status).toBe(status);
    expect(Problem.parse(answer.body)).toMatchObject({ status, remedy: expect.any(String) as string });
  });

  it("are found by number, label or serial, page by page", async () => {
    const label = `find-${randomUUID()}`;
    const ids = [];
    for (let count = 0; count < 5; count++) ids.push((await register({ label })).device.id);
    const seen: string[] = [];
    let after = "";
    do {
      const answer = await lab.call("GET", `/api/devices?search=${label}&limit=2${after}`);
      const { items, next } = page(DeviceSummary).parse(answer.body);
      seen.push(...items.map((item) => item.id));
      after = next === null ? "" : `&after=${next}`;
    } while (after !== "");
    expect(seen).toEqual(ids.sort());
    expect(
      page(DeviceSummary).parse((await lab.call("GET", "/api/devices?search=100%25_")).body).items,
    ).toEqual([]);
    expect(
      page(DeviceSummary).parse(
        (await lab.call("GET", "/api/devices?search=0123456789&connection=never")).body,
      ).items.length,
    ).toBeGreaterThan(0);
  });

  it.each([
    "/api/devices?after=%2F%2F",
    "/api/calls?after=abc",
    "/api/audit?after=abc",
    "/api/devices?limit=9999",
    "/api/calls?since=yesterday",
  ])("%s is a 400", async (url) => expect((await lab.call("GET", url)).status).toBe(400));

  it("are changed, woken and planned anew", async () => {
    const { device } = await register();
    const before = await revision(device.id);
    const answer = await lab.call("PATCH", path(device.id), {
      label: null,
      desired: { "Device.ManagementServer.PeriodicInformInterval": "60" },
      lines: [{ line: 1, sipPassword: "an0ther-one", proxyHost: "127.0.0.1", proxyPort: 5060 }],
    });
    expect(Device.parse(answer.body)).toMatchObject({
      desired: { "Device.ManagementServer.PeriodicInformInterval": "60" },
      lines: [{ sipUser: "alice", proxyHost: "127.0.0.1", proxyPort: 5060 }],
    });
    expect(await revision(device.id)).toBeGreaterThan(before);
    expect(lab.woken).toContain(device.id);
    const audit = JSON.stringify(
      (await lab.call("GET", `/api/audit?device=${encodeURIComponent(device.id)}`)).body,
    );
    expect(audit).toContain('"clause":"7.3"');
    expect(audit).not.toContain("an0ther-one");
    const undone = await lab.call("PATCH", path(device.id), {
      desired: { "Device.ManagementServer.PeriodicInformInterval": null },
      lines: [{ line: 1, remove: true }],
    });
    expect(Device.parse(undone.body)).toMatchObject({ desired: {}, lines: [] });
  });

  it.each([
    [
      "a secret among the overrides",
      { desired: { "Device.Services.VoiceService.1.SIP.Client.1.AuthPassword": "x" } },
      422,
    ],
    ["a partial path", { desired: { "Device.ManagementServer.": "x" } }, 400],
    [
      "half an account for a new line",
      {
        lines: [
          { line: 1, remove: true },
          { line: 2, sipUser: "b" },
        ],
      },
      422,
    ],
  ])("keep what they were with %s", async (_case, patch, status) => {
    const { device } = await register();
    expect((await lab.call("PATCH", path(device.id), patch)).status).toBe(status);
    expect((await lab.call("GET", path(device.id))).body).toEqual(device);
  });

  it("that do not exist are 404 everywhere", async () => {
    for (const rest of ["", "/parameters", "/calls", "/registrations", "/journal", "/commands", "/updates"])
      expect((await lab.call("GET", path("02544E-none-1", rest))).status, rest).toBe(404);
    expect((await lab.call("PATCH", path("02544E-none-1"), {})).status).toBe(404);
    expect((await lab.call("POST", path("02544E-none-1", "/commands"), { kind: "wake" })).status).toBe(404);
    for (const url of ["/api/calls", "/api/updates", "/api/commands"])
      expect((await lab.call("GET", `${url}/${randomUUID()}`)).status).toBe(404);
    expect((await lab.call("GET", "/api/calls/not-a-uuid")).status).toBe(400);
    expect(Problem.parse((await lab.call("GET", "/api/nothing")).body).status).toBe(404);
  });
});

describe("commands", () => {
  it("wait for the device, with the clause that allows them", async () => {
    const { device } = await register();
    const answer = await lab.call("POST", path(device.id, "/commands"), {
      kind: "get",
      paths: ["Device.DeviceInfo."],
    });
    expect(answer.status).toBe(202);
    const command = Command.parse(answer.body);
    expect(command).toMatchObject({
      state: "pending",
      clause: "7.3",
      arguments: { paths: ["Device.DeviceInfo."] },
    });
    expect(lab.woken.at(-1)).toBe(device.id);
    expect(Command.parse((await lab.call("GET", `/api/commands/${command.id}`)).body)).toEqual(command);
  });

  it("of a provider without such a clause name none", async () => {
    const { device } = await register({ provider: "silent" });
    expect(
      Command.parse((await lab.call("POST", path(device.id, "/commands"), { kind: "reboot" })).body).clause,
    ).toBeNull();
  });

  it.each([
    [{ kind: "explode" }, 400],
    [{ kind: "get", paths: [] }, 400],
    [{ kind: "get", paths: ["Internet"] }, 400],
    [{ kind: "set", parameters: [{ path: "Device.ManagementServer.Password", value: "x" }] }, 422],
  ])("%j is refused", async (command, status) => {
    const { device } = await register();
    expect((await lab.call("POST", path(device.id, "/commands"), command)).status).toBe(status);
  });

  it("do not pile up without end", async () => {
    const { device } = await register();
    for (let count = 0; count < 50; count++)
      await lab.call("POST", path(device.id, "/commands"), { kind: "reboot" });
    expect((await lab.call("POST", path(device.id, "/commands"), { kind: "reboot" })).status).toBe(409);
  });
});

describe("what else is told", () => {
  it("the terms, rule by rule with their clauses", async () => {
    const { providers } = Terms.parse((await lab.call("GET", "/api/terms")).body);
    const ippi = providers.find((provider) => provider.id === "ippi");
    expect(ippi?.rules).toContainEqual(expect.objectContaining({ rule: "softwareUpdate", clause: "7.3" }));
    expect(ippi?.forcedUpdate).toBe(true);
    expect(providers.find((provider) => provider.id === "silent")?.forcedUpdate).toBe(false);
  });

  it("bad JSON and bodies of another kind", async () => {
    const send = (type: string, payload: string) =>
      lab.app.inject({
        method: "POST",
        url: "/api/devices",
        payload,
        headers: { authorization: `Bearer ${lab.adminToken}`, "content-type": type },
      });
    expect((await send("application/json", "{")).statusCode).toBe(400);
    expect((await send("text/xml", "<a/>")).statusCode).toBe(415);
    expect(
      (await send("application/json", JSON.stringify({ label: "x".repeat(2_000_000) }))).statusCode,
    ).toBe(413);
  });
});

async function revision(id: string): Promise<number> {
  const row = await lab.services.db
    .selectFrom("devices")
    .select("revision")
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return row.revision;
}

function deviceId({ oui, productClass, serialNumber }: ReturnType<typeof newDevice>): string {
  return `${oui}-${productClass.replace("-", "%2D")}-${serialNumber}`;
}

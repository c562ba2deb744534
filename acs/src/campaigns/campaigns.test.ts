import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPublisher, newDevice, openLaboratory, type Laboratory } from "../api/laboratory.ts";
import { FirmwareImage, Problem, Update } from "../api/schemas.ts";
import { ingestEntries } from "../records/intake.ts";

let lab: Laboratory;
let image: FirmwareImage;
const publisher = createPublisher();

beforeAll(async () => {
  lab = await openLaboratory();
  publisher.trustIn(lab.dataDir);
  image = await upload("2.0.0");
});
afterAll(() => lab.close());

async function upload(version: string, hardware?: string): Promise<FirmwareImage> {
  const headers = { authorization: `Bearer ${lab.adminToken}`, "content-type": "application/octet-stream" };
  const answer = await lab.app.inject({
    method: "POST",
    url: "/api/firmware",
    payload: publisher.image(version, hardware),
    headers,
  });
  return FirmwareImage.parse(answer.json());
}
async function register(change: object = {}, running: string | null = "1.0.0"): Promise<string> {
  const answer = await lab.call("POST", "/api/devices", newDevice(change));
  const { id } = (answer.body as { device: { id: string } }).device;
  await lab.services.db
    .updateTable("devices")
    .set({ software_version: running })
    .where("id", "=", id)
    .execute();
  return id;
}
const order = (id: string, body: object = {}) =>
  lab.call("POST", `/api/devices/${encodeURIComponent(id)}/updates`, {
    imageId: image.id,
    force: true,
    ...body,
  });
const read = async (id: string) => Update.parse((await lab.call("GET", `/api/updates/${id}`)).body);
const commandsOf = (id: string) =>
  lab.services.db
    .selectFrom("commands")
    .selectAll()
    .where("device_id", "=", id)
    .orderBy("created_at")
    .execute();

describe("a forced update", () => {
  it("cites the clause, has the terms' deadline, and orders policy before download", async () => {
    const id = await register();
    const before = Date.now();
    const answer = await order(id);
    expect(answer.status).toBe(202);
    const update = Update.parse(answer.body);
    expect(update).toMatchObject({
      forced: true,
      clause: "7.3",
      provider: "ippi",
      state: "requested",
      version: "2.0.0",
      from: "1.0.0",
    });
    expect(update.waitsFor).toContain("never called");
    const hours = (Date.parse(update.deadlineAt ?? "") - before) / 3_600_000;
    expect(hours).toBeGreaterThan(71.9);
    expect(hours).toBeLessThan(72.1);
    const [policy, download] = await commandsOf(id);
    expect(policy).toMatchObject({ kind: "set", clause: "7.3" });
    expect(policy?.arguments["parameters"]).toContainEqual({
      path: "Device.X_TONALITE_Update.PolicyForce",
      value: "true",
      type: "boolean",
    });
    expect(download).toMatchObject({
      kind: "download",
      arguments: {
        commandKey: update.commandKey,
        path: `/firmware/${image.id}/${image.fileName}`,
        fileSize: image.size,
      },
    });
    expect(update.commandKey.length).toBeLessThanOrEqual(32);
    expect(lab.woken.at(-1)).toBe(id);
    const audit = (await lab.call("GET", `/api/audit?device=${encodeURIComponent(id)}`)).body as {
      items: object[];
    };
    expect(audit.items[0]).toMatchObject({
      action: "force-update",
      clause: "7.3",
      actor: "administrator",
    });
  });

  it("is refused under terms without the rule, naming the provider", async () => {
    const id = await register({ provider: "silent" });
    const answer = await order(id);
    expect(answer.status).toBe(422);
    const problem = Problem.parse(answer.body);
    expect(problem.type).toBe("urn:tonalite:problem:refused-by-terms");
    expect(problem.detail).toContain("Silent Telecom");
    expect(problem.remedy).toContain("without force");
    expect(await commandsOf(id)).toEqual([]);
    const offered = await order(id, { force: false });
    expect(Update.parse(offered.body)).toMatchObject({ forced: false, clause: null, deadlineAt: null });
  });

  it("is one at a time, also when asked for twice at once", async () => {
    const id = await register();
    const answers = await Promise.all([order(id), order(id), order(id)]);
    expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([202, 409, 409]);
  });

  it("is refused for what cannot be", async () => {
    expect((await order(await register(), { imageId: randomUUID() })).status).toBe(404);
    expect((await order("02544E-no-1")).status).toBe(404);
    expect((await order(await register({}, "2.0.0"))).status).toBe(409);
    expect((await order(await register({}, "2.0.1"))).status).toBe(409);
    expect((await order(await register({ profile: "ippi/box", oui: "000001" }))).status).toBe(422);
    expect((await order(await register(), { deadlineHours: 0 })).status).toBe(422);
    expect((await order(await register(), { imageId: "x" })).status).toBe(400);
    expect((await order(await register({}, "vendor build 7"))).status).toBe(202);
  });
});

describe("a device's words about its update", () => {
  async function ordered() {
    const id = await register();
    const update = Update.parse((await order(id)).body);
    const note = (state: string, reason: string | null, change: object = {}) =>
      lab.services.campaigns.noteUpdateState(id, {
        state,
        reason,
        version: "2.0.0",
        clause: "7.3",
        commandKey: update.commandKey,
        ...change,
      });
    return { id, update, note };
  }

  it("are followed to the end, and say what it waits for", async () => {
    const { id, update, note } = await ordered();
    await note("waiting", "a call is up");
    expect(await read(update.id)).toMatchObject({
      state: "waiting",
      waitsFor: expect.stringContaining("a call is up") as string,
    });
    await note("trial", "");
    await note("committed", "");
    const done = await read(update.id);
    expect(done).toMatchObject({ state: "committed", reason: null, waitsFor: null });
    expect(done.finishedAt).not.toBeNull();
    await note("waiting", "late news");
    expect((await read(update.id)).state).toBe("committed");
    expect(
      lab.events
        .filter((event) => event.type === "update" && event.deviceId === id)
        .map((event) => event.type === "update" && event.state),
    ).toEqual(["requested", "waiting", "trial", "committed"]);
  });

  it("may come through the journal", async () => {
    const { id, update } = await ordered();
    const step = { version: "2.0.0", from: "1.0.0", clause: "7.3", commandKey: update.commandKey };
    await ingestEntries(lab.services.db, lab.services.bus, id, [
      {
        id: randomUUID(),
        sequence: 1,
        time: "2026-01-01T00:00:00Z",
        kind: "update",
        data: { ...step, state: "downloading", reason: "" },
      },
      {
        id: randomUUID(),
        sequence: 2,
        time: "2026-01-01T00:00:01Z",
        kind: "update",
        data: { ...step, state: "rolled-back", reason: "line 1 is not registered again" },
      },
    ]);
    expect(await read(update.id)).toMatchObject({
      state: "rolled-back",
      reason: "line 1 is not registered again",
    });
  });

  it("that overtake each other end with the latest", async () => {
    const { id, update } = await ordered();
    const states = ["checking", "waiting", "downloading", "verifying", "installing", "activating", "trial"];
    const entries = states.map((state, index) => ({
      id: randomUUID(),
      sequence: index + 1,
      time: new Date().toISOString(),
      kind: "update" as const,
      data: {
        version: "2.0.0",
        from: "1.0.0",
        clause: "7.3",
        commandKey: update.commandKey,
        state,
        reason: "",
      },
    }));
    const { db, bus } = lab.services;
    await Promise.all(entries.toReversed().map((entry) => ingestEntries(db, bus, id, [entry])));
    expect((await read(update.id)).state).toBe("trial");
  });

  it("left over from an earlier update are not taken for this one's", async () => {
    const { id, update, note } = await ordered();
    await note("rejected", "old news", { commandKey: null });
    expect((await read(update.id)).state).toBe("requested");
    await note("rejected", "old news", { commandKey: "another" });
    expect((await read(update.id)).state).toBe("requested");
    await lab.services.db
      .updateTable("commands")
      .set({ state: "sent", sent_at: new Date() })
      .where("device_id", "=", id)
      .execute();
    expect((await read(update.id)).waitsFor).toContain("has the order");
    await note("downloading", null, { commandKey: null });
    expect((await read(update.id)).state).toBe("downloading");
    await note("rejected", null, { commandKey: null, version: null });
    expect((await read(update.id)).state).toBe("downloading");
    await note("waiting", "the handset is off hook");
    await note("waiting", null, { commandKey: null, version: null });
    expect(await read(update.id)).toMatchObject({ state: "waiting", reason: "the handset is off hook" });
  });

  it.each([
    [{ code: 0, string: "" }, "committed", null],
    [null, "committed", null],
    [{ code: 9018, string: "image corrupted" }, "failed", { code: 9018, message: "image corrupted" }],
    [
      { code: 9018, string: "rolled back: line 1 is silent" },
      "rolled-back",
      { code: 9018, message: "rolled back: line 1 is silent" },
    ],
  ])("end with TransferComplete %j", async (fault, state, kept) => {
    const { id, update } = await ordered();
    await lab.services.campaigns.noteTransferComplete(id, update.commandKey, fault);
    expect(await read(update.id)).toMatchObject({ state, fault: kept });
  });

  it("end a roll-back with the fault beside its own word", async () => {
    const { id, update, note } = await ordered();
    await note("rolled-back", "not registered");
    await lab.services.campaigns.noteTransferComplete(id, update.commandKey, {
      code: 9018,
      string: "rolled back",
    });
    expect(await read(update.id)).toMatchObject({
      state: "rolled-back",
      reason: "not registered",
      fault: { code: 9018 },
    });
  });

  it("may be a refusal of the download itself", async () => {
    const { id, update } = await ordered();
    await lab.services.db
      .updateTable("commands")
      .set({
        state: "failed",
        done_at: new Date(),
        result: JSON.stringify({ faultCode: 9010, faultString: "no room" }),
      })
      .where("device_id", "=", id)
      .where("kind", "=", "download")
      .execute();
    lab.services.bus.publish({ type: "command", deviceId: id, commandId: randomUUID(), state: "failed" });
    await expect.poll(async () => (await read(update.id)).state).toBe("failed");
    expect(await read(update.id)).toMatchObject({
      reason: "no room",
      fault: { code: 9010, message: "no room" },
    });
    expect((await order(id)).status).toBe(202);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPublisher, newDevice, openLaboratory, type Laboratory } from "../api/laboratory.ts";
import { Campaign, CampaignDevice, FirmwareImage, page, Problem, Update } from "../api/schemas.ts";

let lab: Laboratory;
let image: FirmwareImage;
const publisher = createPublisher();

beforeAll(async () => {
  lab = await openLaboratory();
  publisher.trustIn(lab.dataDir);
  const answer = await lab.app.inject({
    method: "POST",
    url: "/api/firmware",
    payload: publisher.image("2.0.0"),
    headers: { authorization: `Bearer ${lab.adminToken}`, "content-type": "application/octet-stream" },
  });
  image = FirmwareImage.parse(answer.json());
});
afterAll(() => lab.close());

async function register(change: object = {}): Promise<string> {
  const answer = await lab.call("POST", "/api/devices", newDevice(change));
  const { id } = (answer.body as { device: { id: string } }).device;
  await lab.services.db
    .updateTable("devices")
    .set({ software_version: "1.0.0" })
    .where("id", "=", id)
    .execute();
  return id;
}
const fleet = (count: number, change: object = {}): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => register(change)));
const begin = async (devices: string[], change: object = {}): Promise<Campaign> => {
  const body = {
    name: "two",
    imageId: image.id,
    select: { devices },
    waves: [20, 100],
    pauseHours: 0,
    ...change,
  };
  const answer = await lab.call("POST", "/api/campaigns", body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return Campaign.parse(answer.body);
};
const read = async (id: string): Promise<Campaign> =>
  Campaign.parse((await lab.call("GET", `/api/campaigns/${id}`)).body);
const updatesOf = (campaign: string) =>
  lab.services.db
    .selectFrom("campaign_devices")
    .innerJoin("updates", "updates.id", "campaign_devices.update_id")
    .select(["updates.id", "updates.device_id", "updates.command_key", "updates.state"])
    .where("campaign_id", "=", campaign)
    .where("updates.finished_at", "is", null)
    .execute();
const ends = async (campaign: string, state: string): Promise<void> => {
  for (const update of await updatesOf(campaign))
    await lab.services.campaigns.noteUpdateState(update.device_id, {
      state,
      reason: null,
      commandKey: update.command_key,
    });
  await lab.services.campaigns.rollouts.advance();
};
const devices = async (id: string, query: string) =>
  page(CampaignDevice).parse((await lab.call("GET", `/api/campaigns/${id}/devices${query}`)).body);
const patch = (id: string, state: string) => lab.call("PATCH", `/api/campaigns/${id}`, { state });

describe("a campaign", () => {
  it("goes from wave to wave, and ends when all devices have the image", async () => {
    const campaign = await begin(await fleet(10));
    expect(campaign).toMatchObject({ state: "running", wave: 1, version: "2.0.0" });
    expect(campaign.waves).toMatchObject([
      { share: 20, devices: 2, open: 2, left: 0 },
      { share: 100, devices: 8, open: 0, left: 8 },
    ]);
    await ends(campaign.id, "committed");
    expect(await read(campaign.id)).toMatchObject({ wave: 2, waves: [{ committed: 2 }, { open: 8 }] });
    await ends(campaign.id, "committed");
    const done = await read(campaign.id);
    expect(done).toMatchObject({ state: "finished", waves: [{ committed: 2 }, { committed: 8 }] });
    expect(done.finishedAt).not.toBeNull();
  });

  it("stops when too many fail, takes back what has not begun, and may go on by order", async () => {
    const campaign = await begin(await fleet(5), { waves: [60, 100], abortPercent: 10 });
    const [first] = await updatesOf(campaign.id);
    if (!first) throw new Error("no update");
    await lab.services.campaigns.noteUpdateState(first.device_id, {
      state: "rolled-back",
      reason: "line 1 is not registered again",
      commandKey: first.command_key,
    });
    await lab.services.campaigns.rollouts.advance();
    const stopped = await read(campaign.id);
    expect(stopped).toMatchObject({
      state: "aborted",
      reason: "1 of 3 devices of wave 1 did not take the image; 10 % may",
      waves: [{ failed: 1, cancelled: 2 }, { left: 2 }],
    });
    const audit = (await lab.call("GET", "/api/audit")).body as {
      items: { action: string; actor: string }[];
    };
    expect(audit.items[0]).toMatchObject({ action: "campaign-aborted", actor: "campaign" });
    const seen = await devices(campaign.id, "?limit=2");
    expect(seen.items.map(({ wave }) => wave)).toEqual([1, 1]);
    const rest = await devices(campaign.id, `?limit=50&after=${seen.next ?? ""}`);
    expect(rest.items.map(({ wave, standing }) => [wave, standing]).slice(1)).toEqual([
      [2, "left"],
      [2, "left"],
    ]);
    const failed = await devices(campaign.id, "?standing=failed&wave=1");
    expect(failed.items).toMatchObject([
      { deviceId: first.device_id, reason: "line 1 is not registered again", state: "rolled-back" },
    ]);
    expect((await patch(campaign.id, "paused")).status).toBe(409);
    expect((await patch(campaign.id, "cancelled")).status).toBe(409);
  });

  it("gives a device that asks its image before its wave, and nothing to others", async () => {
    const { rollouts } = lab.services.campaigns;
    const ids = await fleet(4);
    const campaign = await begin(ids, { waves: [25, 100] });
    const ordered = new Set((await updatesOf(campaign.id)).map((update) => update.device_id));
    const later = ids.find((id) => !ordered.has(id)) ?? "";
    await rollouts.ask(later);
    expect(await read(campaign.id)).toMatchObject({ wave: 1, waves: [{ open: 1 }, { open: 1, left: 2 }] });
    const stranger = await register();
    await rollouts.ask(stranger);
    await rollouts.ask(later);
    const asked = async (id: string) =>
      (await lab.call("GET", `/api/audit?device=${encodeURIComponent(id)}`)).body as {
        items: { action: string; actor: string; detail: object }[];
      };
    expect((await asked(stranger)).items[0]).toMatchObject({
      action: "ask-for-firmware",
      actor: "device",
      detail: { reason: "nothing is offered to it" },
    });
    await ends(campaign.id, "committed");
    expect(await read(campaign.id)).toMatchObject({
      wave: 2,
      waves: [{ committed: 1 }, { committed: 1, open: 2 }],
    });
  });

  it("rests between its waves, can be paused, and cancelled", async () => {
    const campaign = await begin(await fleet(3), { pauseHours: 5 });
    await ends(campaign.id, "committed");
    expect(await read(campaign.id)).toMatchObject({ state: "running", wave: 1 });
    expect((await patch(campaign.id, "paused")).status).toBe(200);
    expect((await patch(campaign.id, "running")).status).toBe(200);
    expect((await patch(campaign.id, "cancelled")).status).toBe(200);
    expect(await read(campaign.id)).toMatchObject({
      state: "cancelled",
      waves: [{ committed: 1 }, { left: 2 }],
    });
    expect((await patch(campaign.id, "running")).status).toBe(409);
  });

  it("passes over who may not be forced, and says so", async () => {
    const campaign = await begin([await register(), await register({ provider: "silent" })], {
      force: true,
      waves: [100],
    });
    expect(campaign.waves).toMatchObject([{ open: 1, passedOver: 1 }]);
    await ends(campaign.id, "committed");
    expect((await read(campaign.id)).state).toBe("finished");
  });

  it("gives the notice that the terms want, unless it is urgent", async () => {
    const devices = [await register({ provider: "callr" })];
    const told = await begin(devices);
    expect(told.waves).toMatchObject([{ left: 1, open: 0 }, {}]);
    expect((await patch(told.id, "cancelled")).status).toBe(200);
    const before = await begin(devices, { announcedAt: "2026-01-01T00:00:00Z" });
    expect(before.waves).toMatchObject([{ open: 1 }, {}]);
    const [update] = await updatesOf(before.id);
    expect((await lab.call("POST", `/api/updates/${update?.id}/cancel`, {})).status).toBe(202);
    const urgent = await begin(devices, { urgent: true });
    expect(urgent.waves).toMatchObject([{ open: 1 }, {}]);
    const [set] = await lab.services.db
      .selectFrom("commands")
      .select("arguments")
      .where("device_id", "=", devices[0] ?? "")
      .where("kind", "=", "set")
      .orderBy("created_at", "desc")
      .execute();
    expect(set?.arguments["parameters"]).toContainEqual({
      path: "Device.X_TONALITE_Update.PolicyUrgent",
      value: "true",
      type: "boolean",
    });
  });

  it.each([
    [{ waves: [10, 50] }, 400],
    [{ waves: [50, 10, 100] }, 400],
    [{ abortPercent: 101 }, 400],
    [{ select: { devices: [] } }, 422],
    [{ imageId: "00000000-0000-4000-8000-000000000000" }, 404],
  ])("with %j is refused", async (change, status) => {
    const devices = [await register()];
    const body = { name: "bad", imageId: image.id, select: { devices }, ...change };
    expect((await lab.call("POST", "/api/campaigns", body)).status).toBe(status);
  });
});

describe("an update that was ordered", () => {
  const order = async (change: object = {}): Promise<{ id: string; update: Update }> => {
    const id = await register(change);
    const answer = await lab.call("POST", `/api/devices/${encodeURIComponent(id)}/updates`, {
      imageId: image.id,
    });
    return { id, update: Update.parse(answer.body) };
  };
  const act = (update: Update, what: string, reason = "") =>
    lab.call("POST", `/api/updates/${update.id}/${what}`, { reason });
  const sent = (id: string) =>
    lab.services.db
      .updateTable("commands")
      .set({ state: "done", sent_at: new Date() })
      .where("device_id", "=", id)
      .execute();
  const lastSet = async (id: string): Promise<unknown> => {
    const row = await lab.services.db
      .selectFrom("commands")
      .select("arguments")
      .where("device_id", "=", id)
      .where("kind", "=", "set")
      .orderBy("created_at", "desc")
      .executeTakeFirst();
    return row?.arguments["parameters"];
  };

  it("is taken back at once while no session has handed it out", async () => {
    const { update } = await order();
    const answer = await act(update, "cancel", "wrong image");
    expect(Update.parse(answer.body)).toMatchObject({ state: "cancelled", reason: "wrong image" });
    expect((await act(update, "cancel")).status).toBe(409);
  });

  it("is cancelled by the device once it has it", async () => {
    const { id, update } = await order();
    await sent(id);
    expect(Update.parse((await act(update, "cancel")).body).state).toBe("requested");
    expect(await lastSet(id)).toEqual([
      { path: "Device.X_TONALITE_Update.Cancel", value: update.commandKey, type: "string" },
    ]);
    const note = { state: "cancelled", reason: null, commandKey: update.commandKey };
    await lab.services.campaigns.noteUpdateState(id, note);
    const done = Update.parse((await lab.call("GET", `/api/updates/${update.id}`)).body);
    expect(done).toMatchObject({ state: "cancelled" });
    expect(done.finishedAt).not.toBeNull();
  });

  it("is confirmed or recalled when that can be, with an audit entry", async () => {
    const { id, update } = await order();
    await sent(id);
    expect(Problem.parse((await act(update, "confirm")).body).detail).toContain("not on trial");
    expect((await act(update, "recall")).status).toBe(409);
    const note = (state: string) =>
      lab.services.campaigns.noteUpdateState(id, { state, reason: null, commandKey: update.commandKey });
    await note("trial");
    expect((await act(update, "confirm")).status).toBe(202);
    await note("committed");
    expect(Problem.parse((await act(update, "recall")).body).detail).toContain("runs version 1.0.0");
    await lab.services.db
      .updateTable("devices")
      .set({ software_version: "2.0.0" })
      .where("id", "=", id)
      .execute();
    expect((await act(update, "recall", "echo")).status).toBe(202);
    expect(await lastSet(id)).toEqual([
      { path: "Device.X_TONALITE_Update.RecallReason", value: "echo", type: "string" },
      { path: "Device.X_TONALITE_Update.Recall", value: "2.0.0", type: "string" },
    ]);
    const audit = (await lab.call("GET", `/api/audit?device=${encodeURIComponent(id)}`)).body as {
      items: object[];
    };
    expect(audit.items[0]).toMatchObject({ action: "recall-update", detail: { reason: "echo" } });
  });

  it("has an update of its own when a device that can name it goes back", async () => {
    const { id, update } = await order();
    await sent(id);
    const { campaigns, db } = lab.services;
    await campaigns.noteUpdateState(id, { state: "committed", reason: null, commandKey: update.commandKey });
    await db.updateTable("devices").set({ software_version: "2.0.0" }).where("id", "=", id).execute();
    const path = "Device.X_TONALITE_Update.RecallCommandKey";
    await db
      .insertInto("device_parameters")
      .values({ device_id: id, path, value: "", type: "string" })
      .execute();
    const recall = Update.parse((await act(update, "recall", "echo")).body);
    expect(recall).toMatchObject({ kind: "recall", state: "requested", from: "2.0.0", version: "" });
    expect(recall.id).not.toBe(update.id);
    expect(await lastSet(id)).toContainEqual({ path, value: recall.commandKey, type: "string" });
    expect(Problem.parse((await act(update, "recall")).body).detail).toContain("is not finished");
    const note = (state: string, version: string) =>
      campaigns.noteUpdateState(id, { state, reason: null, version, commandKey: recall.commandKey });
    await note("activating", "1.0.0");
    await note("committed", "1.0.0");
    const read = async (one: Update) => Update.parse((await lab.call("GET", `/api/updates/${one.id}`)).body);
    expect(await read(recall)).toMatchObject({
      state: "committed",
      from: "2.0.0",
      version: "1.0.0",
      waitsFor: null,
    });
    expect(await read(update)).toMatchObject({ kind: "install", state: "committed", version: "2.0.0" });
    expect(Problem.parse((await act(recall, "recall")).body).detail).toContain("a recall itself");
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newDevice, openLaboratory, type Laboratory } from "../api/laboratory.ts";
import { Box, BoxSummary, ClaimedBox, IssuedToken, OrderedBox, page, Problem } from "../api/schemas.ts";
import { issueClaimCode, normalClaimCode } from "./claim-code.ts";

let lab: Laboratory;
let station: string;
beforeAll(async () => {
  lab = await openLaboratory();
  const issued = await lab.call("POST", "/api/tokens", { name: "bench 1", role: "station" });
  station = IssuedToken.parse(issued.body).token;
});
afterAll(() => lab.close());

let macs = 0;
function newBox(change: object = {}) {
  const { oui, productClass, profile, provider, region } = newDevice();
  macs += 1;
  const mac = `02:54:4E:00:00:${macs.toString(16).padStart(2, "0")}`;
  return { oui, productClass, profile, provider, region, mac, ...change };
}
async function claim(change: object = {}) {
  const answer = await lab.call("POST", "/api/boxes", newBox(change), station);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return ClaimedBox.parse(answer.body);
}
const path = (id: string, rest: string) => `/api/devices/${encodeURIComponent(id)}${rest}`;
const report = (id: string, outcome: string) =>
  lab.call("PUT", path(id, "/box/report"), { outcome, report: { format: 1 } }, station);
const { lines } = newDevice();
const order = (claimCode: string) =>
  lab.call("POST", "/api/boxes/orders", { claimCode, label: "Zoé Martin", lines });
const read = async (id: string) =>
  Box.parse((await lab.call("GET", path(id, "/box"), undefined, station)).body);

describe("a box", () => {
  it("is claimed with serial number and secrets, tested, and ordered by the code on its label", async () => {
    const { deviceId, serialNumber, claimCode, credentials } = await claim();
    expect(serialNumber).toMatch(/^TN\d{9}$/);
    expect(credentials.cwmpPassword).toMatch(/^[\w-]{24}$/);
    expect((await read(deviceId)).state).toBe("making");
    expect((await order(claimCode)).status).toBe(409);
    expect((await report(deviceId, "ready")).status).toBe(200);

    const typed = claimCode.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l");
    const ordered = await order(typed);
    expect(ordered.status).toBe(201);
    expect(OrderedBox.parse(ordered.body).device.lines[0]?.sipUser).toBe("alice");
    expect(await read(deviceId)).toMatchObject({
      state: "ordered",
      station: "bench 1",
      report: { format: 1 },
    });
    expect(Problem.parse((await order(claimCode)).body).remedy).toContain("another box");
  });

  it("gets the next serial number each time, unless the station names one", async () => {
    const [one, other] = [await claim(), await claim()];
    expect(Number(other.serialNumber.slice(2)) - Number(one.serialNumber.slice(2))).toBe(1);
    expect((await claim({ serialNumber: "OLD-7" })).serialNumber).toBe("OLD-7");
  });

  it("that is made anew has new secrets, and the old label is void", async () => {
    const first = await claim();
    const { mac } = await read(first.deviceId);
    const second = await claim({ serialNumber: first.serialNumber, mac });
    expect(second.credentials.cwmpPassword).not.toBe(first.credentials.cwmpPassword);
    await report(first.deviceId, "ready");
    expect((await order(first.claimCode)).status).toBe(404);
    expect((await order(second.claimCode)).status).toBe(201);
  });

  it("of a subscriber is neither made anew nor reported, until it is taken back: then its lines are gone", async () => {
    const { deviceId, serialNumber, claimCode } = await claim();
    const { mac } = await read(deviceId);
    const again = () => lab.call("POST", "/api/boxes", newBox({ serialNumber, mac }), station);
    await report(deviceId, "ready");
    await order(claimCode);
    expect((await again()).status).toBe(409);
    expect((await report(deviceId, "ready")).status).toBe(409);
    expect((await lab.call("DELETE", path(deviceId, "/box/order"))).status).toBe(204);
    expect((await lab.call("DELETE", path(deviceId, "/box/order"))).status).toBe(409);
    const left = await lab.services.db
      .selectFrom("lines")
      .selectAll()
      .where("device_id", "=", deviceId)
      .execute();
    expect(left).toEqual([]);
    const { label } = await lab.services.db
      .selectFrom("devices")
      .select("label")
      .where("id", "=", deviceId)
      .executeTakeFirstOrThrow();
    expect(label).toBeNull();
    expect((await again()).status).toBe(201);
  });

  it("is found by its state, and by a part of its serial number, MAC address or label", async () => {
    const list = async (query: string) => {
      const { status, body } = await lab.call("GET", `/api/boxes?${query}`);
      expect(status, JSON.stringify(body)).toBe(200);
      return page(BoxSummary).parse(body);
    };
    const [one, other] = [await claim(), await claim()];
    await report(one.deviceId, "ready");
    await order(one.claimCode);
    const { mac } = await read(one.deviceId);
    const ids = async (query: string) => (await list(query)).items.map(({ deviceId }) => deviceId);
    expect(await ids(`search=${one.serialNumber}`)).toEqual([one.deviceId]);
    expect(await ids(`search=${mac.toUpperCase()}`)).toEqual([one.deviceId]);
    expect(await ids("search=zoé")).toContain(one.deviceId);
    expect(await ids("state=ordered")).toContain(one.deviceId);
    expect(await ids("state=ordered")).not.toContain(other.deviceId);
    const first = await list("limit=1&search=TN");
    expect(first.items[0]?.deviceId).toBe(other.deviceId);
    expect((await list(`limit=1&search=TN&after=${first.next}`)).items[0]?.deviceId).toBe(one.deviceId);
    expect((await lab.call("GET", "/api/boxes?state=lost")).status).toBe(400);
    expect((await lab.call("GET", "/api/boxes", undefined, station)).status).toBe(403);
  });

  it("that failed its test cannot be ordered", async () => {
    const { deviceId, claimCode } = await claim();
    await report(deviceId, "faulty");
    expect(Problem.parse((await order(claimCode)).body).detail).toContain("faulty");
  });

  it("leaves a trace in the audit log, and its code in no table", async () => {
    const { deviceId, claimCode, credentials } = await claim();
    const audit = await lab.services.db
      .selectFrom("audit_log")
      .selectAll()
      .where("device_id", "=", deviceId)
      .execute();
    expect(audit.map(({ action, actor }) => [action, actor])).toContainEqual(["claim-box", "bench 1"]);
    const kept = JSON.stringify([audit, await lab.services.db.selectFrom("boxes").selectAll().execute()]);
    expect(kept).not.toContain(claimCode);
    expect(kept).not.toContain(credentials.cwmpPassword);
  });
});

describe("a claim is refused", () => {
  it.each([
    ["a MAC address that is none", { mac: "02:54:4e:00:00" }, 400],
    ["a group address", { mac: "03:54:4e:00:00:01" }, 400],
    ["an unknown profile", { profile: "acme/none" }, 422],
  ])("for %s", async (_case, change, status) => {
    expect((await lab.call("POST", "/api/boxes", newBox(change), station)).status).toBe(status);
  });

  it("for another box's MAC address, and registers nothing", async () => {
    const { deviceId } = await claim();
    const { mac } = await read(deviceId);
    expect(
      (await lab.call("POST", "/api/boxes", newBox({ serialNumber: "THIEF", mac }), station)).status,
    ).toBe(409);
    const registered = await lab.services.db
      .selectFrom("devices")
      .select("id")
      .where("serial_number", "=", "THIEF")
      .execute();
    expect(registered).toEqual([]);
  });
});

it("a station's token opens nothing but boxes", async () => {
  for (const url of ["/api/devices", "/api/calls", "/api/audit", "/api/tokens", "/api/events"])
    expect((await lab.call("GET", url, undefined, station)).status, url).toBe(403);
  const support = IssuedToken.parse(
    (await lab.call("POST", "/api/tokens", { name: "Zoé", role: "support" })).body,
  ).token;
  expect((await lab.call("POST", "/api/boxes", newBox(), support)).status).toBe(403);
});

describe("a claim code", () => {
  it("reads back however it is typed", () => {
    for (let turn = 0; turn < 200; turn += 1) {
      const code = issueClaimCode();
      expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
      expect(normalClaimCode(code.toLowerCase().replaceAll("-", ""))).toBe(code);
    }
  });

  it.each(["", "7K3M-0QXZ-P9R", "7K3M-0QXZ-P9RU", "7K3M-0QXZ-P9R45"])("is not %s", (text) =>
    expect(normalClaimCode(text)).toBeUndefined(),
  );
});

import { randomUUID } from "node:crypto";
import type { JournalEntry } from "@tonalite/agent/core/records";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ingestEntries } from "../records/intake.ts";
import { type Laboratory, newDevice, openLaboratory } from "./laboratory.ts";
import { Alarm, Command, NetworkTest } from "./schemas.ts";

let lab: Laboratory;
let id: string;
beforeAll(async () => {
  lab = await openLaboratory();
  const answer = await lab.call("POST", "/api/devices", newDevice());
  ({ id } = (answer.body as { device: { id: string } }).device);
});
afterAll(() => lab.close());
const at = (what: string) => `/api/devices/${encodeURIComponent(id)}/${what}`;
const tests = async () =>
  z.object({ items: z.array(NetworkTest) }).parse((await lab.call("GET", at("tests"))).body).items;
const alarms = async () =>
  z.object({ items: z.array(Alarm) }).parse((await lab.call("GET", at("alarms"))).body).items;

const ping = "Device.IP.Diagnostics.IPPing.";
const route = "Device.IP.Diagnostics.TraceRoute.";

describe("tests of the network", () => {
  it("become settings of the device, which is woken; the act is audited", async () => {
    const answer = await lab.call("POST", at("tests"), { test: "ping", host: "192.0.2.1", repetitions: 2 });
    expect(answer.status).toBe(202);
    const order = Command.parse(answer.body);
    expect(order).toMatchObject({ kind: "set", state: "pending" });
    expect(order.arguments["parameters"]).toEqual([
      { path: `${ping}Host`, value: "192.0.2.1", type: "string" },
      { path: `${ping}NumberOfRepetitions`, value: "2", type: "unsignedInt" },
      { path: `${ping}DataBlockSize`, value: "56", type: "unsignedInt" },
      { path: `${ping}DiagnosticsState`, value: "Requested", type: "string" },
    ]);
    expect(lab.woken).toContain(id);
    const { items } = (await lab.call("GET", "/api/audit")).body as { items: { action: string }[] };
    expect(items[0]?.action).toBe("network-test");
  });

  it.each([
    [{ test: "ping" }],
    [{ test: "ping", host: "" }],
    [{ test: "ping", host: "x", repetitions: 0 }],
    [{ test: "download", url: "ftp://x/y" }],
    [{ test: "download", url: "https://x/y" }],
    [{ test: "upload", url: "http://x/y", bytes: 1e12 }],
    [{ test: "nothing" }],
  ])("that cannot be are refused: %j", async (body) => {
    expect((await lab.call("POST", at("tests"), body)).status).toBe(400);
  });

  it("are shown as the device last said, with the rows of this result only", async () => {
    expect(await tests()).toEqual([]);
    const values = [
      [`${ping}DiagnosticsState`, "None", true],
      [`${route}DiagnosticsState`, "Complete", true],
      [`${route}Host`, "example.com", true],
      [`${route}ResponseTime`, "20", false],
      [`${route}RouteHopsNumberOfEntries`, "2", false],
      [`${route}RouteHops.1.HostAddress`, "192.0.2.1", false],
      [`${route}RouteHops.2.HostAddress`, "198.51.100.1", false],
      [`${route}RouteHops.3.HostAddress`, "203.0.113.1", false],
    ] as const;
    for (const [path, value, writable] of values)
      await lab.services.db
        .insertInto("device_parameters")
        .values({ device_id: id, path, value, type: "string", writable })
        .execute();
    expect(await tests()).toMatchObject([
      {
        test: "trace-route",
        state: "Complete",
        target: "example.com",
        results: { ResponseTime: "20" },
        rows: [{ HostAddress: "192.0.2.1" }, { HostAddress: "198.51.100.1" }],
      },
    ]);
  });

  it("need a device", async () => {
    expect((await lab.call("POST", "/api/devices/none/tests", { test: "ping", host: "x" })).status).toBe(404);
    expect((await lab.call("GET", "/api/devices/none/tests")).status).toBe(404);
    expect((await lab.call("GET", "/api/devices/none/alarms")).status).toBe(404);
  });
});

describe("alarms", () => {
  let sequence = 0;
  const alarm = (
    identifier: string,
    change: "NewAlarm" | "ChangedAlarm" | "ClearedAlarm",
    text = "x",
  ): JournalEntry => ({
    id: randomUUID(),
    sequence: (sequence += 1),
    time: new Date(Date.UTC(2026, 10, 22, 5, 0, sequence)).toISOString(),
    kind: "alarm",
    data: {
      identifier,
      change,
      kind: "line-unregistered",
      object: "Device.Services.VoiceService.1.CallControl.Line.1",
      severity: change === "ClearedAlarm" ? "Cleared" : "Major",
      cause: "Call Establishment Error",
      problem: "Line not registered",
      text,
      raised: "2026-11-22T05:00:00Z",
    },
  });
  const take = (...entries: JournalEntry[]) =>
    ingestEntries(lab.services.db, lab.services.bus, id, entries, lab.services.profiles);

  it("are those whose last word is not that they are over", async () => {
    expect(await alarms()).toEqual([]);
    await take(
      alarm("1", "NewAlarm"),
      alarm("2", "NewAlarm"),
      alarm("1", "ChangedAlarm", "SIP client: Error_Network"),
    );
    await take(alarm("2", "ClearedAlarm"));
    expect(await alarms()).toMatchObject([
      {
        identifier: "1",
        severity: "Major",
        text: "SIP client: Error_Network",
        raisedAt: "2026-11-22T05:00:00.000Z",
      },
    ]);
    await take(alarm("1", "ClearedAlarm"));
    expect(await alarms()).toEqual([]);
  });
});

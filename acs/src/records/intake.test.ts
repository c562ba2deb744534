import { randomUUID } from "node:crypto";
import type { JournalEntry } from "@tonalite/agent/core/records";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newDevice, openLaboratory, type Laboratory } from "../api/laboratory.ts";
import { Call, Device, JournalRow, page, Registration } from "../api/schemas.ts";
import { ingestEntries } from "./intake.ts";

let lab: Laboratory;
beforeAll(async () => {
  lab = await openLaboratory();
});
afterAll(() => lab.close());

async function register(change: object = {}): Promise<string> {
  const answer = await lab.call("POST", "/api/devices", newDevice(change));
  return (answer.body as { device: { id: string } }).device.id;
}
const take = (id: string, entries: JournalEntry[]) =>
  ingestEntries(lab.services.db, lab.services.bus, id, entries, lab.services.profiles);
const of = (id: string, what: string) => lab.call("GET", `/api/devices/${encodeURIComponent(id)}/${what}`);

let sequence = 0;
const common = () => ({
  id: randomUUID(),
  sequence: ++sequence,
  time: new Date(Date.UTC(2026, 0, 1, 12, 0, sequence)).toISOString(),
});

function call(change: object = {}): JournalEntry & { kind: "call" } {
  return {
    ...common(),
    kind: "call",
    data: {
      line: 1,
      direction: "outgoing",
      from: "0123456789",
      to: "0155501234",
      name: "Écho",
      sipCallId: "abc@box",
      start: "2026-01-01T12:00:00.123Z",
      answer: "2026-01-01T12:00:03.000Z",
      end: "2026-01-01T12:01:04.200Z",
      durationSeconds: 61.2,
      cause: "normal",
      endedBy: "local",
      sipCode: 200,
      sipReason: "OK",
      codec: "PCMA",
      media: {
        txPackets: 3060,
        rxPackets: 3058,
        lost: 2,
        jitterMs: 1.5,
        remoteLost: 0,
        remoteJitterMs: 0.4,
        roundTripMs: 12,
        late: 0,
        underruns: 1,
      },
      terms: [],
      ...change,
    },
  };
}
function registration(status: string, change: object = {}): JournalEntry & { kind: "registration" } {
  return {
    ...common(),
    kind: "registration",
    data: { line: 1, status, code: 200, reason: "OK", registrar: "sip.example.test" },
    ...change,
  };
}

describe("the intake of journals", () => {
  it("keeps a call with everything that was measured, counted by the second as IPPI 10.1 says", async () => {
    const id = await register();
    const entry = call();
    await take(id, [entry]);
    const { items } = page(Call).parse((await of(id, "calls")).body);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      ...entry.data,
      id: entry.id,
      deviceId: id,
      chargeableSeconds: 62,
      terms: [{ provider: "ippi", rule: "charging", clause: "10.1", effect: "counted:62" }],
    });
    expect(Call.parse((await lab.call("GET", `/api/calls/${entry.id}`)).body)).toEqual(items[0]);
    expect(lab.events).toContainEqual({ type: "call", deviceId: id, callId: entry.id });
  });

  it.each([
    ["incoming", { direction: "incoming" }, "ippi", 0],
    ["unanswered", { answer: null, durationSeconds: 0, cause: "busy", media: null, codec: null }, "ippi", 0],
    ["a moment long", { durationSeconds: 0.001 }, "ippi", 1],
    ["under terms that say nothing about charging", {}, "silent", null],
  ])("counts a call that is %s", async (_case, change, provider, chargeable) => {
    const id = await register({ provider });
    const entry = call(change);
    await take(id, [entry]);
    expect(Call.parse((await lab.call("GET", `/api/calls/${entry.id}`)).body).chargeableSeconds).toBe(
      chargeable,
    );
  });

  it("takes every entry once, however often and at once it is delivered", async () => {
    const id = await register();
    const entries = [
      ...Array.from({ length: 20 }, () => call()),
      registration("Up"),
      registration("Registering"),
    ];
    const deliveries = Array.from({ length: 8 }, (_, turn) =>
      turn % 2 === 0 ? entries : entries.toReversed(),
    );
    const results = await Promise.all(deliveries.map((delivery) => take(id, delivery)));
    expect(results.reduce((sum, result) => sum + result.stored, 0)).toBe(22);
    expect(page(Call).parse((await of(id, "calls?limit=200")).body).items).toHaveLength(20);
    expect(page(Registration).parse((await of(id, "registrations")).body).items).toHaveLength(2);
    expect(page(JournalRow).parse((await of(id, "journal?limit=200")).body).items).toHaveLength(22);
    expect(await take(id, [...entries, ...entries])).toMatchObject({
      stored: 0,
      duplicates: 44,
      foreign: [],
    });
  });

  it("keeps nothing of a delivery that fails half-way", async () => {
    const id = await register();
    const good = call();
    const bad = call({ sipCode: 3_000_000_000 }); // no integer of PostgreSQL's
    await expect(take(id, [good, bad])).rejects.toThrow();
    expect(page(JournalRow).parse((await of(id, "journal")).body).items).toEqual([]);
    expect((await take(id, [good])).stored).toBe(1);
  });

  it("says when an id was another device's before", async () => {
    const entry = call();
    await take(await register(), [entry]);
    expect(await take(await register(), [entry])).toEqual({ stored: 0, duplicates: 1, foreign: [entry.id] });
  });

  it("follows a line's registration, and old news do not undo new ones", async () => {
    const id = await register();
    const up = registration("Up");
    const lost = registration("Error_Registration", {
      data: { line: 1, status: "Error_Registration", code: 403, reason: "Forbidden", registrar: "r" },
    });
    await take(id, [lost]);
    await take(id, [up]);
    const { lines } = Device.parse((await lab.call("GET", `/api/devices/${encodeURIComponent(id)}`)).body);
    expect(lines[0]).toMatchObject({ status: "Error_Registration", statusSince: lost.time });
    const { items } = page(Registration).parse((await of(id, "registrations")).body);
    expect(items.map((item) => [item.status, item.code])).toEqual([
      ["Error_Registration", 403],
      ["Up", 200],
    ]);
  });

  it("ends with a line's latest registration when deliveries overtake each other", async () => {
    const id = await register();
    await take(id, [registration("Up")]);
    const changes = ["Error_Network", "Registering", "Error_Network", "Up"].map((status) =>
      registration(status),
    );
    await Promise.all(changes.toReversed().map((change) => take(id, [change])));
    const { lines } = Device.parse((await lab.call("GET", `/api/devices/${encodeURIComponent(id)}`)).body);
    expect(lines[0]?.status).toBe("Up");
  });

  it("survives what a far end can put into names", async () => {
    const id = await register();
    const entry = call({
      from: "a\0b'; drop table devices; --",
      name: "\u0000\uD800 ﷽ 🎈".toWellFormed(),
      sipReason: "x\0",
    });
    await take(id, [entry]);
    expect(Call.parse((await lab.call("GET", `/api/calls/${entry.id}`)).body)).toMatchObject({
      from: "ab'; drop table devices; --",
      sipReason: "x",
    });
  });

  it("lists calls by direction, number and time, page by page, also within one millisecond", async () => {
    const id = await register();
    const entries = Array.from({ length: 5 }, () => call());
    await take(id, [
      ...entries,
      call({ direction: "incoming", from: "0607080910", start: "2026-02-01T00:00:00Z" }),
    ]);
    const seen: string[] = [];
    let after: string | null = "";
    while (after !== null) {
      const answer = await of(id, `calls?limit=2&direction=outgoing${after && `&after=${after}`}`);
      const { items, next } = page(Call).parse(answer.body);
      seen.push(...items.map((item) => item.id));
      after = next;
    }
    expect(seen.sort()).toEqual(entries.map((entry) => entry.id).sort());
    const find = async (query: string) =>
      page(Call).parse((await of(id, `calls?${query}`)).body).items.length;
    expect(await find("number=06070")).toBe(1);
    expect(await find("since=2026-01-15T00:00:00Z")).toBe(1);
    expect(await find("until=2026-01-15T00:00:00Z")).toBe(5);
    expect(await find("cause=busy")).toBe(0);
  });
});

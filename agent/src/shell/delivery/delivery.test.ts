import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel } from "../../core/data-model/index.ts";
import { journalEntry } from "../../core/records/index.ts";
import { openStore } from "../store/store.ts";
import type { Store } from "../store/store.ts";
import { notifyJournal } from "./journal-notify.ts";
import { showJournal } from "./journal-table.ts";
import { tellLiveValues } from "./live-values.ts";

let directory: string;
let store: Store;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "delivery-"));
  store = openStore(directory);
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const append = (count: number) => {
  for (let index = 0; index < count; index += 1) store.journal.append("system", { what: "boot", detail: "" });
};
const journal = "Device.X_TONALITE_Journal.";

describe("the journal in the data model", () => {
  it("shows the oldest 50 entries and lets the ACS take them off", () => {
    const model = createDeviceModel({ lines: 1 });
    append(60);
    showJournal(model, store.journal);
    expect(model.value(`${journal}PendingEntries`)).toBe("60");
    expect(model.instances(`${journal}Entry.`)).toHaveLength(50);
    const entry = (name: string) => model.value(`${journal}Entry.1.${name}`);
    const first = {
      id: entry("Id"),
      sequence: Number(entry("Sequence")),
      kind: entry("Kind"),
      time: entry("Time"),
    };
    expect(journalEntry.parse({ ...first, data: JSON.parse(entry("Data")) })).toMatchObject({ sequence: 1 });

    expect(model.write([{ path: `${journal}Acknowledge`, value: "50" }], "cwmp").ok).toBe(true);
    expect(model.value(`${journal}PendingEntries`)).toBe("10");
    expect(model.instances(`${journal}Entry.`)).toHaveLength(10);
    expect(entry("Sequence")).toBe("51");
  });
});

describe("the journal over USP", () => {
  type Sent = { id: string; settle: (error?: Error) => void };
  function start(connected: () => boolean) {
    const sent: Sent[] = [];
    const usp = {
      notifyEvent: (_path: string, _name: string, params: Readonly<Record<string, string>>) =>
        new Promise<void>((resolve, reject) => {
          sent.push({ id: params["Id"] ?? "", settle: (error) => (error ? reject(error) : resolve()) });
        }),
    };
    return { sent, delivery: notifyJournal(store.journal, usp, connected, () => {}, quiet) };
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it("leaves the box only by a receipt, each entry once, a few at a time", async () => {
    append(20);
    const { sent, delivery } = start(() => true);
    delivery.wake();
    delivery.wake();
    expect(sent).toHaveLength(8);
    sent[0]?.settle();
    await turn();
    expect(store.journal.pendingCount()).toBe(19);
    for (let index = 1; index < 20; index += 1) {
      sent[index]?.settle();
      await turn();
    }
    expect(store.journal.pendingCount()).toBe(0);
    expect(new Set(sent.map((one) => one.id)).size).toBe(20);
    expect(sent).toHaveLength(20);
    delivery.stop();
  });

  it("keeps what the controller refuses, and waits without a connection", async () => {
    let connected = false;
    const { sent, delivery } = start(() => connected);
    append(1);
    expect(sent).toHaveLength(0);
    connected = true;
    delivery.wake();
    sent[0]?.settle(new Error("REFUSED"));
    await turn();
    expect(store.journal.pendingCount()).toBe(1);
    expect(sent).toHaveLength(1);
    delivery.stop();
  });
});

describe("live values", () => {
  it("are told when they change, and all of them after a connection", () => {
    const model = createDeviceModel({ lines: 1 });
    const told: string[] = [];
    const usp = {
      notify: (init: { valueChange?: { paramPath?: string; paramValue?: string } }) => {
        told.push(`${init.valueChange?.paramPath?.split(".").at(-1)}=${init.valueChange?.paramValue}`);
        return Promise.resolve();
      },
    };
    let connected = true;
    const live = tellLiveValues(model, usp, () => connected);
    model.publish("Device.Services.VoiceService.1.CallControl.Line.1.CallStatus", "Connected");
    model.publish("Device.Services.VoiceService.1.POTS.FXS.1.Active", "true");
    expect(told).toEqual(["CallStatus=Connected"]);
    connected = false;
    model.publish("Device.Services.VoiceService.1.SIP.Client.1.Status", "Up");
    connected = true;
    live.tellAll();
    expect(told).toEqual(expect.arrayContaining(["Status=Up", "CallStatus=Connected", "State=idle"]));
  });
});

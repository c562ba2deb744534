import { describe, expect, it } from "vitest";
import type { QueuedTransfer, ScheduleDownload, Upload } from "../../core/cwmp/index.ts";
import type { DownloadWindow, PendingTransfer } from "./transfers.ts";
import { Transfers } from "./transfers.ts";

const upload = (commandKey: string): Upload => ({
  method: "Upload",
  commandKey,
  fileType: "2 Vendor Log File",
  url: "http://127.0.0.1:9/log",
  username: "",
  password: "",
  delaySeconds: 600,
});

const window = { mode: "3 When Idle", userMessage: "now?", maxRetries: 2 };
const scheduled = (commandKey: string): ScheduleDownload => ({
  method: "ScheduleDownload",
  commandKey,
  fileType: "1 Firmware Upgrade Image",
  url: "http://127.0.0.1:9/image",
  username: "",
  password: "",
  fileSize: 0,
  targetFileName: "",
  windows: [
    { ...window, start: 0, end: 60 },
    { ...window, start: 60, end: 120, mode: "4 Confirmation Needed" },
  ],
});

type Queue = {
  transfers: Transfers;
  stored: () => PendingTransfer[];
  keep: (transfers: PendingTransfer[]) => void;
  downloads: (DownloadWindow[] | undefined)[];
  tick: (now: number) => void;
};

function queue(others: QueuedTransfer[]): Queue {
  let stored: PendingTransfer[] = [];
  const downloads: Queue["downloads"] = [];
  const clock = { now: 0, task: () => {} };
  const transfers = new Transfers({
    load: () => stored,
    save: (next) => void (stored = next),
    cancelDownload: (commandKey) =>
      commandKey === "late" ? { faultCode: 9021, faultString: "too far on" } : undefined,
    others: () => others,
    download: async (_request, windows) => {
      downloads.push(windows);
      return await Promise.resolve({ status: 1 });
    },
    bring: async () => undefined,
    configure: async () => undefined,
    report: () => undefined,
    clock: {
      now: () => clock.now,
      after: (_wait, task) => {
        clock.task = task;
        return () => undefined;
      },
    },
    log: { error: () => undefined } as never,
  });
  return {
    transfers,
    downloads,
    stored: () => stored,
    keep: (kept) => void (stored = kept),
    tick: (now) => {
      clock.now = now;
      clock.task();
    },
  };
}

describe("a scheduled download", () => {
  it("is handed on with its windows, by the clock", async () => {
    const { transfers, downloads, tick } = queue([]);
    const now = Date.parse("2026-01-01T00:00:00Z");
    tick(now);
    transfers.start();
    transfers.schedule(scheduled("fw"));
    tick(now + 1000);
    await expect.poll(() => downloads.length).toBe(1);
    expect(downloads[0]).toEqual([
      { opens: now, closes: now + 60_000, mode: "when-idle", retries: 2, message: "now?" },
      { opens: now + 60_000, closes: now + 120_000, mode: "confirmation", retries: 2, message: "now?" },
    ]);
  });

  it("asked without a clock counts its delays from when there is one", async () => {
    const { transfers, downloads, tick, stored } = queue([]);
    transfers.start();
    const later = { ...scheduled("fw"), windows: [{ ...window, start: 30, end: 60 }] };
    transfers.schedule(later);
    const now = Date.parse("2026-01-01T00:00:00Z");
    tick(now);
    await expect.poll(() => stored()[0]?.asked).toBe(now);
    expect(downloads).toEqual([]);
    tick(now + 31_000);
    await expect.poll(() => downloads.length).toBe(1);
  });
});

describe("CancelTransfer", () => {
  it("takes back what waits in the queue", () => {
    const { transfers, stored } = queue([]);
    transfers.upload(upload("u1"));
    expect(transfers.cancel("u1")).toBeUndefined();
    expect(stored()).toEqual([]);
  });

  it.each([
    ["fw", undefined],
    ["late", 9021],
  ])("asks the update engine for what that holds: %s", (commandKey, faultCode) => {
    const held = { commandKey, state: 1, isDownload: true, fileType: "1 Firmware Upgrade Image" } as const;
    const { transfers } = queue([{ ...held, fileSize: 0, targetFileName: "" }]);
    expect(transfers.cancel(commandKey)?.faultCode).toBe(faultCode);
  });

  it.each([
    ["fw", 0],
    ["late", 1],
  ])("of a scheduled download ends its place in the queue only when it is done: %s", (commandKey, left) => {
    const held = { commandKey, state: 1, isDownload: true, fileType: "1 Firmware Upgrade Image" } as const;
    const { transfers, stored, keep } = queue([{ ...held, fileSize: 0, targetFileName: "" }]);
    keep([{ asked: 0, started: true, request: scheduled(commandKey) }]);
    transfers.start();
    transfers.cancel(commandKey);
    expect(stored()).toHaveLength(left);
  });

  it("refuses with 9001 a key that nothing has", () => {
    expect(queue([]).transfers.cancel("nobody")).toMatchObject({ faultCode: 9001 });
  });
});

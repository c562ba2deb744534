import { describe, expect, it } from "vitest";
import type { QueuedTransfer, Upload } from "../../core/cwmp/index.ts";
import type { PendingTransfer } from "./transfers.ts";
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

function queue(others: QueuedTransfer[]): { transfers: Transfers; stored: () => PendingTransfer[] } {
  let stored: PendingTransfer[] = [];
  const transfers = new Transfers({
    load: () => stored,
    save: (next) => void (stored = next),
    idle: () => true,
    others: () => others,
    download: async () => ({ status: 1 }),
    bring: async () => undefined,
    report: () => undefined,
    clock: { now: () => 0, after: () => () => undefined },
    log: { error: () => undefined } as never,
  });
  return { transfers, stored: () => stored };
}

describe("CancelTransfer", () => {
  it("takes back what waits in the queue", () => {
    const { transfers, stored } = queue([]);
    transfers.upload(upload("u1"));
    expect(transfers.cancel("u1")).toBeUndefined();
    expect(stored()).toEqual([]);
  });

  it("refuses with 9021 what the update engine holds, also when that only waits", () => {
    const held = {
      commandKey: "fw",
      state: 1,
      isDownload: true,
      fileType: "1 Firmware Upgrade Image",
    } as const;
    const { transfers } = queue([{ ...held, fileSize: 0, targetFileName: "" }]);
    expect(transfers.cancel("fw")).toMatchObject({ faultCode: 9021 });
    expect(transfers.list()).toHaveLength(1);
  });

  it("refuses with 9001 a key that nothing has", () => {
    expect(queue([]).transfers.cancel("nobody")).toMatchObject({ faultCode: 9001 });
  });
});

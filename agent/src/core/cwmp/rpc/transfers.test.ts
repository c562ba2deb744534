import { beforeEach, describe, expect, it } from "vitest";
import type { Download, ScheduleDownload, TimeWindow, Upload } from "../types.ts";
import { asked, RpcRig } from "./rpc-rig.ts";

let box: RpcRig;
beforeEach(() => {
  box = new RpcRig();
});

describe("Download", () => {
  it.each(["3 Vendor Configuration File", "4 Tone File", "5 Ringer File"])(
    "queues a %s",
    async (fileType) => {
      const request = { ...asked, fileType };
      expect(await box.execute(request)).toMatchObject({ body: { method: "DownloadResponse", status: 1 } });
      expect(box.queued).toEqual([fileType]);
      box.refused = { faultCode: 9004, faultString: "full" };
      expect(await box.execute(request)).toMatchObject({ body: { method: "Fault", faultCode: 9004 } });
    },
  );

  it.each([
    ["2 Web Content", "no web pages"],
    ["6 Stored Firmware Image", "not known"],
  ])("says why it has no use for %s", async (fileType, why) => {
    const { body } = await box.execute({ ...asked, fileType });
    expect(body).toMatchObject({ faultCode: 9003, faultString: expect.stringContaining(why) as string });
  });

  it("is accepted with the unknown time, or done with its times", async () => {
    expect((await box.execute(asked)).body).toEqual({
      method: "DownloadResponse",
      status: 1,
      startTime: "0001-01-01T00:00:00Z",
      completeTime: "0001-01-01T00:00:00Z",
    });
    const times = { startTime: "2026-11-22T00:00:00Z", completeTime: "2026-11-22T00:00:01Z" };
    box.outcome = async () => ({ status: 0, ...times });
    expect((await box.execute(asked)).body).toEqual({ method: "DownloadResponse", status: 0, ...times });
  });

  it("is refused in the words of the update engine", async () => {
    box.outcome = async () => ({ faultCode: 9004, faultString: "an update is under way" });
    expect((await box.execute(asked)).body).toMatchObject({ faultCode: 9004, soapCode: "Server" });
  });

  it.each<[string, Partial<Download>, number]>([
    ["another kind of file", { fileType: "7 X" }, 9003],
    ["a relative URL", { url: "/firmware" }, 9003],
    ["credentials in the URL", { url: "http://u:p@acs.example/" }, 9003],
    ["another protocol", { url: "ftp://acs.example/x" }, 9013],
    ["a key that is too long", { commandKey: "k".repeat(33) }, 9003],
  ])("of %s is refused", async (_name, change, faultCode) => {
    box.outcome = () => Promise.reject(new Error("must not be asked"));
    expect((await box.execute({ ...asked, ...change })).body).toMatchObject({ method: "Fault", faultCode });
  });
});

describe("Upload", () => {
  const log: Upload = {
    method: "Upload",
    commandKey: "u",
    fileType: "2 Vendor Log File",
    url: "http://acs.example/x",
    username: "",
    password: "",
    delaySeconds: 0,
  };

  it("is queued; its outcome follows", async () => {
    expect((await box.execute(log)).body).toMatchObject({ method: "UploadResponse", status: 1 });
    await box.execute({ ...log, fileType: "3 Vendor Configuration File 1" });
    expect(box.queued).toEqual(["2 Vendor Log File", "3 Vendor Configuration File 1"]);
    box.refused = { faultCode: 9004, faultString: "full" };
    expect((await box.execute(log)).body).toMatchObject({ faultCode: 9004 });
  });

  it.each<[string, Partial<Upload>, number]>([
    ["a file it has not", { fileType: "4 Vendor Log File 2" }, 9003],
    ["another protocol", { url: "ftp://acs.example/x" }, 9013],
    ["credentials in the URL", { url: "http://u:p@acs.example/" }, 9003],
    ["a key that is too long", { commandKey: "k".repeat(33) }, 9003],
    ["texts without end", { password: "p".repeat(1_000_000) }, 9003],
  ])("of %s is refused", async (_name, change, faultCode) => {
    expect((await box.execute({ ...log, ...change })).body).toMatchObject({ method: "Fault", faultCode });
    expect(box.queued).toEqual([]);
  });
});

describe("ScheduleDownload", () => {
  const { delaySeconds: _delay, failureUrl: _failure, successUrl: _success, ...file } = asked;
  const window = (start: number, end: number, mode: string): TimeWindow => ({
    start,
    end,
    mode,
    userMessage: "",
    maxRetries: -1,
  });
  const scheduled: ScheduleDownload = {
    ...file,
    method: "ScheduleDownload",
    windows: [window(0, 60, "3 When Idle"), window(60, 90, "2 Immediately")],
  };

  it("is queued", async () => {
    expect((await box.execute(scheduled)).body).toEqual({ method: "ScheduleDownloadResponse" });
    expect(box.queued).toEqual([scheduled.windows]);
  });

  it("is queued in each of the four modes", async () => {
    const modes = ["1 At Any Time", "2 Immediately", "3 When Idle", "4 Confirmation Needed"];
    for (const mode of modes)
      expect((await box.execute({ ...scheduled, windows: [window(0, 60, mode)] })).body.method).toBe(
        "ScheduleDownloadResponse",
      );
    expect(box.queued).toHaveLength(4);
  });

  it.each<[string, Partial<ScheduleDownload>, number]>([
    ["without a window", { windows: [] }, 9003],
    [
      "with three",
      {
        windows: [
          window(0, 1, "1 At Any Time"),
          window(2, 3, "1 At Any Time"),
          window(4, 5, "1 At Any Time"),
        ],
      },
      9003,
    ],
    [
      "in windows that overlap",
      { windows: [window(0, 10, "1 At Any Time"), window(9, 20, "1 At Any Time")] },
      9003,
    ],
    ["in a window that ends too early", { windows: [window(5, 5, "1 At Any Time")] }, 9003],
    [
      "with retries that cannot be counted",
      { windows: [{ ...window(0, 10, "3 When Idle"), maxRetries: -2 }] },
      9003,
    ],
    ["in an unknown mode", { windows: [window(0, 10, "5 At Night")] }, 9003],
    ["of another kind of file", { fileType: "2 Web Content" }, 9003],
    ["with texts without end", { url: `http://acs.example/${"a".repeat(1_000_000)}` }, 9003],
    ["over another protocol", { url: "tftp://acs.example/" }, 9013],
  ])("%s is refused", async (_name, change, faultCode) => {
    expect((await box.execute({ ...scheduled, ...change })).body).toMatchObject({
      method: "Fault",
      faultCode,
    });
    expect(box.queued).toEqual([]);
  });
});

describe("queued transfers", () => {
  it("are listed in both forms, as many as the schema allows", async () => {
    expect((await box.execute({ method: "GetAllQueuedTransfers" })).body).toMatchObject({
      transfers: { length: 16 },
    });
    const { body } = await box.execute({ method: "GetQueuedTransfers" });
    expect(body).toMatchObject({ transfers: { length: 16, 0: { commandKey: "a", state: 1 } } });
  });

  it("can be cancelled where the queue says so", async () => {
    expect((await box.execute({ method: "CancelTransfer", commandKey: "a" })).body).toEqual({
      method: "CancelTransferResponse",
    });
    box.refused = { faultCode: 9021, faultString: "under way" };
    expect((await box.execute({ method: "CancelTransfer", commandKey: "a" })).body).toMatchObject({
      faultCode: 9021,
      soapCode: "Server",
    });
  });
});

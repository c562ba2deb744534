import { describe, expect, it } from "vitest";
import type { NotifyInit } from "../../core/usp/index.ts";
import { deliverOperations } from "./operations.ts";

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const command = "Device.DeviceInfo.FirmwareImage.2.Download()";
const end = { id: "u1", command, commandKey: "k", failure: null };

function box() {
  const stored = new Map<string, unknown>();
  const values = {
    get: (key: string) => stored.get(key),
    set: (key: string, value: unknown) => void stored.set(key, value),
    delete: (key: string) => void stored.delete(key),
  };
  const sent: { notify: NotifyInit; answer: PromiseWithResolvers<void> }[] = [];
  const usp = {
    notify: (notify: NotifyInit) => {
      const answer = Promise.withResolvers<void>();
      sent.push({ notify, answer });
      return answer.promise;
    },
  };
  return { values, sent, usp, kept: () => stored.get("usp.operations") };
}

describe("the end of a command", () => {
  it("is told as OperationComplete and kept until it is answered", async () => {
    const { values, sent, usp, kept } = box();
    const operations = deliverOperations(values, usp, quiet);
    operations.complete(end);
    expect(kept()).toEqual([end]);
    expect(sent[0]?.notify).toEqual({
      subscriptionId: "OperationComplete",
      sendResp: true,
      operComplete: {
        objPath: "Device.DeviceInfo.FirmwareImage.2.",
        commandName: "Download()",
        commandKey: "k",
        reqOutputArgs: { outputArgs: {} },
      },
    });
    sent[0]?.answer.resolve();
    await expect.poll(kept).toEqual([]);
    operations.stop();
  });

  it("brings what the command found", () => {
    const { values, sent, usp } = box();
    const operations = deliverOperations(values, usp, quiet);
    operations.complete({ ...end, output: { Status: "Complete" } });
    expect(sent[0]?.notify.operComplete?.reqOutputArgs).toEqual({ outputArgs: { Status: "Complete" } });
    operations.stop();
  });

  it("survives a restart, and is one however often it is told", () => {
    const { values, sent, usp, kept } = box();
    const first = deliverOperations(values, usp, quiet);
    first.complete(end);
    first.complete(end);
    expect(kept()).toEqual([end]);
    expect(sent).toHaveLength(1);
    first.stop();
    deliverOperations(values, usp, quiet).stop();
    expect(sent).toHaveLength(2);
  });

  it("says why it failed, and stays when it is not taken", async () => {
    const { values, sent, usp, kept } = box();
    const operations = deliverOperations(values, usp, quiet);
    operations.complete({ ...end, failure: "the file server answered 404" });
    expect(sent[0]?.notify.operComplete).toMatchObject({
      cmdFailure: { errCode: 7022, errMsg: "the file server answered 404" },
    });
    sent[0]?.answer.reject(new Error("refused"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(kept()).toHaveLength(1);
    operations.stop();
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel, type DataModel } from "../core/data-model/index.ts";
import type { RecallOrder, UpdateView } from "./update/index.ts";
import { takeUpdateOrders } from "./update-orders.ts";

const base = "Device.X_TONALITE_Update.";
let model: DataModel;
let done: unknown[];
let warned: object[];
let told: unknown[];
let taken: boolean;

beforeEach(() => {
  model = createDeviceModel({ lines: 1 });
  done = [];
  warned = [];
  told = [];
  taken = true;
  const answer = () =>
    taken
      ? ({ accepted: true } as const)
      : ({ accepted: false, fault: { code: 9001, string: "no" } } as const);
  takeUpdateOrders(
    model,
    {
      view: { commandKey: "key-1" } as UpdateView,
      agree: () => (done.push("agree"), taken),
      cancel: (commandKey) => (done.push(["cancel", commandKey]), answer()),
      confirm: (version) => (done.push(["confirm", version]), answer()),
      recall: ({ version, why, commandKey, force, urgent }: RecallOrder) => (
        done.push(["recall", version, why, commandKey, force, urgent]),
        answer()
      ),
    },
    { append: (kind: string, data: object) => void told.push([kind, data]) } as never,
    { info() {}, warn: (data: object) => void warned.push(data) } as never,
  );
});
const write = async (...values: [string, string][]): Promise<void> => {
  model.write(
    values.map(([name, value]) => ({ path: base + name, value })),
    "cwmp",
  );
  await new Promise((resolve) => setImmediate(resolve));
};

describe("orders that management writes", () => {
  it.each([
    [[["Agree", "key-1"]], ["agree"]],
    [[["Cancel", "key-1"]], [["cancel", "key-1"]]],
    [[["ConfirmTrial", "2.0.0"]], [["confirm", "2.0.0"]]],
    [
      [
        ["Recall", "2.0.0"],
        ["RecallReason", "echo"],
        ["RecallCommandKey", "key-2"],
      ],
      [["recall", "2.0.0", "echo", "key-2", true, true]],
    ],
  ] as [[string, string][], unknown[]][])("%j is carried out", async (values, expected) => {
    await write(...values);
    expect(done).toEqual(expected);
    expect(warned).toEqual([]);
  });

  it("are carried out each time they are written, whatever was written before", async () => {
    await write(["Cancel", "key-1"]);
    await write(["Cancel", "key-1"]);
    expect(done).toHaveLength(2);
  });

  it("for another update, or none, do nothing", async () => {
    await write(["Agree", "key-2"]);
    await write(["Agree", ""]);
    expect(done).toEqual([]);
    expect(warned).toMatchObject([{ refused: "no update has this command key" }]);
  });

  it("that the engine refuses are said so in the log, and to who gave them a name", async () => {
    taken = false;
    await write(["Agree", "key-1"]);
    await write(["Recall", "2.0.0"]);
    expect(warned).toMatchObject([{ refused: "no update waits for agreement" }, { refused: "no" }]);
    expect(told).toEqual([]);
    await write(["Recall", "2.0.0"], ["RecallCommandKey", "key-2"]);
    expect(told).toMatchObject([["update", { state: "rejected", reason: "no", commandKey: "key-2" }]]);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { type Change, DataModel, type ObjectDeclaration } from "./index.ts";

const objects: ObjectDeclaration[] = [
  { path: "A.", access: "readOnly", parameters: [] },
  {
    path: "A.Server.{i}.",
    access: "readWrite",
    mostRows: 3,
    parameters: [{ name: "Address", type: "string", access: "readWrite" }],
  },
  {
    path: "A.Server.{i}.Option.{i}.",
    access: "readWrite",
    mostRows: 2,
    parameters: [{ name: "Tag", type: "unsignedInt", access: "readWrite" }],
  },
  {
    path: "A.Client.",
    access: "readOnly",
    parameters: [
      { name: "Server", type: "string", access: "readWrite", refers: "A.Server." },
      { name: "Servers", type: "string", access: "readWrite", list: true, refers: "A.Server." },
      {
        name: "Test",
        type: "string",
        access: "readWrite",
        persist: false,
        trigger: true,
        enum: ["None", "Requested", "Complete"],
        settable: ["Requested"],
        default: "None",
      },
    ],
  },
];
let model: DataModel;
let changes: Change[];
beforeEach(() => {
  model = new DataModel(objects);
  changes = [];
  model.subscribe((change) => changes.push(change));
});
const restarted = () => {
  const next = new DataModel(objects);
  expect(next.restore(JSON.parse(JSON.stringify(model.snapshot())) as Record<string, string>)).toEqual([]);
  return next;
};
const code = (path: string, value: string) => {
  const result = model.write([{ path, value }], "cwmp");
  return result.ok ? "ok" : result.faults[0]?.code;
};

describe("rows that management adds", () => {
  it("never get a number that was given before, not even by an earlier run of the box", () => {
    model.addRow("A.Server.");
    model.addRow("A.Server.");
    model.write([{ path: "A.Server.2.Address", value: "two" }], "cwmp");
    model.deleteRow("A.Server.1.");
    model.deleteRow("A.Server.2.");
    const next = restarted();
    expect(next.instances("A.Server.")).toEqual([]);
    expect(next.addRow("A.Server.")).toEqual({ ok: true, instance: 3 });
  });

  it("come back with their values and their own rows after a restart, and are bounded", () => {
    model.addRow("A.Server.");
    model.addRow("A.Server.1.Option.");
    model.addRow("A.Server.1.Option.");
    expect(model.addRow("A.Server.1.Option.")).toMatchObject({ ok: false, code: 9004 });
    model.write([{ path: "A.Server.1.Option.2.Tag", value: "43" }], "cwmp");
    const next = restarted();
    expect(next.value("A.Server.1.Option.2.Tag")).toBe("43");
    expect(next.names("A.Server.1.Option.", false)[0]).toEqual({
      path: "A.Server.1.Option.",
      writable: false,
    });
    expect(next.deleteRow("A.Server.1.")).toMatchObject({ ok: true });
    expect(next.read("A.Server.")).toEqual([]);
  });

  it("start their sub-tables at 1 in a new row", () => {
    model.addRow("A.Server.");
    model.addRow("A.Server.1.Option.");
    model.deleteRow("A.Server.1.");
    model.addRow("A.Server.");
    expect(model.addRow("A.Server.2.Option.")).toEqual({ ok: true, instance: 1 });
  });

  it("tell who listens which row it was", () => {
    const rows: string[] = [];
    const end = model.subscribeRows((row) => rows.push(row));
    model.addRow("A.Server.");
    model.deleteRow("A.Server.1.");
    end();
    model.addRow("A.Server.");
    expect(rows).toEqual(["A.Server.1.", "A.Server.1."]);
  });

  it("are not made of a snapshot that another firmware wrote", () => {
    const wrong = { "A.Server.4.": "x", "A.Client.": "3", "B.1.": "", "A.Server.": "many" };
    expect(model.restore(wrong)).toEqual(Object.keys(wrong));
  });
});

describe("references", () => {
  beforeEach(() => {
    model.addRow("A.Server.");
    model.addRow("A.Server.");
  });

  it.each([
    ["A.Client.Server", "", "ok"],
    ["A.Client.Server", "A.Server.1", "ok"],
    ["A.Client.Server", "A.Server.3", 9007],
    ["A.Client.Server", "A.Server.1.", 9007],
    ["A.Client.Server", "A.Client", 9007],
    ["A.Client.Servers", "A.Server.2,A.Server.1", "ok"],
    ["A.Client.Servers", "A.Server.2,A.Server.7", 9007],
  ])("%s may be %j: %s", (path, value, outcome) => {
    expect(code(path, value)).toBe(outcome);
  });

  it("are dropped with the row they name", () => {
    code("A.Client.Server", "A.Server.1");
    code("A.Client.Servers", "A.Server.1,A.Server.2");
    model.deleteRow("A.Server.1.");
    expect(model.value("A.Client.Server")).toBe("");
    expect(model.value("A.Client.Servers")).toBe("A.Server.2");
  });
});

describe("a trigger", () => {
  it("is told at each write, takes only what management may ask, and is not kept", () => {
    expect(code("A.Client.Test", "Requested")).toBe("ok");
    expect(code("A.Client.Test", "Requested")).toBe("ok");
    expect(changes).toHaveLength(2);
    expect(code("A.Client.Test", "Complete")).toBe(9007);
    model.publish("A.Client.Test", "Complete");
    expect(model.snapshot()).toEqual({});
  });
});

describe("an object's guard", () => {
  it("refuses what is declared well and cannot be, and nothing changes then", () => {
    model.addRow("A.Server.");
    model.guardObject("A.Server.1.", (name, value) =>
      name === "Address" && value === "bad" ? { code: 9008, message: "not here" } : undefined,
    );
    expect(code("A.Server.1.Address", "bad")).toBe(9008);
    expect([code("A.Server.1.Address", "good"), model.value("A.Server.1.Address")]).toEqual(["ok", "good"]);
  });
});

describe("an object's provider", () => {
  it("answers for the parameters it knows", () => {
    model.addRow("A.Server.");
    model.write([{ path: "A.Server.1.Address", value: "stored" }], "cwmp");
    let answer: string | undefined;
    model.provideObject("A.Server.1.", (name) => (name === "Address" ? answer : undefined));
    expect([model.value("A.Server.1.Address"), model.isProvided("A.Server.1.Address")]).toEqual([
      "stored",
      false,
    ]);
    answer = "of this moment";
    expect(model.read("A.Server.1.")[0]?.value).toBe("of this moment");
    expect(() => model.provideObject("A.Server.9.", () => "")).toThrow(
      expect.objectContaining({ code: "INVALID_NAME" }),
    );
  });
});

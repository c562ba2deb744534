import { describe, expect, it } from "vitest";
import type { RpcContext, StoredCommand } from "./commands.ts";
import { commandsProved, nextStep, sameValue, type Situation, valuesAtOnce } from "./plan.ts";

const context: RpcContext = {
  parameterKey: () => "reported",
  baseUrl: "http://acs.test:7547",
  download: { username: "box", password: "secret" },
  typeOf: () => "string",
};

const situation = (change: Partial<Situation> = {}): Situation => ({
  discovery: { state: "done" },
  refresh: [],
  desired: new Map(),
  desiredKey: "wanted",
  stored: new Map(),
  reportedKey: "wanted",
  keyIgnored: false,
  faults: null,
  journal: { unread: false, acknowledge: undefined },
  commands: [],
  leaving: false,
  ...change,
});

const stored = (value: string, type = "string", writable = true) => ({ value, type, writable });
const command = (id: string, kind: "reboot" | "get", state: "pending" | "sent" = "pending"): StoredCommand =>
  kind === "get"
    ? { id, state, attempts: 0, kind, arguments: { paths: ["Device."] } }
    : { id, state, attempts: 0, kind, arguments: {} };

describe("the planner", () => {
  it("has nothing to say to a device that is as it should be", () => {
    const desired = new Map([["Device.A", { value: "1" }]]);
    expect(
      nextStep(situation({ desired, stored: new Map([["Device.A", stored("1")]]) }), context),
    ).toBeUndefined();
  });

  it("asks for names, then for values in parts", () => {
    expect(nextStep(situation({ discovery: { state: "needed" } }), context)).toMatchObject({
      for: "names",
      rpc: { path: "Device.", nextLevel: false },
    });
    const paths = Array.from({ length: valuesAtOnce + 5 }, (_, index) => ({
      path: `Device.P${index}`,
      writable: false,
    }));
    const names = (read: number) => {
      const step = nextStep(situation({ discovery: { state: "names", paths, read } }), context);
      return step?.for === "values" ? step.rpc.names.length : undefined;
    };
    expect(names(0)).toBe(valuesAtOnce);
    expect(names(valuesAtOnce)).toBe(5);
  });

  it("sets only what differs, exists and may be written", () => {
    const step = nextStep(
      situation({
        desired: new Map([
          ["Device.Same", { value: "true" }],
          ["Device.Other", { value: "new" }],
          ["Device.ReadOnly", { value: "new" }],
          ["Device.Absent", { value: "new" }],
        ]),
        stored: new Map([
          ["Device.Same", stored("1", "boolean")],
          ["Device.Other", stored("old")],
          ["Device.ReadOnly", stored("old", "string", false)],
        ]),
      }),
      context,
    );
    expect(step).toMatchObject({
      for: "configuration",
      rpc: { parameterKey: "wanted", parameters: [{ path: "Device.Other", value: "new", type: "string" }] },
    });
  });

  it("sends secrets exactly when the device reports another key", () => {
    const desired = new Map([["Device.Password", { value: "s", secret: true as const }]]);
    const values = new Map([["Device.Password", stored("")]]);
    expect(nextStep(situation({ desired, stored: values }), context)).toBeUndefined();
    expect(nextStep(situation({ desired, stored: values, reportedKey: "old" }), context)?.for).toBe(
      "configuration",
    );
    expect(
      nextStep(situation({ desired, stored: values, reportedKey: "old", keyIgnored: true }), context),
    ).toBeUndefined();
  });

  it("does not repeat what was refused, until the wish changes", () => {
    const desired = new Map([["Device.A", { value: "1" }]]);
    const values = new Map([["Device.A", stored("0")]]);
    const faults = {
      parameterKey: "wanted",
      at: "",
      blocked: false,
      items: [{ path: "Device.A", code: 9007, message: "" }],
    };
    expect(nextStep(situation({ desired, stored: values, faults }), context)).toBeUndefined();
    expect(
      nextStep(
        situation({ desired, stored: values, faults: { ...faults, items: [], blocked: true } }),
        context,
      ),
    ).toBeUndefined();
    const former = { ...faults, parameterKey: "former" };
    expect(nextStep(situation({ desired, stored: values, faults: former }), context)?.for).toBe(
      "configuration",
    );
  });

  it("acknowledges before it reads on, and keeps the device's key in doing so", () => {
    const journal = { unread: true, acknowledge: 12 };
    expect(nextStep(situation({ journal, reportedKey: "theirs" }), context)).toMatchObject({
      for: "acknowledgement",
      rpc: { parameterKey: "theirs", parameters: [{ value: "12", type: "unsignedLong" }] },
    });
    expect(nextStep(situation({ journal: { unread: true, acknowledge: undefined } }), context)?.for).toBe(
      "journal",
    );
  });

  it("lets a restart wait for everything else, and then lets the device go", () => {
    const commands = [command("a", "reboot"), command("b", "get")];
    expect(nextStep(situation({ commands }), context)).toMatchObject({ command: { id: "b" } });
    expect(nextStep(situation({ commands: commands.slice(0, 1) }), context)).toMatchObject({
      rpc: { method: "Reboot" },
    });
    expect(nextStep(situation({ commands, leaving: true }), context)).toBeUndefined();
  });

  it("takes events as proof of what was sent, not of what was not", () => {
    const sent = command("11111111-2222", "reboot", "sent");
    const key = { eventCode: "M Reboot", commandKey: "111111112222" };
    expect(commandsProved([key], [sent, command("x", "reboot")])).toEqual([sent]);
    expect(commandsProved([{ eventCode: "2 PERIODIC", commandKey: "" }], [sent])).toEqual([]);
  });

  it.each([
    ["boolean", "1", "true", true],
    ["boolean", "0", "true", false],
    ["unsignedInt", " 07", "7", true],
    ["unsignedInt", "", "0", false],
    ["dateTime", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", true],
    ["string", "1", "true", false],
  ])("compares as %s: %j and %j", (type, one, other, same) => expect(sameValue(type, one, other)).toBe(same));
});

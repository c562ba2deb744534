import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  deviceModel,
  type ObjectDeclaration,
  oldVoiceModel,
  type ParameterDeclaration,
} from "@tonalite/agent/core/data-model";
import { describe, expect, it } from "vitest";
import { compare, readTable, oldTable, type Row, tables } from "./standard.ts";

const folder = join(import.meta.dirname, "../../../shared/data-model");
const missing = [...tables, oldTable].every(({ file }) => existsSync(join(folder, file)))
  ? undefined
  : "the tables of the standards are not beside the repository";

describe.skipIf(missing !== undefined)(
  `the declared model against the standards${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    it("differs only where a reason is given", () => {
      const rows = new Map<string, Row>();
      for (const { file, prefix } of tables)
        readTable(readFileSync(join(folder, file), "utf8"), prefix, rows);
      const { objects, parameters, wrong } = compare(deviceModel, rows);
      expect(wrong).toEqual([]);
      expect([objects > 60, parameters > 400]).toEqual([true, true]);
    });

    it("differs in its old voice names, too, only where a reason is given", () => {
      const rows = new Map<string, Row>();
      readTable(readFileSync(join(folder, oldTable.file), "utf8"), oldTable.prefix, rows);
      const { parameters, wrong } = compare(oldVoiceModel(), rows);
      expect([wrong, parameters > 80]).toEqual([[], true]);
    });
  },
);

describe("a comparison with a table", () => {
  const rows = new Map<string, Row>();
  readTable(
    "A.\tOBJ\treadOnly\t1\t\nA.N\tP\treadWrite\tunsignedInt\trange[1:10]\nA.S\tP\treadOnly\tstring\tsize<=8\n" +
      "A.E\tP\treadOnly\tstring\tenum{One | Two?}\nA.L\tP\treadOnly\tURL\tlist\n",
    "Device.",
    rows,
  );
  const good: Record<string, ParameterDeclaration> = {
    N: { name: "N", type: "unsignedInt", access: "readWrite", minimum: 1, maximum: 10 },
    S: { name: "S", type: "string", access: "readOnly", maxLength: 8 },
    E: { name: "E", type: "string", access: "readOnly", enum: ["One", "Two"] },
    L: { name: "L", type: "string", access: "readOnly", list: true },
  };
  const judge = (parameter: object, name: string, path = "Device.A.", access = "readOnly") => {
    const parameters = [{ ...good[name], ...parameter } as ParameterDeclaration];
    return compare([{ path, access, parameters } as ObjectDeclaration], rows);
  };

  it.each(Object.keys(good))("accepts %s as the standard has it", (name) => {
    expect(judge({}, name)).toMatchObject({ wrong: [], deviations: [] });
  });

  it.each<[string, object, string, string]>([
    ["another type", { type: "int" }, "N", "type unsignedInt"],
    ["another access", { access: "readOnly" }, "N", "access readWrite"],
    ["a lower minimum", { minimum: 0 }, "N", "minimum 1"],
    ["a higher maximum", { maximum: 11 }, "N", "maximum 10"],
    ["another size", { maxLength: 9 }, "S", "size 8"],
    ["an enumeration of its own", { enum: ["x"] }, "S", "no enum in the standard"],
    ["a part of an enumeration", { enum: ["One"] }, "E", "enum not all of One | Two?"],
    ["more than an enumeration", { enum: ["One", "Two", "Three"] }, "E", "enum beyond One | Two?"],
    ["one instead of a list", { list: undefined }, "L", "list"],
    ["a name it has not", { name: "Z" }, "S", "not in the standard"],
  ])("finds %s, which a reason excuses", (_name, change, name, difference) => {
    expect(judge(change, name).wrong).toMatchObject([{ differences: [difference] }]);
    expect(judge({ ...change, deviation: "so" }, name)).toMatchObject({
      wrong: [],
      deviations: [{ reason: "so" }],
    });
  });

  it("finds a reason that excuses nothing, and objects out of place", () => {
    expect(judge({ deviation: "so" }, "N").wrong).toMatchObject([{ differences: [], reason: "so" }]);
    expect(judge({ name: "X_TONALITE_N" }, "N", "Device.B.").wrong).toMatchObject([{ path: "Device.B." }]);
    expect(judge({}, "N", "Device.A.", "readWrite").wrong).toMatchObject([
      { differences: ["access readOnly"] },
    ]);
    expect(judge({}, "N", "Device.X_TONALITE_B.").wrong).toEqual([]);
  });
});

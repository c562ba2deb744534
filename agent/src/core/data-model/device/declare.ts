import type { ObjectDeclaration, ParameterDeclaration, ParameterType } from "../declaration.ts";

type Extra = Omit<ParameterDeclaration, "name" | "type" | "access">;

/** A parameter that only the device sets. */
export const ro = (name: string, type: ParameterType, extra: Extra = {}): ParameterDeclaration => ({
  name,
  type,
  access: "readOnly",
  ...extra,
});

/** A parameter that management may set. */
export const rw = (name: string, type: ParameterType, extra: Extra = {}): ParameterDeclaration => ({
  name,
  type,
  access: "readWrite",
  ...extra,
});

/** An object that exists once (in each row it stands in), or a row of a table that the device fills. */
export const object = (path: string, ...parameters: ParameterDeclaration[]): ObjectDeclaration => ({
  path,
  access: "readOnly",
  parameters,
});

/** A row of a table that TR-104 lets an ACS create; ours are fixed by the hardware. */
export const row = (path: string, ...parameters: ParameterDeclaration[]): ObjectDeclaration => ({
  path,
  access: "readWrite",
  parameters,
});

/** Row 1 of a table within another row: it comes and goes with that one, and is the only one. */
export const only = (path: string, ...parameters: ParameterDeclaration[]): ObjectDeclaration => ({
  path,
  access: "readWrite",
  only: true,
  parameters,
});

/** A row that management may add and delete; the table holds at most so many. */
export const table = (
  path: string,
  mostRows: number,
  ...parameters: ParameterDeclaration[]
): ObjectDeclaration => ({ path, access: "readWrite", mostRows, parameters });

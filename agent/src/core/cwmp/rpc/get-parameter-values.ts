import { DataModelError, type ParameterValue } from "../../data-model/index.ts";
import { cpeFault, type Rpc } from "./rpc.ts";

/** TR-069 A.3.2.2. All names must exist, else 9005; a parameter asked for twice is answered once. */
export const getParameterValues: Rpc<"GetParameterValues"> = ({ names }, { model }) => {
  if (names.length === 0) return { body: cpeFault(9003, "no parameter is named") };
  const found = new Map<string, ParameterValue>();
  for (const name of new Set(names)) {
    try {
      for (const value of model.read(name)) found.set(value.path, value);
    } catch (error) {
      if (!(error instanceof DataModelError)) throw error;
      return { body: cpeFault(9005, `Invalid parameter name: ${name.slice(0, 256)}`) };
    }
  }
  const parameters = [...found.values()].map(({ path, value, type }) => ({ path, value, type }));
  return { body: { method: "GetParameterValuesResponse", parameters } };
};

import { DataModelError } from "../../data-model/index.ts";
import type { ParameterAttributes } from "../types.ts";
import { cpeFault, type Rpc } from "./rpc.ts";

/** TR-069 A.3.2.5. All names must exist, else 9005; a parameter asked for twice is answered once. */
export const getParameterAttributes: Rpc<"GetParameterAttributes"> = ({ names }, { attributes }) => {
  if (names.length === 0) return { body: cpeFault(9003, "no parameter is named") };
  const found = new Map<string, ParameterAttributes>();
  for (const name of new Set(names)) {
    try {
      for (const read of attributes.read(name)) found.set(read.path, read);
    } catch (error) {
      if (!(error instanceof DataModelError)) throw error;
      return { body: cpeFault(9005, `Invalid parameter name: ${name.slice(0, 256)}`) };
    }
  }
  return { body: { method: "GetParameterAttributesResponse", parameters: [...found.values()] } };
};

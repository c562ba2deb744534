import { DataModelError } from "../../data-model/index.ts";
import { cpeFault, type Rpc } from "./rpc.ts";

/** TR-069 A.3.2.3. */
export const getParameterNames: Rpc<"GetParameterNames"> = ({ path, nextLevel }, { model }) => {
  if (nextLevel && path !== "" && !path.endsWith(".")) {
    return { body: cpeFault(9003, "NextLevel is for a partial path") };
  }
  try {
    return { body: { method: "GetParameterNamesResponse", parameters: model.names(path, nextLevel) } };
  } catch (error) {
    if (!(error instanceof DataModelError)) throw error;
    return { body: cpeFault(9005, `Invalid parameter name: ${path.slice(0, 256)}`) };
  }
};

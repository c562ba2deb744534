import type { SetParameterFault } from "../types.ts";
import { cpeFault, maximumKeyLength, type Rpc } from "./rpc.ts";

const parameterKeyPath = "Device.ManagementServer.ParameterKey";

/** TR-069 A.3.2.1: all changes or none; ParameterKey follows only when they were made. Status 1: some wait for a start. */
export const setParameterValues: Rpc<"SetParameterValues"> = ({ parameters, parameterKey }, { model }) => {
  if (parameterKey.length > maximumKeyLength)
    return { body: cpeFault(9003, "ParameterKey is longer than 32") };
  const twice = repeated(parameters);
  if (twice.length > 0) return { body: cpeFault(9003, "Invalid arguments", twice) };
  const result = model.write(parameters, "cwmp");
  if (!result.ok) return { body: cpeFault(9003, "Invalid arguments", result.faults) };
  model.publish(parameterKeyPath, parameterKey);
  const later = result.changed.some((path) => model.declaration(path)?.later === true);
  return { body: { method: "SetParameterValuesResponse", status: later ? 1 : 0 } };
};

function repeated(parameters: readonly { path: string }[]): SetParameterFault[] {
  const seen = new Set<string>();
  const faults: SetParameterFault[] = [];
  for (const { path } of parameters) {
    if (seen.has(path)) faults.push({ path, code: 9003, message: "set twice in one request" });
    seen.add(path);
  }
  return faults;
}

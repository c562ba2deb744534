import { cpeFault, maximumKeyLength, type Rpc } from "./rpc.ts";

const parameterKeyPath = "Device.ManagementServer.ParameterKey";

/** TR-069 A.3.2.6: a row at its defaults; the key follows only when it was added. */
export const addObject: Rpc<"AddObject"> = ({ parameterKey, path }, { model }) => {
  if (parameterKey.length > maximumKeyLength)
    return { body: cpeFault(9003, "ParameterKey is longer than 32") };
  const result = model.addRow(path);
  if (!result.ok) return { body: cpeFault(result.code, result.message) };
  model.publish(parameterKeyPath, parameterKey);
  return { body: { method: "AddObjectResponse", instance: result.instance, status: 0 } };
};

/** TR-069 A.3.2.7. */
export const deleteObject: Rpc<"DeleteObject"> = ({ parameterKey, path }, { model }) => {
  if (parameterKey.length > maximumKeyLength)
    return { body: cpeFault(9003, "ParameterKey is longer than 32") };
  const result = model.deleteRow(path);
  if (!result.ok) return { body: cpeFault(result.code, result.message) };
  model.publish(parameterKeyPath, parameterKey);
  return { body: { method: "DeleteObjectResponse", status: 0 } };
};

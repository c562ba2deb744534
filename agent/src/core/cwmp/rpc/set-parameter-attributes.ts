import { cpeFault, type Rpc } from "./rpc.ts";

/** TR-069 A.3.2.4: all or nothing, kept before the answer. */
export const setParameterAttributes: Rpc<"SetParameterAttributes"> = ({ parameters }, { attributes }) => {
  if (parameters.length === 0) return { body: cpeFault(9003, "no parameter is named") };
  const fault = attributes.apply(parameters);
  if (fault !== undefined) return { body: cpeFault(fault.faultCode, fault.faultString) };
  return { body: { method: "SetParameterAttributesResponse" } };
};

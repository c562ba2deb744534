import { array, decodeValues, encodeValues, items, type MessageCodec, status, tag, text } from "./codec.ts";

/** TR-069 A.3.2.2. */
export const getParameterValues: MessageCodec<"GetParameterValues"> = {
  encode: ({ names }) =>
    array("ParameterNames", "xsd:string", names.length, names.map((name) => tag("string", name)).join("")),
  decode: (element) => ({
    method: "GetParameterValues",
    names: items(element, "ParameterNames").map((name) => name.text.trim()),
  }),
};

export const getParameterValuesResponse: MessageCodec<"GetParameterValuesResponse"> = {
  encode: ({ parameters }) => encodeValues(parameters),
  decode: (element) => ({ method: "GetParameterValuesResponse", parameters: decodeValues(element) }),
};

/** TR-069 A.3.2.1. */
export const setParameterValues: MessageCodec<"SetParameterValues"> = {
  encode: ({ parameters, parameterKey }) => encodeValues(parameters) + tag("ParameterKey", parameterKey),
  decode: (element) => ({
    method: "SetParameterValues",
    parameters: decodeValues(element),
    parameterKey: text(element, "ParameterKey"),
  }),
};

export const setParameterValuesResponse: MessageCodec<"SetParameterValuesResponse"> = {
  encode: (message) => tag("Status", message.status),
  decode: (element) => ({ method: "SetParameterValuesResponse", status: status(element) }),
};

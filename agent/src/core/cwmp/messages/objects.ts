import { count, type MessageCodec, requiredText, status, tag, text } from "./codec.ts";

/** TR-069 A.3.2.6. */
export const addObject: MessageCodec<"AddObject"> = {
  encode: ({ path, parameterKey }) => tag("ObjectName", path) + tag("ParameterKey", parameterKey),
  decode: (element) => ({
    method: "AddObject",
    path: requiredText(element, "ObjectName"),
    parameterKey: text(element, "ParameterKey"),
  }),
};

export const addObjectResponse: MessageCodec<"AddObjectResponse"> = {
  encode: (message) => tag("InstanceNumber", message.instance) + tag("Status", message.status),
  decode: (element) => ({
    method: "AddObjectResponse",
    instance: count(element, "InstanceNumber", 0),
    status: status(element),
  }),
};

/** TR-069 A.3.2.7. */
export const deleteObject: MessageCodec<"DeleteObject"> = {
  encode: ({ path, parameterKey }) => tag("ObjectName", path) + tag("ParameterKey", parameterKey),
  decode: (element) => ({
    method: "DeleteObject",
    path: requiredText(element, "ObjectName"),
    parameterKey: text(element, "ParameterKey"),
  }),
};

export const deleteObjectResponse: MessageCodec<"DeleteObjectResponse"> = {
  encode: (message) => tag("Status", message.status),
  decode: (element) => ({ method: "DeleteObjectResponse", status: status(element) }),
};

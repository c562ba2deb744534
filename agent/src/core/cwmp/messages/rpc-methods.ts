import { array, items, type MessageCodec, tag } from "./codec.ts";

/** TR-069 A.3.1.1; either side may ask. */
export const getRpcMethods: MessageCodec<"GetRPCMethods"> = {
  encode: () => "",
  decode: () => ({ method: "GetRPCMethods" }),
};

export const getRpcMethodsResponse: MessageCodec<"GetRPCMethodsResponse"> = {
  encode: ({ methods }) =>
    array(
      "MethodList",
      "xsd:string",
      methods.length,
      methods.map((method) => tag("string", method)).join(""),
    ),
  decode: (element) => ({
    method: "GetRPCMethodsResponse",
    methods: items(element, "MethodList").map((item) => item.text.trim()),
  }),
};

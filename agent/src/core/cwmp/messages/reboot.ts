import { type MessageCodec, tag, text } from "./codec.ts";

/** TR-069 A.3.2.9. */
export const reboot: MessageCodec<"Reboot"> = {
  encode: ({ commandKey }) => tag("CommandKey", commandKey),
  decode: (element) => ({ method: "Reboot", commandKey: text(element, "CommandKey") }),
};

export const rebootResponse: MessageCodec<"RebootResponse"> = {
  encode: () => "",
  decode: () => ({ method: "RebootResponse" }),
};

/** TR-069 A.4.1.6. */
export const factoryReset: MessageCodec<"FactoryReset"> = {
  encode: () => "",
  decode: () => ({ method: "FactoryReset" }),
};

export const factoryResetResponse: MessageCodec<"FactoryResetResponse"> = {
  encode: () => "",
  decode: () => ({ method: "FactoryResetResponse" }),
};

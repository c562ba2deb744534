import { count, type MessageCodec, tag, text } from "./codec.ts";

/** TR-069 A.4.1.2. */
export const scheduleInform: MessageCodec<"ScheduleInform"> = {
  encode: ({ delaySeconds, commandKey }) => tag("DelaySeconds", delaySeconds) + tag("CommandKey", commandKey),
  decode: (element) => ({
    method: "ScheduleInform",
    delaySeconds: count(element, "DelaySeconds", 0),
    commandKey: text(element, "CommandKey"),
  }),
};

export const scheduleInformResponse: MessageCodec<"ScheduleInformResponse"> = {
  encode: () => "",
  decode: () => ({ method: "ScheduleInformResponse" }),
};

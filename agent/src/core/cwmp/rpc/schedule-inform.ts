import { cpeFault, maximumKeyLength, type Rpc } from "./rpc.ts";

/** TR-069 A.4.1.2: a session in so many seconds, told with this key. */
export const scheduleInform: Rpc<"ScheduleInform"> = ({ commandKey, delaySeconds }, context) => {
  if (commandKey.length > maximumKeyLength) return { body: cpeFault(9003, "CommandKey is longer than 32") };
  if (delaySeconds === 0) return { body: cpeFault(9003, "DelaySeconds must be greater than zero") };
  context.scheduleInform(delaySeconds, commandKey);
  return { body: { method: "ScheduleInformResponse" } };
};

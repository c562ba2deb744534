import { cpeFault, maximumKeyLength, type Rpc } from "./rpc.ts";

/** TR-069 A.3.2.9: the device restarts after the session, and says so with `M Reboot` and this command key. */
export const reboot: Rpc<"Reboot"> = ({ commandKey }) =>
  commandKey.length > maximumKeyLength
    ? { body: cpeFault(9003, "CommandKey is longer than 32") }
    : { body: { method: "RebootResponse" }, later: { reboot: { commandKey } } };

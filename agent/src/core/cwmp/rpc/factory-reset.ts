import type { Rpc } from "./rpc.ts";

/** TR-069 A.4.1.6: after the session the device forgets everything it was told. */
export const factoryReset: Rpc<"FactoryReset"> = () => ({
  body: { method: "FactoryResetResponse" },
  later: { factoryReset: true },
});

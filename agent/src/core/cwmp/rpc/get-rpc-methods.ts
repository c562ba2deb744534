import type { Rpc } from "./rpc.ts";

/** TR-069 A.3.1.1: the names are those of the registry, handed in so that the two cannot differ. */
export const getRpcMethods =
  (methods: () => string[]): Rpc<"GetRPCMethods"> =>
  () => ({ body: { method: "GetRPCMethodsResponse", methods: methods() } });

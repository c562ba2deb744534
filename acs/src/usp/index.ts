export { type Broker, type BrokerOptions, startBroker } from "./broker.ts";
export {
  createUspController,
  type RequestOptions,
  type UspController,
  type UspControllerOptions,
  type UspStatistics,
} from "./controller.ts";
export type { DeviceNotify, OnNotify } from "./notify-intake.ts";
export type { OnPresence } from "./presence.ts";
export { type ParameterFault, type UspRequestCode, UspRequestError } from "./request-error.ts";
export type { GetResult, OperateResult, PathValue, SetParameter, SetResult } from "./requests.ts";

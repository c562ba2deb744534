import type { CwmpMessage, CwmpMethod } from "../types.ts";
import { download } from "./download.ts";
import { factoryReset } from "./factory-reset.ts";
import { getParameterAttributes } from "./get-parameter-attributes.ts";
import { getParameterNames } from "./get-parameter-names.ts";
import { getParameterValues } from "./get-parameter-values.ts";
import { getRpcMethods } from "./get-rpc-methods.ts";
import { addObject, deleteObject } from "./objects.ts";
import { cancelTransfer, getAllQueuedTransfers, getQueuedTransfers } from "./queued-transfers.ts";
import { reboot } from "./reboot.ts";
import { cpeFault, type Rpc, type RpcContext, type RpcOutcome } from "./rpc.ts";
import { scheduleDownload } from "./schedule-download.ts";
import { scheduleInform } from "./schedule-inform.ts";
import { setParameterAttributes } from "./set-parameter-attributes.ts";
import { setParameterValues } from "./set-parameter-values.ts";
import { upload } from "./upload.ts";

/** The RPCs an ACS may call on this device: adding one is a file and a line here. */
const rpcs: { readonly [M in CwmpMethod]?: Rpc<M> } = {
  GetRPCMethods: getRpcMethods(() => Object.keys(rpcs)),
  SetParameterValues: setParameterValues,
  GetParameterValues: getParameterValues,
  GetParameterNames: getParameterNames,
  SetParameterAttributes: setParameterAttributes,
  GetParameterAttributes: getParameterAttributes,
  AddObject: addObject,
  DeleteObject: deleteObject,
  Reboot: reboot,
  FactoryReset: factoryReset,
  Download: download,
  Upload: upload,
  ScheduleInform: scheduleInform,
  ScheduleDownload: scheduleDownload,
  CancelTransfer: cancelTransfer,
  GetQueuedTransfers: getQueuedTransfers,
  GetAllQueuedTransfers: getAllQueuedTransfers,
};

/** Whether a message is a request to the device at all, known or not; responses and faults are not. */
export const isRpc = (method: CwmpMethod): boolean => rpcs[method] !== undefined;

/** Executes one request. An unexpected error becomes fault 9002, and is told to `onError`. */
export async function executeRpc(
  request: CwmpMessage,
  context: RpcContext,
  onError: (error: unknown) => void,
): Promise<RpcOutcome> {
  // The table pairs each method with its own handler; the compiler cannot follow that through a lookup.
  const rpc = rpcs[request.method] as Rpc<CwmpMethod> | undefined;
  if (rpc === undefined) return { body: cpeFault(9000, `Method not supported: ${request.method}`) };
  try {
    return await rpc(request, context);
  } catch (error) {
    onError(error);
    return { body: cpeFault(9002, "Internal error") };
  }
}

import type { CwmpMethod } from "../types.ts";
import type { MessageCodec } from "./codec.ts";
import { download, downloadResponse } from "./download.ts";
import { fault } from "./fault.ts";
import { inform, informResponse } from "./inform.ts";
import { getParameterNames, getParameterNamesResponse } from "./parameter-names.ts";
import {
  getParameterValues,
  getParameterValuesResponse,
  setParameterValues,
  setParameterValuesResponse,
} from "./parameter-values.ts";
import { factoryReset, factoryResetResponse, reboot, rebootResponse } from "./reboot.ts";
import { getRpcMethods, getRpcMethodsResponse } from "./rpc-methods.ts";
import {
  autonomousTransferComplete,
  autonomousTransferCompleteResponse,
} from "./autonomous-transfer-complete.ts";
import { addObject, addObjectResponse, deleteObject, deleteObjectResponse } from "./objects.ts";
import {
  getParameterAttributes,
  getParameterAttributesResponse,
  setParameterAttributes,
  setParameterAttributesResponse,
} from "./parameter-attributes.ts";
import {
  cancelTransfer,
  cancelTransferResponse,
  getAllQueuedTransfers,
  getAllQueuedTransfersResponse,
  getQueuedTransfers,
  getQueuedTransfersResponse,
} from "./queued-transfers.ts";
import { requestDownload, requestDownloadResponse } from "./request-download.ts";
import { scheduleDownload, scheduleDownloadResponse } from "./schedule-download.ts";
import { scheduleInform, scheduleInformResponse } from "./schedule-inform.ts";
import { upload, uploadResponse } from "./upload.ts";
import { transferComplete, transferCompleteResponse } from "./transfer-complete.ts";

/** Every message the codec knows; the compiler refuses a method without its pair. */
export const messageCodecs: { readonly [M in CwmpMethod]: MessageCodec<M> } = {
  Inform: inform,
  InformResponse: informResponse,
  GetParameterValues: getParameterValues,
  GetParameterValuesResponse: getParameterValuesResponse,
  SetParameterValues: setParameterValues,
  SetParameterValuesResponse: setParameterValuesResponse,
  GetParameterNames: getParameterNames,
  GetParameterNamesResponse: getParameterNamesResponse,
  GetRPCMethods: getRpcMethods,
  GetRPCMethodsResponse: getRpcMethodsResponse,
  Reboot: reboot,
  RebootResponse: rebootResponse,
  FactoryReset: factoryReset,
  FactoryResetResponse: factoryResetResponse,
  Download: download,
  DownloadResponse: downloadResponse,
  TransferComplete: transferComplete,
  TransferCompleteResponse: transferCompleteResponse,
  SetParameterAttributes: setParameterAttributes,
  SetParameterAttributesResponse: setParameterAttributesResponse,
  GetParameterAttributes: getParameterAttributes,
  GetParameterAttributesResponse: getParameterAttributesResponse,
  AddObject: addObject,
  AddObjectResponse: addObjectResponse,
  DeleteObject: deleteObject,
  DeleteObjectResponse: deleteObjectResponse,
  ScheduleInform: scheduleInform,
  ScheduleInformResponse: scheduleInformResponse,
  Upload: upload,
  UploadResponse: uploadResponse,
  ScheduleDownload: scheduleDownload,
  ScheduleDownloadResponse: scheduleDownloadResponse,
  CancelTransfer: cancelTransfer,
  CancelTransferResponse: cancelTransferResponse,
  GetQueuedTransfers: getQueuedTransfers,
  GetQueuedTransfersResponse: getQueuedTransfersResponse,
  GetAllQueuedTransfers: getAllQueuedTransfers,
  GetAllQueuedTransfersResponse: getAllQueuedTransfersResponse,
  RequestDownload: requestDownload,
  RequestDownloadResponse: requestDownloadResponse,
  AutonomousTransferComplete: autonomousTransferComplete,
  AutonomousTransferCompleteResponse: autonomousTransferCompleteResponse,
  Fault: fault,
};

const methods: ReadonlySet<string> = new Set(Object.keys(messageCodecs));

/** Whether a name met on the wire is a method of this codec. */
export const isMethod = (name: string): name is CwmpMethod => methods.has(name);

export {
  type Change,
  type ChangeOrigin,
  DataModel,
  type WriteChange,
  type WriteFault,
  type WriteResult,
} from "./data-model.ts";
export type { ObjectDeclaration, ParameterDeclaration, ParameterType } from "./declaration.ts";
export { createDeviceModel } from "./device/create.ts";
export { deviceModel } from "./device/index.ts";
export { updateStates } from "./device/vendor.ts";
export { DataModelError, type DataModelErrorCode } from "./error.ts";
export { canonical } from "./lexical.ts";
export type { ParameterValue, WriteFaultCode } from "./parameter.ts";
export type { RowResult } from "./managed-rows.ts";
export type { ObjectGuard, ObjectProvider } from "./object-node.ts";
export { templateOf } from "./template.ts";
export type { ModelView } from "./view.ts";
export { oldVoiceModel } from "./projection/declared.ts";
export { createView } from "./projection/projection.ts";
export { type ModelStyle, modelStyles } from "./projection/style-names.ts";

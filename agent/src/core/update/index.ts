export {
  barSlot,
  bootName,
  goBackTo,
  keepSlot,
  settleBoot,
  trySlot,
  type SettledBoot,
} from "./boot-loader.ts";
export {
  beginTrial,
  bootState,
  confirmTrial,
  factoryBootState,
  giveUpTrial,
  noteTrialFailure,
  otherSlot,
  planBoot,
  renewTrial,
  slotName,
  trialStarts,
  type BootState,
  type SlotName,
} from "./boot-state.ts";
export { emptyBucket, nextGrant, spend, type Bucket, type Rate } from "./bandwidth.ts";
export { isClockSet, reportedTime, unknownTime } from "./clock.ts";
export {
  firmwareRejection,
  outcomeFault,
  refusalRejection,
  rejectionCode,
  type RejectionCode,
} from "./faults.ts";
export {
  judgeWait,
  pressureOf,
  quietTimes,
  quietTimesFor,
  type GateFacts,
  type GateVerdict,
  type IdleState,
  type MaintenanceHours,
  type Pressure,
  type QuietTimes,
  type Step,
} from "./gate.ts";
export {
  healthLimits,
  judgeHealth,
  type HealthLimits,
  type HealthLook,
  type HealthVerdict,
  type LineHealth,
} from "./health.ts";
export {
  accepts,
  bootEvent,
  entryEffects,
  step,
  transitions,
  type BootFacts,
  type UpdateEffect,
  type UpdateEvent,
  type UpdateEventName,
} from "./machine.ts";
export {
  checksumAlgorithm,
  imageFacts,
  isOutcome,
  updateRequest,
  updateState,
  type ChecksumAlgorithm,
  type ImageFacts,
  type InstalledImage,
  type UpdateDoor,
  type UpdateIn,
  type UpdateOutcome,
  type UpdateRequest,
  type UpdateState,
  type UpdateStateName,
} from "./state.ts";
export { bootImage, imageViews, type ImageView } from "./image-view.ts";
export { placeAmong, updateWindow, windowMode, type UpdateWindow, type WindowMode } from "./window.ts";
export { stateWords } from "./words.ts";

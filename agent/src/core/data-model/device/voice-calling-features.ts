import { object, ro, row, rw } from "./declare.ts";

const set = "Device.Services.VoiceService.{i}.CallControl.CallingFeatures.Set.{i}.";
const number = { maxLength: 32 } as const;

/** TR-104 CallingFeatures: what a subscriber may choose for a line, at the telephone or through management. One set a line. */
export const voiceCallingFeatures = [
  object(
    "Device.Services.VoiceService.{i}.CallControl.CallingFeatures.",
    ro("SetNumberOfEntries", "unsignedInt"),
  ),
  row(
    set,
    rw("CallWaitingEnable", "boolean", { default: "true" }),
    rw("CallForwardUnconditionalEnable", "boolean"),
    rw("CallForwardUnconditionalNumber", "string", number),
    rw("CallForwardOnBusyEnable", "boolean"),
    rw("CallForwardOnBusyNumber", "string", number),
    rw("CallForwardOnNoAnswerEnable", "boolean"),
    rw("CallForwardOnNoAnswerNumber", "string", number),
    rw("CallForwardOnNoAnswerRingTimeout", "unsignedInt", {
      default: "20",
      minimum: 5,
      maximum: 120,
      description: "seconds",
    }),
    rw("CallTransferEnable", "boolean", { description: "hanging up joins the two far ends" }),
    rw("MWIEnable", "boolean", {
      default: "true",
      description: "the dial tone stutters for waiting messages",
    }),
    rw("VMWIEnable", "boolean", { default: "true", description: "the telephone's lamp is told of them" }),
    ro("LineMessagesWaiting", "unsignedInt"),
    rw("AnonymousCallRejectionEnable", "boolean"),
    rw("AnonymousCallEnable", "boolean", { description: "the line's own number is withheld" }),
    rw("DoNotDisturbEnable", "boolean"),
    rw("X_TONALITE_HotlineEnable", "boolean", { description: "a lifted handset calls by itself" }),
    rw("X_TONALITE_HotlineNumber", "string", number),
    rw("X_TONALITE_HotlineDelay", "unsignedInt", {
      default: "5000",
      maximum: 30_000,
      description: "ms without a key before it does; 0: at once",
    }),
  ),
];

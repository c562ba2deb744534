import { alike, made, type Mapping, same } from "./mapping.ts";

const ours = "Device.Services.VoiceService.1.CallControl.";
const profile = "Services.VoiceService.1.VoiceProfile.{n}.";
const features = `${profile}Line.1.CallingFeatures.`;
const set = `${ours}CallingFeatures.Set.{n}.`;
const plan = `${ours}NumberingPlan.1.`;
/** The old model counts rings where ours counts seconds; a ring with its pause takes about five. */
const secondsPerRing = 5;

/** What a subscriber may choose, and how numbers are dialled, by the names of TR-104 issue 1. */
export const featureMappings = (): readonly Mapping[] => [
  same(`${profile}DigitMap`, `${plan}X_TONALITE_DigitMap`, { maxLength: 256 }),
  same(`${profile}DigitMapEnable`, `${plan}X_TONALITE_DigitMapEnable`),
  ...alike(features, set, [
    "CallWaitingEnable",
    "CallForwardUnconditionalEnable",
    "CallForwardUnconditionalNumber",
    "CallForwardOnBusyEnable",
    "CallForwardOnBusyNumber",
    "CallForwardOnNoAnswerEnable",
    "CallForwardOnNoAnswerNumber",
    "CallTransferEnable",
    "MWIEnable",
    "DoNotDisturbEnable",
  ]),
  {
    ...same(`${features}CallForwardOnNoAnswerRingCount`, `${set}CallForwardOnNoAnswerRingTimeout`, {
      default: undefined,
      minimum: 1,
      maximum: 24,
    }),
    read: (seconds) => String(Math.max(1, Math.round(Number(seconds) / secondsPerRing))),
    write: (rings) => String(Number(rings) * secondsPerRing),
  },
  made(`${features}MessageWaiting`, { access: "readOnly", type: "boolean" }, (get, { n = 1 }) =>
    String(Number(get(`${set.replace("{n}", String(n))}LineMessagesWaiting`)) > 0),
  ),
  same(`${features}AnonymousCallBlockEnable`, `${set}AnonymousCallRejectionEnable`),
  same(`${features}AnonymousCalEnable`, `${set}AnonymousCallEnable`),
];

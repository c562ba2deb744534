import type { FeatureChange, Forward, LineFeatures } from "../line/index.ts";
import type { ModelReader } from "./account.ts";
import { linePaths } from "./paths.ts";

/** Whom the line called last, and who called it; "" = nobody yet. */
export type CallHistory = { readonly lastDialled: string; readonly lastCaller: string };

const forwards = {
  "forward-always": "CallForwardUnconditional",
  "forward-busy": "CallForwardOnBusy",
  "forward-no-answer": "CallForwardOnNoAnswer",
} as const;

/** What is chosen for a line (TR-104 CallingFeatures.Set; 0 = the first line). */
export function lineFeatures(line: number, value: ModelReader, history: CallHistory): LineFeatures {
  const { features } = linePaths(line);
  const on = (name: string): boolean => value(features + name) === "true";
  const forward = (feature: keyof typeof forwards): Forward => ({
    enabled: on(`${forwards[feature]}Enable`),
    number: value(`${features}${forwards[feature]}Number`),
  });
  const hotline = value(`${features}X_TONALITE_HotlineNumber`);
  return {
    callWaiting: on("CallWaitingEnable"),
    doNotDisturb: on("DoNotDisturbEnable"),
    anonymousRejection: on("AnonymousCallRejectionEnable"),
    anonymousCall: on("AnonymousCallEnable"),
    forwardAlways: forward("forward-always"),
    forwardBusy: forward("forward-busy"),
    forwardNoAnswer: forward("forward-no-answer"),
    noAnswerMs: Number(value(`${features}CallForwardOnNoAnswerRingTimeout`)) * 1000,
    hotline:
      on("X_TONALITE_HotlineEnable") && hotline !== ""
        ? { number: hotline, delayMs: Number(value(`${features}X_TONALITE_HotlineDelay`)) }
        : null,
    transfer: on("CallTransferEnable"),
    messagesWaiting: on("MWIEnable") && Number(value(`${features}LineMessagesWaiting`)) > 0,
    ...history,
  };
}

/** What a change at the telephone writes. */
export function featureValues(line: number, change: FeatureChange): Record<string, string> {
  const { features } = linePaths(line);
  switch (change.feature) {
    case "forward-always":
    case "forward-busy":
    case "forward-no-answer":
      return {
        [`${features}${forwards[change.feature]}Number`]: change.to.number,
        [`${features}${forwards[change.feature]}Enable`]: String(change.to.enabled),
      };
    case "call-waiting":
      return { [`${features}CallWaitingEnable`]: String(change.to) };
    case "do-not-disturb":
      return { [`${features}DoNotDisturbEnable`]: String(change.to) };
    case "hotline":
      return {
        ...(change.to !== null && { [`${features}X_TONALITE_HotlineNumber`]: change.to }),
        [`${features}X_TONALITE_HotlineEnable`]: String(change.to !== null),
      };
  }
  return change satisfies never;
}

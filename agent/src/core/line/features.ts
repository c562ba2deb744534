/** Where calls go instead. The number stays when the forwarding is switched off, to be switched on again. */
export type Forward = { readonly enabled: boolean; readonly number: string };

/** What the subscriber, or management, has chosen for a line (TR-104 CallingFeatures.Set). */
export type LineFeatures = {
  readonly callWaiting: boolean;
  readonly doNotDisturb: boolean;
  /** Calls without a number are turned away. */
  readonly anonymousRejection: boolean;
  /** The line's own number is withheld unless a call's prefix says otherwise. */
  readonly anonymousCall: boolean;
  readonly forwardAlways: Forward;
  readonly forwardBusy: Forward;
  readonly forwardNoAnswer: Forward;
  /** How long it rings before `forwardNoAnswer`, milliseconds. */
  readonly noAnswerMs: number;
  /** A lifted handset calls this number by itself after `delayMs` without a key; null: it does not. */
  readonly hotline: { readonly number: string; readonly delayMs: number } | null;
  /** Hanging up joins the two far ends (a transfer). */
  readonly transfer: boolean;
  readonly messagesWaiting: boolean;
  /** "" = none yet. */
  readonly lastDialled: string;
  readonly lastCaller: string;
};

const off: Forward = { enabled: false, number: "" };

/** A line as it is delivered. */
export const plainFeatures: LineFeatures = {
  callWaiting: true,
  doNotDisturb: false,
  anonymousRejection: false,
  anonymousCall: false,
  forwardAlways: off,
  forwardBusy: off,
  forwardNoAnswer: off,
  noAnswerMs: 20_000,
  hotline: null,
  transfer: false,
  messagesWaiting: false,
  lastDialled: "",
  lastCaller: "",
};

/** What a service code changes. */
export type FeatureChange =
  | { readonly feature: "forward-always" | "forward-busy" | "forward-no-answer"; readonly to: Forward }
  | { readonly feature: "call-waiting" | "do-not-disturb"; readonly to: boolean }
  | { readonly feature: "hotline"; readonly to: string | null };

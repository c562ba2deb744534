import type { ToneName } from "@tonalite/device-profiles";
import type { CallHandle } from "../ports.ts";
import type { DialPlan } from "../dialling/index.ts";
import type { AppliedTerm, CallCause } from "../records/index.ts";
import type { CallLimit, Terms } from "../terms/index.ts";
import type { FeatureChange, LineFeatures } from "./features.ts";

/** A second call of the line, beside what the handset is at: on hold, or knocking. */
export type Aside =
  | { readonly kind: "held"; readonly call: CallHandle }
  | {
      readonly kind: "waiting";
      readonly call: CallHandle;
      readonly number: string;
      readonly name: string;
    };

/** Off-hook, with one call at most; another may be aside. */
type OffHook =
  /** Off-hook, nothing dialled; the tone says what the line can do. */
  | { readonly state: "ready"; readonly tone: ToneName }
  | { readonly state: "dialing"; readonly digits: string }
  /** An outgoing call without an answer; `call` is null until the engine named it, `ringing` once the far end rings. */
  | {
      readonly state: "calling";
      readonly number: string;
      readonly terms: readonly AppliedTerm[];
      readonly call: CallHandle | null;
      readonly ringing: boolean;
      readonly limit: CallLimit | null;
      /** No other call may knock: the subscriber asked for it with this call. */
      readonly undisturbed: boolean;
    }
  /** `dialledSecond`: made while the call aside was on hold. */
  | {
      readonly state: "talking";
      readonly call: CallHandle;
      readonly undisturbed?: true;
      readonly dialledSecond?: true;
    }
  /** Off-hook with nothing more to do: a tone says why. */
  | { readonly state: "treatment"; readonly tone: ToneName }
  /** The warning's stage, from 0. */
  | { readonly state: "howling"; readonly stage: number }
  | { readonly state: "silent" };

/** A subscriber line as the subscriber knows it. Each state carries its own data only. */
export type LineState =
  | { readonly state: "on-hook" }
  /** An incoming call rings the telephone; or, `held`, one that was left on hold calls the subscriber back. */
  | { readonly state: "ringing"; readonly call: CallHandle; readonly held?: true }
  /** Lifted; the engine sets the incoming call up. */
  | { readonly state: "answering"; readonly call: CallHandle }
  | (OffHook & { readonly aside?: Aside })
  /** Two calls, both on hold, after the recall key: a digit says what shall be. `call` was up. */
  | { readonly state: "choosing"; readonly call: CallHandle; readonly aside: Aside }
  | { readonly state: "conference"; readonly calls: readonly [CallHandle, CallHandle] }
  /** The far ends are being joined, the subscriber listens; or has hung up: `leaving`. */
  | { readonly state: "transferring"; readonly call: CallHandle; readonly aside: Aside }
  | { readonly state: "leaving"; readonly call: CallHandle; readonly aside: Aside };

/** One timer of each name, and of the limits one for each call; starting it again replaces it. */
export type LineTimer =
  | "dial"
  | "limit-warning"
  | "limit"
  | "off-hook"
  | "howler"
  | "no-answer"
  | "recall"
  | "transfer";

export type LineEvent =
  | { readonly on: "hook"; readonly offHook: boolean }
  | { readonly on: "digit"; readonly digit: string }
  | { readonly on: "timer"; readonly timer: LineTimer; readonly call?: CallHandle }
  /** The recall key. */
  | { readonly on: "flash" }
  /** A transfer came to its end; `done`: the far ends talk to each other. */
  | { readonly on: "transferred"; readonly call: CallHandle; readonly done: boolean }
  /** The engine took the call that the `dial` effect asked for. */
  | { readonly on: "dialled"; readonly call: CallHandle }
  /** It did not (no account, busy). */
  | { readonly on: "dial-failed"; readonly code: string }
  /** `alert`: how the network wants it to ring (Alert-Info), absent: as ever. */
  | {
      readonly on: "incoming";
      readonly call: CallHandle;
      readonly number: string;
      readonly name: string;
      readonly alert?: string;
    }
  | { readonly on: "ringback"; readonly call: CallHandle }
  /** The far end's own tones are heard instead of ours (183). */
  | { readonly on: "early-media"; readonly call: CallHandle }
  | { readonly on: "established"; readonly call: CallHandle }
  /** The network put another call in the place of one (RFC 3891): the subscriber goes on with `by`. */
  | { readonly on: "replaced"; readonly call: CallHandle; readonly by: CallHandle }
  /** Two fax machines are at it: began (`pages` 0), or so many pages are through; `more`: another one follows. */
  | {
      readonly on: "fax";
      readonly call: CallHandle;
      readonly pages: number;
      readonly more: boolean;
    }
  | { readonly on: "ended"; readonly call: CallHandle; readonly tone: ToneName }
  /** Registration or the terms changed. */
  | { readonly on: "context" };

/** Why the box itself ended or refused a call. */
export type EndingReason = { readonly cause: CallCause; readonly terms: readonly AppliedTerm[] };

export type LineEffect =
  /** `gain`: dB on top of the tone's level, at most 0. */
  | { readonly do: "tone"; readonly tone: ToneName | null; readonly gain?: number }
  | { readonly do: "ring"; readonly number: string; readonly name: string; readonly alert?: string }
  | { readonly do: "stop-ring" }
  /** `anonymous`: the called party must not see the number. */
  | {
      readonly do: "dial";
      readonly number: string;
      readonly terms: readonly AppliedTerm[];
      readonly anonymous?: true;
    }
  /** The caller is told to call `number` instead (RFC 3261 §21.3.3). */
  | {
      readonly do: "deflect";
      readonly call: CallHandle;
      readonly number: string;
      readonly ending: EndingReason;
    }
  | { readonly do: "change-feature"; readonly change: FeatureChange }
  | { readonly do: "answer"; readonly call: CallHandle }
  /** `ending` says why when it is the box's own decision, null when the subscriber hung up. */
  | {
      readonly do: "hang-up";
      readonly call: CallHandle;
      readonly code: number;
      readonly reason: string;
      readonly ending: EndingReason | null;
    }
  /** A call attempt that never left the box. */
  /** The subscriber agrees to what he was asked by the notice. */
  | { readonly do: "agree" }
  | { readonly do: "record-attempt"; readonly number: string; readonly ending: EndingReason }
  | { readonly do: "hold"; readonly call: CallHandle; readonly on: boolean }
  | { readonly do: "conference"; readonly on: boolean }
  /** Asks the far end of `call` to take our place in `other`. */
  | { readonly do: "join"; readonly call: CallHandle; readonly other: CallHandle }
  /** The call waiting tone, and the caller on the telephone's display. */
  | { readonly do: "knock"; readonly number: string; readonly name: string }
  | {
      readonly do: "start-timer";
      readonly timer: LineTimer;
      readonly ms: number;
      readonly call?: CallHandle;
    }
  /** Without a call: those of every call. */
  | { readonly do: "stop-timer"; readonly timer: LineTimer; readonly call?: CallHandle };

/** What the line's decisions rest on besides its state. */
export type LineContext = {
  readonly terms: Terms;
  readonly plan: DialPlan;
  readonly features: LineFeatures;
  readonly registered: boolean;
  /** Milliseconds of silence: before the first digit, in a number still incomplete, in one that may still grow. */
  readonly firstDigitMs: number;
  readonly incompleteMs: number;
  readonly interDigitMs: number;
  /** "" = none. */
  readonly terminator: string;
  /** The line's fax machine was tried and found good; absent: not. */
  readonly faxValidated?: boolean;
  /** An update waits for the line, or for the subscriber's agreement too; absent: none does. */
  readonly notice?: "waits" | "asks";
};

export type LineStep = { readonly state: LineState; readonly effects: readonly LineEffect[] };

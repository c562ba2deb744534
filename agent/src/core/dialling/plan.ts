/** What dialled digits are to do, and whether they are all. Emergency numbers go before everything. */
import type { LineService, NumberRange, ServiceCode } from "@tonalite/device-profiles";
import { dialProgress } from "../terms/index.ts";
import type { DigitMap } from "./digit-map.ts";
import { mapProgress } from "./digit-map.ts";
import { matchService } from "./service-code.ts";

/** What numbers there are on a line. */
export type DialPlan = {
  readonly ranges: readonly NumberRange[];
  /** Decides when a number is complete instead of the ranges, where management gave one. */
  readonly map: DigitMap | null;
  readonly services: readonly ServiceCode[];
};

export type DialledAction =
  /** `prefix`: a service for this call only (number withheld). */
  | { readonly action: "call"; readonly number: string; readonly prefix: LineService | null }
  | { readonly action: "service"; readonly service: LineService; readonly number: string };

export type Dialled = {
  readonly progress: "impossible" | "incomplete" | "sufficient" | "complete";
  /** Whether a long silence is due even though the digits may be all (the map's L). */
  readonly patient: boolean;
  readonly action: DialledAction;
};

/** Judges digits after each key. Total: every text has an answer. */
export function judgeDialled(digits: string, plan: DialPlan): Dialled {
  const plain: Dialled = {
    ...numberProgress(digits, plan),
    action: { action: "call", number: digits, prefix: null },
  };
  if (isEmergency(digits, plan.ranges)) return plain;
  const found = matchService(digits, plan.services);
  switch (found.match) {
    case "none":
      return plain;
    case "partial":
      // A number that is complete may still be the beginning of a code, and the other way about: silence decides.
      return {
        ...plain,
        progress: plain.progress === "impossible" ? "incomplete" : softened(plain.progress),
      };
    case "complete":
      return { progress: "complete", patient: false, action: service(found.service, found.number) };
    case "collecting":
      return {
        progress: found.number === "" ? "incomplete" : "sufficient",
        patient: true,
        action: service(found.service, found.number),
      };
    case "prefix": {
      const action: DialledAction = { action: "call", number: found.number, prefix: found.service };
      if (found.number === "") return { progress: "incomplete", patient: false, action };
      return { ...numberProgress(found.number, plan), action };
    }
  }
  return found satisfies never;
}

/** Whether "#" is a digit of what is being dialled rather than its end. */
export function takesHash(digits: string, plan: DialPlan): boolean {
  return matchService(`${digits}#`, plan.services).match !== "none";
}

/** Is this an emergency number, whole? */
export function isEmergency(digits: string, ranges: readonly NumberRange[]): boolean {
  return ranges.some((range) => range.category === "emergency" && isWhole(digits, range));
}

function numberProgress(digits: string, { ranges, map }: DialPlan): Pick<Dialled, "progress" | "patient"> {
  if (isEmergency(digits, ranges)) return { progress: "complete", patient: false };
  const judged = map ? mapProgress(digits, map) : dialProgress(digits, ranges);
  const patient = "timer" in judged && judged.timer === "long";
  // No map may stand between a caller and help: what may become an emergency number goes on.
  if (!ranges.some((range) => range.category === "emergency" && mayBecome(digits, range)))
    return { progress: judged.progress, patient };
  if (judged.progress === "impossible") return { progress: "incomplete", patient };
  return { progress: softened(judged.progress), patient };
}

function softened(progress: Dialled["progress"]): Dialled["progress"] {
  return progress === "complete" ? "sufficient" : progress;
}

function isWhole(digits: string, { prefix, minimum, maximum }: NumberRange): boolean {
  return digits.startsWith(prefix) && digits.length >= minimum && digits.length <= maximum;
}

function mayBecome(digits: string, { prefix, minimum }: NumberRange): boolean {
  if (digits.length < prefix.length) return prefix.startsWith(digits);
  return digits.startsWith(prefix) && digits.length < minimum;
}

function service(name: LineService, number: string): DialledAction {
  return { action: "service", service: name, number };
}

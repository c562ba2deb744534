import type { HardwareProfile, RegionProfile } from "@tonalite/device-profiles";
import { parseDigitMap } from "../dialling/index.ts";
import type { DialPlan } from "../dialling/index.ts";
import type { LineContext, LineFeatures } from "../line/index.ts";
import type { LineSetup } from "../ports.ts";
import { numberRanges, serviceStates } from "../terms/index.ts";
import type { Terms } from "../terms/index.ts";
import type { ModelReader } from "./account.ts";
import { linePaths, termsPath } from "./paths.ts";

/** Electrical and timing behaviour of a line: board, country, and the gains that management set. */
export function lineSetup(
  line: number,
  value: ModelReader,
  hardware: HardwareProfile,
  region: RegionProfile,
): LineSetup {
  const { port } = linePaths(line);
  return {
    flashMinMs: region.hookFlash.minimumMs,
    flashMaxMs: region.hookFlash.maximumMs,
    offHookMs: hardware.line.offHookDebounceMs,
    pulse: {
      breakMinMs: region.pulse.breakMs.minimum,
      breakMaxMs: region.pulse.breakMs.maximum,
      makeMinMs: region.pulse.makeMs.minimum,
      gapMs: region.pulse.interDigitMs,
    },
    echoTailMs: hardware.line.echoTailMs,
    impedance: region.line.impedance,
    gainToPhone: Number(value(`${port}VoiceProcessing.ReceiveGain`)),
    gainFromPhone: Number(value(`${port}VoiceProcessing.TransmitGain`)),
  };
}

/** Whether the wires change polarity while an answered call is up: the line's own setting, or the country's habit. */
export function reversesOnAnswer(line: number, value: ModelReader, region: RegionProfile): boolean {
  const signal = value(`${linePaths(line).port}X_TONALITE_AnswerSignal`);
  return signal === "Region" ? region.line.polarityReversal : signal === "Polarity";
}

/** The profiles that the data model's settings choose from. */
export type TermsSource = {
  readonly providers: ReadonlyMap<string, Terms["provider"] & object>;
  readonly regions: ReadonlyMap<string, RegionProfile>;
  readonly hardware: HardwareProfile;
  /** Used until management names a region. */
  readonly defaultRegion: RegionProfile;
  /** The region as the subscriber hears it, where management sent sounds of its own. */
  readonly sounding?: (region: RegionProfile) => RegionProfile;
};

/** Reads the terms in force. `problem` is null, or says which setting names a profile this firmware does not have. */
export function readTerms(value: ModelReader, source: TermsSource): { terms: Terms; problem: string | null } {
  const providerId = value(`${termsPath}Provider`);
  const regionId = value(`${termsPath}Region`).toLowerCase();
  const provider = source.providers.get(providerId) ?? null;
  const region = regionId === "" ? source.defaultRegion : source.regions.get(regionId);
  const named = region ?? source.defaultRegion;
  const problems = [
    ...(providerId !== "" && provider === null
      ? [`${termsPath}Provider: unknown provider "${providerId}"`]
      : []),
    ...(region === undefined ? [`${termsPath}Region: unknown region "${regionId}"`] : []),
  ];
  return {
    terms: {
      provider,
      region: source.sounding?.(named) ?? named,
      laboratory: source.hardware.laboratory ?? null,
      serviceState: serviceState(value(`${termsPath}ServiceState`)),
      serviceStateClause: value(`${termsPath}ServiceStateClause`),
      maximumCallDuration: Number(value(`${termsPath}MaximumCallDuration`)),
      limitationsLifted: value(`${termsPath}LimitationsLifted`) === "true",
    },
    problem: problems[0] ?? null,
  };
}

/** What numbers and codes there are. `problem` is null, or says what is wrong with the map that management wrote. */
export function dialPlan(value: ModelReader, terms: Terms): { plan: DialPlan; problem: string | null } {
  const path = `${linePaths(0).numberingPlan}X_TONALITE_DigitMap`;
  const text = value(`${path}Enable`) === "true" ? value(path) : "";
  const parsed = text === "" ? null : parseDigitMap(text);
  return {
    plan: {
      ranges: numberRanges(terms),
      map: parsed?.ok ? parsed.map : null,
      services: terms.region.services,
    },
    problem: parsed?.ok === false ? `${path}: ${parsed.problem}, at character ${parsed.at + 1}` : null,
  };
}

/** What the line machine decides by; timers of the data model go before those of the region. */
export function lineContext(
  value: ModelReader,
  terms: Terms,
  registered: boolean,
  plan: DialPlan,
  features: LineFeatures,
): LineContext {
  const { numberingPlan } = linePaths(0);
  return {
    terms,
    registered,
    plan,
    features,
    firstDigitMs: terms.region.dialling.firstDigitMs,
    incompleteMs: Number(value(`${numberingPlan}InterDigitTimerStd`)),
    interDigitMs: Number(value(`${numberingPlan}InterDigitTimerOpen`)),
    terminator: value(`${numberingPlan}TerminationDigit`),
  };
}

/** A region's numbering plan as data-model values: published when the region is chosen, management may then differ. */
export function numberingPlanOf({ dialling }: RegionProfile): Record<string, string> {
  const { numberingPlan } = linePaths(0);
  const lengths = dialling.ranges.flatMap((range) => [range.minimum, range.maximum]);
  return {
    [`${numberingPlan}InterDigitTimerStd`]: String(dialling.firstDigitMs),
    [`${numberingPlan}InterDigitTimerOpen`]: String(dialling.interDigitMs),
    [`${numberingPlan}TerminationDigit`]: dialling.terminator,
    [`${numberingPlan}MinimumNumberOfDigits`]: String(Math.min(...lengths)),
    [`${numberingPlan}MaximumNumberOfDigits`]: String(Math.max(...lengths)),
  };
}

function serviceState(text: string): Terms["serviceState"] {
  return serviceStates.find((state) => state === text) ?? "Active";
}

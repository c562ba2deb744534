import type { FaxSetup } from "../ports.ts";
import type { Terms } from "../terms/index.ts";
import type { ModelReader } from "./account.ts";
import { mediaProfile } from "./choices.ts";
import { linePaths } from "./paths.ts";

/** Whether a line's fax machine was tried and found good. */
export function faxValidated(line: number, value: ModelReader): boolean {
  return value(`${linePaths(line).port}X_TONALITE_FaxValidated`) === "true";
}

/** What becomes of faxes on a line: TR-104 FXS FaxPassThrough and ModemPassThrough, FaxT38, within the terms. */
export function faxSetup(
  line: number,
  network: string,
  value: ModelReader,
  { provider }: Pick<Terms, "provider">,
): FaxSetup {
  const rule = provider?.rules.fax;
  const t38 = `${mediaProfile(network, value)}.FaxT38.`;
  const chosen = Number(value(`${t38}MaxBitRate`));
  const rates = [chosen, rule?.maxBitRate ?? 0].filter((rate) => rate > 0);
  const refused = rule?.afterValidation === true && !faxValidated(line, value);
  return {
    mode: refused ? "off" : chosenMode(line, value, value(`${t38}X_TONALITE_Enable`) === "true"),
    maxBitRate: rates.length === 0 ? 0 : Math.min(...rates),
    errorCorrection: value(`${t38}X_TONALITE_ErrorCorrection`) === "true",
    lowRedundancy: Number(value(`${t38}LowSpeedRedundancy`)),
    highRedundancy: Number(value(`${t38}HighSpeedRedundancy`)),
  };
}

/** "Force" keeps the line fit for modems all the time, and a fax out of T.38. */
function chosenMode(line: number, value: ModelReader, t38: boolean): FaxSetup["mode"] {
  const { port } = linePaths(line);
  const fax = value(`${port}FaxPassThrough`);
  const modem = value(`${port}ModemPassThrough`);
  if (fax === "Force" || modem === "Force") return "always";
  if (t38) return "t38";
  return fax === "Auto" || modem === "Auto" ? "pass-through" : "off";
}

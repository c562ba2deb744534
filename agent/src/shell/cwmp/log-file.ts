import type { DataModel } from "../../core/data-model/index.ts";
import type { Journal } from "../../core/ports.ts";

const maximumEntries = 500;

/**
 * The vendor log file: which box this is, then its journal as far as the ACS has not taken it, a JSON line an entry.
 * Calls are left out: numbers are the subscriber's, and travel only in the records the ACS is entitled to.
 */
export function logFile(model: DataModel, journal: Pick<Journal, "pending">): string {
  const info = (name: string): string => model.value(`Device.DeviceInfo.${name}`);
  let text = `# ${info("ProductClass")} ${info("SerialNumber")} version ${info("SoftwareVersion")} up ${info("UpTime")} s\n`;
  for (const entry of journal.pending(maximumEntries)) {
    if (entry.kind !== "call" && entry.kind !== "refusal") text += `${JSON.stringify(entry)}\n`;
  }
  return text;
}

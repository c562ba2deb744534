import type { ModelView } from "../data-model/index.ts";
import type { AutonomousTransferComplete } from "./types.ts";

const policy = "Device.ManagementServer.AutonomousTransferCompletePolicy.";

/**
 * Whether the ACS wants to hear of a transfer that it did not ask for (TR-181 AutonomousTransferCompletePolicy); an empty
 * list of file types means all of them.
 */
export function isWelcome(
  model: Pick<ModelView, "value">,
  { fault, fileType, isDownload }: AutonomousTransferComplete,
): boolean {
  const setting = (name: string): string => model.value(policy + name);
  const fits = (filter: string, ...values: string[]): boolean => values.includes(filter);
  const types = setting("FileTypeFilter")
    .split(",")
    .map((type) => type.trim())
    .filter((type) => type !== "");
  return (
    setting("Enable") === "true" &&
    fits(setting("TransferTypeFilter"), "Both", isDownload ? "Download" : "Upload") &&
    fits(setting("ResultTypeFilter"), "Both", fault.code === 0 ? "Success" : "Failure") &&
    (types.length === 0 || types.includes(fileType))
  );
}

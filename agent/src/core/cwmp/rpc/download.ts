import { type Download, type Fault, unknownTime } from "../types.ts";
import { badUrl, cpeFault, maximumKeyLength, type Rpc, tooLong } from "./rpc.ts";

const firmware = "1 Firmware Upgrade Image";
const settings: ReadonlySet<string> = new Set([
  "3 Vendor Configuration File",
  "4 Tone File",
  "5 Ringer File",
]);

/** TR-069 A.3.2.8: why the box has no use for another file of the standard. */
const useless: Readonly<Record<string, string>> = { "2 Web Content": "the device has no web pages" };

/**
 * TR-069 A.3.2.8. Of firmware the update engine decides whether and when; a configuration, tone or ringer file is
 * applied whole or not at all. Both report with TransferComplete.
 */
export const download: Rpc<"Download"> = async (request, context) => {
  const fault = refusal(request);
  if (fault !== undefined) return { body: fault };
  if (settings.has(request.fileType)) {
    const refused = context.transfers.fetch(request);
    if (refused !== undefined) return { body: cpeFault(refused.faultCode, refused.faultString) };
    return {
      body: { method: "DownloadResponse", status: 1, startTime: unknownTime, completeTime: unknownTime },
    };
  }
  const outcome = await context.download(request);
  if ("faultCode" in outcome) return { body: cpeFault(outcome.faultCode, outcome.faultString) };
  const times =
    outcome.status === 0
      ? { startTime: outcome.startTime, completeTime: outcome.completeTime }
      : { startTime: unknownTime, completeTime: unknownTime };
  return { body: { method: "DownloadResponse", status: outcome.status, ...times } };
};

function refusal(request: Download): Fault | undefined {
  const { commandKey, fileType, password, targetFileName, url, username } = request;
  if (commandKey.length > maximumKeyLength) return cpeFault(9003, "CommandKey is longer than 32");
  if (fileType !== firmware && !settings.has(fileType))
    return cpeFault(9003, `this file cannot be used: ${useless[fileType] ?? "its type is not known"}`);
  return tooLong(url, username, password, targetFileName) ?? badUrl(url);
}

import { type Download, type Fault, unknownTime } from "../types.ts";
import { badUrl, cpeFault, maximumKeyLength, type Rpc } from "./rpc.ts";

/** TR-069 A.3.2.8, for firmware. The update engine decides whether and when; it reports with TransferComplete. */
export const download: Rpc<"Download"> = async (request, context) => {
  const fault = refusal(request);
  if (fault !== undefined) return { body: fault };
  const outcome = await context.download(request);
  if ("faultCode" in outcome) return { body: cpeFault(outcome.faultCode, outcome.faultString) };
  const times =
    outcome.status === 0
      ? { startTime: outcome.startTime, completeTime: outcome.completeTime }
      : { startTime: unknownTime, completeTime: unknownTime };
  return { body: { method: "DownloadResponse", status: outcome.status, ...times } };
};

function refusal({ commandKey, fileType, url }: Download): Fault | undefined {
  if (commandKey.length > maximumKeyLength) return cpeFault(9003, "CommandKey is longer than 32");
  if (fileType !== "1 Firmware Upgrade Image") return cpeFault(9003, "only firmware can be downloaded");
  return badUrl(url);
}

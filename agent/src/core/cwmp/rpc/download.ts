import { type Download, type Fault, unknownTime } from "../types.ts";
import { cpeFault, maximumKeyLength, type Rpc } from "./rpc.ts";

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
  const match = /^([a-z][a-z\d+.-]*):\/\/([^/?#]+)/i.exec(url);
  if (match === null) return cpeFault(9003, "URL is not absolute");
  const [, scheme = "", authority = ""] = match;
  if (!["http", "https"].includes(scheme.toLowerCase()))
    return cpeFault(9013, "only http and https are supported");
  // RFC 3986 userinfo is forbidden here: credentials have arguments of their own (TR-069 A.3.2.8).
  return authority.includes("@") ? cpeFault(9003, "URL must not hold credentials") : undefined;
}

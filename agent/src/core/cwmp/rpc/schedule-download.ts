import type { Fault, ScheduleDownload, TimeWindow } from "../types.ts";
import { badUrl, cpeFault, maximumKeyLength, type Rpc, tooLong } from "./rpc.ts";

/** TR-069 A.4.1.8. */
export type WindowMode = "any-time" | "at-once" | "when-idle" | "confirmation";

/** How the subscriber is asked is the device's business: by the tone he hears, and at the provider's console. */
const modes: Readonly<Record<string, WindowMode>> = {
  "1 At Any Time": "any-time",
  "2 Immediately": "at-once",
  "3 When Idle": "when-idle",
  "4 Confirmation Needed": "confirmation",
};

/** What a window asks for. */
export const windowMode = (mode: string): WindowMode | undefined => modes[mode];

/** TR-069 A.4.1.8, for firmware: fetched in one of at most two windows, which do not overlap. */
export const scheduleDownload: Rpc<"ScheduleDownload"> = (request, { transfers }) => {
  const fault = refusal(request);
  if (fault !== undefined) return { body: fault };
  const refused = transfers.schedule(request);
  if (refused !== undefined) return { body: cpeFault(refused.faultCode, refused.faultString) };
  return { body: { method: "ScheduleDownloadResponse" } };
};

function refusal(request: ScheduleDownload): Fault | undefined {
  const { commandKey, fileType, password, targetFileName, url, username, windows } = request;
  if (commandKey.length > maximumKeyLength) return cpeFault(9003, "CommandKey is longer than 32");
  if (fileType !== "1 Firmware Upgrade Image") return cpeFault(9003, "only firmware can be downloaded");
  const [first, second, ...more] = windows;
  if (first === undefined || more.length > 0) return cpeFault(9003, "one or two time windows are needed");
  for (const window of windows) {
    const bad = badWindow(window);
    if (bad !== undefined) return bad;
  }
  if (second !== undefined && second.start < first.end) return cpeFault(9003, "the time windows overlap");
  const messages = windows.map(({ userMessage }) => userMessage);
  return tooLong(url, username, password, targetFileName, ...messages) ?? badUrl(url);
}

function badWindow({ end, maxRetries, mode, start }: TimeWindow): Fault | undefined {
  if (maxRetries < -1) return cpeFault(9003, "MaxRetries is less than -1");
  if (end <= start) return cpeFault(9003, "a time window ends before it starts");
  return windowMode(mode) === undefined ? cpeFault(9003, "the window's mode is not known") : undefined;
}

import { type Fault, unknownTime, type Upload } from "../types.ts";
import { badUrl, cpeFault, maximumKeyLength, type Rpc, tooLong } from "./rpc.ts";

/** TR-069 A.4.1.5: the file types with and without an instance number (TR-181 VendorConfigFile.1, VendorLogFile.1). */
const fileKinds: Readonly<Record<string, "configuration" | "log">> = {
  "1 Vendor Configuration File": "configuration",
  "3 Vendor Configuration File 1": "configuration",
  "2 Vendor Log File": "log",
  "4 Vendor Log File 1": "log",
};

/** Which of the device's files a file type means. */
export const fileKind = (fileType: string): "configuration" | "log" | undefined => fileKinds[fileType];

/** TR-069 A.4.1.5. The file is brought after the session; TransferComplete tells what came of it. */
export const upload: Rpc<"Upload"> = (request, { transfers }) => {
  const fault = refusal(request);
  if (fault !== undefined) return { body: fault };
  const refused = transfers.upload(request);
  if (refused !== undefined) return { body: cpeFault(refused.faultCode, refused.faultString) };
  return { body: { method: "UploadResponse", status: 1, startTime: unknownTime, completeTime: unknownTime } };
};

function refusal({ commandKey, fileType, password, url, username }: Upload): Fault | undefined {
  if (commandKey.length > maximumKeyLength) return cpeFault(9003, "CommandKey is longer than 32");
  if (fileKind(fileType) === undefined) return cpeFault(9003, "the device has no such file");
  return tooLong(url, username, password) ?? badUrl(url);
}

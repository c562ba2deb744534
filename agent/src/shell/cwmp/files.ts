import type { Download, Refusal, Upload } from "../../core/cwmp/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";
import { applyConfiguration, configurationFile, longestConfiguration } from "./configuration-file.ts";
import { getFile, putFile } from "./file-exchange.ts";

export type FileServices = {
  /** Brings a file of this device to its server; why it failed. */
  bring(request: Upload, kind: "configuration" | "log"): Promise<Refusal | undefined>;
  /** Fetches a configuration file and applies it; why nothing changed. */
  configure(request: Download): Promise<Refusal | undefined>;
};

/** The device's files as the queue of transfers moves them. `signal` ends what is under way. */
export function createFileServices(options: {
  model: DataModel;
  logFile: () => string;
  timeout: number;
  certificates?: readonly string[];
  signal: AbortSignal;
}): FileServices {
  const { certificates, logFile, model, signal, timeout } = options;
  const common = { timeout, signal, ...(certificates === undefined ? {} : { certificates }) };
  return {
    bring: ({ password, url, username }, kind) =>
      putFile({
        ...common,
        url,
        username,
        password,
        body: Buffer.from(kind === "log" ? logFile() : configurationFile(model)),
        contentType: "text/plain; charset=utf-8",
      }),
    async configure({ fileSize, password, url, username }) {
      if (fileSize > longestConfiguration)
        return { faultCode: 9018, faultString: "no configuration file is that long" };
      const file = await getFile({ ...common, url, username, password, maximumBytes: longestConfiguration });
      if ("faultCode" in file) return file;
      if (fileSize > 0 && file.body.length !== fileSize)
        return { faultCode: 9018, faultString: `the file has ${file.body.length} bytes, not ${fileSize}` };
      return applyConfiguration(model, file.body);
    },
  };
}

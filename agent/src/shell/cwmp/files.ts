import type { Download, Refusal, Upload } from "../../core/cwmp/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";
import { longestSoundFile, type SoundKind } from "../../core/provisioning/index.ts";
import { applyConfiguration, configurationFile, longestConfiguration } from "./configuration-file.ts";
import { getFile, putFile } from "./file-exchange.ts";

export type FileServices = {
  /** Brings a file of this device to its server; why it failed. */
  bring(request: Upload, kind: "configuration" | "log"): Promise<Refusal | undefined>;
  /** Fetches a configuration, tone or ringer file and applies it; why nothing changed. */
  configure(request: Download): Promise<Refusal | undefined>;
};

/** The device's files as the queue of transfers moves them. `signal` ends what is under way. */
export function createFileServices(options: {
  model: DataModel;
  logFile: () => string;
  /** Why nothing changed. */
  takeSounds: (kind: SoundKind, bytes: Uint8Array) => string | undefined;
  timeout: number;
  certificates?: readonly string[];
  signal: AbortSignal;
}): FileServices {
  const { certificates, logFile, model, signal, takeSounds, timeout } = options;
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
    async configure({ fileSize, fileType, password, url, username }) {
      const kind =
        fileType === "4 Tone File" ? "tones" : fileType === "5 Ringer File" ? "ringing" : undefined;
      const maximumBytes = kind === undefined ? longestConfiguration : longestSoundFile;
      if (fileSize > maximumBytes) return { faultCode: 9018, faultString: "no such file is that long" };
      const file = await getFile({ ...common, url, username, password, maximumBytes });
      if ("faultCode" in file) return file;
      if (fileSize > 0 && file.body.length !== fileSize)
        return { faultCode: 9018, faultString: `the file has ${file.body.length} bytes, not ${fileSize}` };
      if (kind === undefined) return applyConfiguration(model, file.body);
      const problem = takeSounds(kind, file.body);
      if (problem === undefined) return undefined;
      return { faultCode: 9018, faultString: `the file of ${kind} is wrong: ${problem}`.slice(0, 256) };
    },
  };
}

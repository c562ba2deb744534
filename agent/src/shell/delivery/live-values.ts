import type { DataModel } from "../../core/data-model/index.ts";
import type { UspAgent } from "../../core/usp/index.ts";

/** Values a person watching the box wants to see at once; told as USP value changes, without waiting for receipts. */
const watched = [
  /^Device\.Services\.VoiceService\.1\.SIP\.Client\.\d+\.Status$/,
  /^Device\.Services\.VoiceService\.1\.CallControl\.Line\.\d+\.CallStatus$/,
  /^Device\.X_TONALITE_Update\.(State|Reason|Version)$/,
];

/** Tells changes while connected, and everything anew after each connection. */
export function tellLiveValues(
  model: DataModel,
  usp: Pick<UspAgent, "notify">,
  connected: () => boolean,
): { tellAll(): void } {
  const tell = (path: string, value: string): void => {
    if (!connected()) return;
    const valueChange = { paramPath: path, paramValue: value };
    // Lost with the connection: the next one tells all again.
    usp.notify({ subscriptionId: "", sendResp: false, valueChange }).catch(() => undefined);
  };
  model.subscribe(({ path, value, origin }) => {
    if (origin === "device" && watched.some((form) => form.test(path))) tell(path, value);
  });
  return {
    tellAll: () => {
      for (const { path, value } of model.read("Device.")) {
        if (watched.some((form) => form.test(path))) tell(path, value);
      }
    },
  };
}

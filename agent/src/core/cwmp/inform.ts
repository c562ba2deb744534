import type { ModelView } from "../data-model/index.ts";
import type { Inform, InformEvent } from "./types.ts";

/** What an Inform says beside the data model's own values. */
export type InformReason = {
  events: InformEvent[];
  changed: readonly string[];
  retryCount: number;
  /** Milliseconds since the epoch. */
  now: number;
};

/** TR-069 A.3.3.1: the forced parameters and those that changed, with their values of this moment. */
export function composeInform(model: ModelView, { changed, events, now, retryCount }: InformReason): Inform {
  const parameters = model.informParameters();
  const present = new Set(parameters.map(({ path }) => path));
  for (const path of changed) {
    // A row may have gone since it changed; then there is no value to tell.
    if (!present.has(path) && model.declaration(path) !== undefined) parameters.push(...model.read(path));
  }
  const info = (name: string): string => model.value(`Device.DeviceInfo.${name}`);
  return {
    method: "Inform",
    deviceId: {
      manufacturer: info("Manufacturer"),
      oui: info("ManufacturerOUI").toUpperCase(),
      productClass: info("ProductClass"),
      serialNumber: info("SerialNumber"),
    },
    events,
    // TR-069 A.3.3.1: always 1 since version 1.1.
    maxEnvelopes: 1,
    currentTime: `${new Date(now).toISOString().slice(0, 19)}Z`,
    retryCount,
    parameters: parameters.map(({ path, value, type }) => ({ path, value, type })),
  };
}

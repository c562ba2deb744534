import type { ModelView, ParameterValue } from "../data-model/index.ts";
import type { DeviceId, Inform, InformEvent } from "./types.ts";

/** What an Inform says beside the data model's own values. */
export type InformReason = {
  events: InformEvent[];
  changed: readonly string[];
  retryCount: number;
  /** Milliseconds since the epoch. */
  now: number;
};

/** More than this of a wish of the ACS would make every Inform heavy. */
const maximumWished = 128;

/** TR-069 A.3.3.1: the forced parameters, those the ACS wants, and those that changed, with their values of this moment. */
export function composeInform(model: ModelView, { changed, events, now, retryCount }: InformReason): Inform {
  const parameters = model.informParameters();
  const present = new Set(parameters.map(({ path }) => path));
  const add = (values: readonly ParameterValue[]): void => {
    for (const value of values) {
      if (present.has(value.path)) continue;
      present.add(value.path);
      parameters.push(value);
    }
  };
  for (const wish of model.informWishes(events.map(({ eventCode }) => eventCode)))
    add(readIfThere(model, wish).slice(0, maximumWished));
  // A row may have gone since it changed; then there is no value to tell.
  for (const path of changed) if (model.declaration(path) !== undefined) add(model.read(path));
  return {
    method: "Inform",
    deviceId: deviceIdOf(model),
    events,
    // TR-069 A.3.3.1: always 1 since version 1.1.
    maxEnvelopes: 1,
    currentTime: `${new Date(now).toISOString().slice(0, 19)}Z`,
    retryCount,
    parameters: parameters.map(({ path, value, type }) => ({ path, value, type })),
  };
}

/** Who the device is, as its messages say it. */
export function deviceIdOf(model: ModelView): DeviceId {
  const info = (name: string): string => model.value(`Device.DeviceInfo.${name}`);
  return {
    manufacturer: info("Manufacturer"),
    oui: info("ManufacturerOUI").toUpperCase(),
    productClass: info("ProductClass"),
    serialNumber: info("SerialNumber"),
  };
}

/** What the ACS asked for may not be there, or not yet. */
function readIfThere(model: ModelView, path: string): ParameterValue[] {
  try {
    return model.read(path);
  } catch {
    return [];
  }
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HardwareProfile, Profiles } from "@tonalite/device-profiles";
import * as z from "zod";
import type { DataModel } from "../core/data-model/index.ts";
import { endpointIdOf } from "../core/usp/index.ts";
import type { AgentArguments } from "./arguments.ts";
import { ArgumentError } from "./arguments.ts";
import { heldVersion, imageVersion } from "./update-slots.ts";

/** What the factory wrote into the box: `<state>/factory/identity.json`. */
const factoryIdentity = z.object({
  oui: z.string(),
  serial: z.string(),
  productClass: z.string(),
  profile: z.string(),
});

/** Who this box is. */
export type Identity = {
  readonly hardware: HardwareProfile;
  readonly oui: string;
  readonly productClass: string;
  readonly serial: string;
  readonly endpointId: string;
  readonly version: string;
};

/**
 * Reads the box's identity; without a board the flags give it.
 * @throws ArgumentError for a box without serial number or with a profile that this firmware does not know.
 */
export function readIdentity(args: AgentArguments, profiles: Profiles): Identity {
  const file = join(args.state, "factory/identity.json");
  const factory = existsSync(file)
    ? factoryIdentity.parse(JSON.parse(readFileSync(file, "utf8")))
    : undefined;
  const profile = factory?.profile ?? args.profile;
  const hardware = profiles.hardware.get(profile);
  if (!hardware) throw new ArgumentError(`--profile: there is no hardware profile "${profile}"`);
  const serial = factory?.serial ?? args.serial;
  if (serial === undefined) throw new ArgumentError("--serial is needed: the box has no factory identity");
  const oui = factory?.oui ?? hardware.oui;
  const productClass = factory?.productClass ?? hardware.productClass;
  const version = imageVersion(args["slot-dir"]) ?? "0.0.0";
  return { hardware, oui, productClass, serial, endpointId: endpointIdOf(oui, serial), version };
}

/** Who the box is, as Device.DeviceInfo and the endpoint of USP tell it. */
export function publishNames(model: DataModel, identity: Identity): void {
  const { endpointId, hardware, oui, productClass, serial, version } = identity;
  const info = "Device.DeviceInfo.";
  const values = {
    [`${info}Manufacturer`]: hardware.manufacturer,
    [`${info}ManufacturerOUI`]: oui,
    [`${info}ModelName`]: hardware.modelName,
    [`${info}ProductClass`]: productClass,
    [`${info}SerialNumber`]: serial,
    [`${info}HardwareVersion`]: hardware.hardwareVersion,
    [`${info}SoftwareVersion`]: version,
    "Device.LocalAgent.EndpointID": endpointId,
    "Device.LocalAgent.SoftwareVersion": version,
  };
  for (const [path, value] of Object.entries(values)) model.publish(path, value);
}

/** The same, with its slots; up times are computed when they are asked for. */
export function publishIdentity(model: DataModel, identity: Identity, args: AgentArguments): void {
  const upTime = (): string => String(Math.floor(process.uptime()));
  publishNames(model, identity);
  model.provide("Device.DeviceInfo.UpTime", upTime);
  publishImages(model, args, identity.version);
  model.provide("Device.LocalAgent.UpTime", upTime);
}

/** Slots a and b stand as FirmwareImage 1 and 2. */
function publishImages(model: DataModel, args: AgentArguments, version: string): void {
  const { slot } = args;
  const info = "Device.DeviceInfo.";
  for (const [index, name] of (["a", "b"] as const).entries()) {
    const image = `${info}FirmwareImage.${index + 1}`;
    const held = name === slot ? version : heldVersion(args);
    model.publish(`${image}.Name`, name);
    model.publish(`${image}.Version`, held ?? "");
    model.publish(`${image}.Available`, String(held !== undefined));
    model.publish(`${image}.Status`, name === slot ? "Active" : held === undefined ? "NoImage" : "Available");
    if (name === slot) {
      model.publish(`${info}ActiveFirmwareImage`, image);
      model.publish(`${info}BootFirmwareImage`, image);
    }
  }
}

import type { DataModel } from "../../core/data-model/index.ts";
import type { Log } from "../logging.ts";
import { manageClock } from "./clock-status.ts";
import { showLease } from "./lease-status.ts";
import { manageNameServers } from "./name-servers.ts";
import { showNetwork } from "./network-status.ts";
import { provideSystemStatus } from "./system-status.ts";

export { diskRoom } from "./system-status.ts";

export type DeviceOptions = {
  readonly model: DataModel;
  /** Folder that keeps the box's memory. */
  readonly state: string;
  /** Of the running software. */
  readonly version: string;
  /** Where the board's DHCP client writes its lease, if it has one. */
  readonly lease: string | undefined;
  readonly log: Log;
};

/** Fills the part of the tree that speaks of the board itself; call it after the kept values are back. */
export function showDevice({ model, state, version, lease, log }: DeviceOptions): void {
  provideSystemStatus(model, state);
  showNetwork(model);
  showLease(model, lease);
  manageNameServers(model, state, log);
  manageClock(model, state, log);
  showFiles(model, version);
}

/** The files that Upload can bring (TR-069 A.4.1.5), and the data models that are spoken. */
function showFiles(model: DataModel, version: string): void {
  const info = "Device.DeviceInfo.";
  model.addInstance(`${info}VendorConfigFile.`, 1);
  model.publish(`${info}VendorConfigFile.1.Name`, "configuration");
  model.publish(`${info}VendorConfigFile.1.Version`, version.slice(0, 16));
  model.publish(`${info}VendorConfigFile.1.Description`, "every parameter that can be set, without secrets");
  model.addInstance(`${info}VendorLogFile.`, 1);
  model.publish(`${info}VendorLogFile.1.Name`, "journal");
  model.publish(`${info}VendorLogFile.1.Persistent`, "true");
  for (const [index, urn] of ["tr-181-2-16-0", "tr-104-2-0-2"].entries()) {
    model.addInstance(`${info}SupportedDataModel.`, index + 1);
    model.publish(`${info}SupportedDataModel.${index + 1}.URN`, `urn:broadband-forum-org:${urn}`);
  }
}

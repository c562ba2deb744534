import type { DataModel } from "../../core/data-model/index.ts";
import type { EngineEvent } from "../../core/engine-event.ts";
import { linePaths } from "../../core/provisioning/index.ts";
import type { Log } from "../logging.ts";

/** TR-104 FXS.{i}.Status: what support sees of a line's port. */
export type PortStatus = {
  /** The engine lost the port, or has it again. */
  take(event: Extract<EngineEvent, { event: "port" }>): void;
  /** Tells anew what management's switch and the port say. */
  show(): void;
};

export function openPortStatus(line: number, model: DataModel, log: Log): PortStatus {
  const { port } = linePaths(line);
  let usable = true;
  const show = (): void => {
    const enabled = model.value(`${port}Enable`) === "true";
    model.publish(`${port}Status`, !enabled ? "Disabled" : usable ? "Up" : "Error");
  };
  show();
  model.publish(`${port}Name`, `Phone ${line + 1}`);
  return {
    take: (event) => {
      usable = event.usable;
      if (usable) log.info({ line: line + 1 }, "the telephone's port works again");
      else log.error({ line: line + 1, reason: event.reason }, "the telephone's port is lost");
      show();
    },
    show,
  };
}

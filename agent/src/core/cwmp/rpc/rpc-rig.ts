import { createDeviceModel } from "../../data-model/index.ts";
import type { DataModel } from "../../data-model/index.ts";
import { AttributeTable } from "../attributes.ts";
import type { CwmpMessage, Download } from "../types.ts";
import { executeRpc } from "./registry.ts";
import type { DownloadOutcome, Refusal } from "./rpc.ts";

export const server = "Device.ManagementServer.";

/** A device that does what RPCs ask, and remembers it. For their tests. */
export class RpcRig {
  readonly model: DataModel;
  readonly attributes: AttributeTable;
  /** What comes of a Download. */
  outcome: () => Promise<DownloadOutcome> = async () => ({ status: 1 });
  /** What the queue of transfers says to everything. */
  refused: Refusal | undefined;
  readonly errors: unknown[] = [];
  readonly queued: unknown[] = [];

  constructor(model: DataModel = createDeviceModel({ lines: 1 })) {
    this.model = model;
    this.attributes = new AttributeTable(model, {}, () => undefined);
  }

  execute(request: CwmpMessage): ReturnType<typeof executeRpc> {
    const { attributes, model, queued } = this;
    return executeRpc(
      request,
      {
        model,
        attributes,
        download: () => this.outcome(),
        scheduleInform: (delaySeconds, commandKey) => queued.push([delaySeconds, commandKey]),
        transfers: {
          upload: (asked) => (queued.push(asked.fileType), this.refused),
          schedule: (asked) => (queued.push(asked.windows), this.refused),
          fetch: (asked) => (queued.push(asked.fileType), this.refused),
          list: () =>
            Array.from({ length: 20 }, () => ({
              commandKey: "a",
              state: 1,
              isDownload: false,
              fileType: "2 Vendor Log File",
              fileSize: 0,
              targetFileName: "",
            })),
          cancel: (commandKey) => (queued.push(commandKey), this.refused),
        },
      },
      (error) => this.errors.push(error),
    );
  }

  /** SetParameterValues of the management server's parameters. */
  set(parameterKey: string, ...pairs: [string, string][]): ReturnType<typeof executeRpc> {
    return this.execute({
      method: "SetParameterValues",
      parameterKey,
      parameters: pairs.map(([name, value]) => ({ path: server + name, value, type: "string" })),
    });
  }
}

/** A Download as an ACS asks for it, with nothing that is not needed. */
export const asked: Download = {
  method: "Download",
  commandKey: "job",
  fileType: "1 Firmware Upgrade Image",
  url: "https://acs.example/firmware/1",
  username: "",
  password: "",
  fileSize: 0,
  targetFileName: "",
  delaySeconds: 0,
  successUrl: "",
  failureUrl: "",
};
